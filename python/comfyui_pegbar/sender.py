"""Sends what the buffer holds, oldest first, and knows when to wait."""

import email.utils
import json
import random
import time
import urllib.error
import urllib.request
from urllib.parse import quote, urlsplit

from .config import LOOPBACK

TIMEOUT_S = 10
WAIT_FIRST_S, WAIT_MOST_S = 1.0, 60.0
# A server that asks for more patience than this is asked again sooner than it likes.
RETRY_AFTER_MOST_S = 300.0
# A wrong key or address is mended by a person.
WAIT_DENIED_S = 60.0
ANSWER_MOST_BYTES = 65_536
AGAIN = (408, 425, 429, 500, 502, 503, 504)
DENIED = (401, 403, 404)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key is never carried to another address."""

    def redirect_request(self, *args, **kwargs):
        return None


class Sender:
    def __init__(self, config, buffer, on_drop, say, user_agent, opener=None, clock=time.monotonic, rand=random.random):
        self.config, self.buffer, self.on_drop, self.say = config, buffer, on_drop, say
        self.user_agent, self.clock, self.rand = user_agent, clock, rand
        # A proxy of the environment is for the world outside.
        local = (urllib.request.ProxyHandler({}),) if config.is_local else ()
        self.opener = opener or urllib.request.build_opener(_NoRedirect, *local).open
        self.not_before, self.failures, self.sent, self.otlp = 0.0, 0, 0, config.otlp_url
        self.problem = None

    def pump(self, deadline=None):
        """Sends until there is nothing left, the server wants a pause, or the deadline is reached."""
        while self.buffer.entries and self.clock() >= self.not_before:
            if deadline is not None and self.clock() >= deadline:
                return
            if not self._send(self.buffer.entries[0]):
                return

    def _send(self, entry):
        try:
            body = entry.read()
        except OSError:
            return self._refused(entry, "unreadable", "a buffered file cannot be read")
        if entry.door in ("traces", "metrics") and self.otlp is None and not self._find_otlp():
            return False
        method, url, kind = self._door(entry)
        try:
            status, headers, answer = self._ask(method, url, body, kind, gzip=entry.door != "thumbnail")
        except (OSError, urllib.error.URLError, ValueError) as fault:
            return self._later(None, "no server answers at %s (%s)" % (url, getattr(fault, "reason", fault)))
        if 200 <= status < 300:
            self._accepted(entry, answer)
            return True
        told = _told(answer)
        if status in DENIED:
            if status == 404 and entry.door == "thumbnail":
                return self._refused(entry, "refused", told)
            return self._later(WAIT_DENIED_S, "HTTP %d from %s: %s" % (status, url, told or "see the key and the address"))
        if status in AGAIN:
            return self._later(retry_after(headers), "HTTP %d from %s: %s" % (status, url, told))
        return self._refused(entry, "refused", "HTTP %d from %s: %s" % (status, url, told))

    def _door(self, entry):
        if entry.door == "records":
            return "POST", self.config.url + "/api/v1/events", "application/x-ndjson"
        if entry.door == "thumbnail":
            # A key fixes the tenant; without one the address says it.
            tenant = None if self.config.key else self.config.tags.get("tenant")
            query = "?tenant=" + quote(tenant, safe="") if tenant else ""
            return "PUT", self.config.url + "/api/v1/thumbnails/" + quote(entry.subject, safe="") + query, "image/webp"
        return "POST", "%s/v1/%s" % (self.otlp, entry.door), "application/json"

    def _ask(self, method, url, body=None, kind=None, gzip=False):
        headers = {"User-Agent": self.user_agent, "Accept": "application/json"}
        if kind:
            headers["Content-Type"] = kind
        if gzip:
            headers["Content-Encoding"] = "gzip"
        if self.config.key:
            headers["Authorization"] = "Bearer " + self.config.key
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        try:
            with self.opener(request, timeout=TIMEOUT_S) as answer:
                return answer.status, answer.headers, answer.read(ANSWER_MOST_BYTES)
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read(ANSWER_MOST_BYTES)

    def _find_otlp(self):
        """OTLP has a port of its own. The server says which, also to a key that may only send; an older one is taken to use the usual port."""
        try:
            status, headers, answer = self._ask("GET", self.config.url + "/api/v1/me")
        except (OSError, urllib.error.URLError, ValueError) as fault:
            return self._later(None, "no server answers at %s (%s)" % (self.config.url, getattr(fault, "reason", fault)))
        if status in AGAIN:
            return self._later(retry_after(headers), "HTTP %d from %s" % (status, self.config.url))
        self.otlp = otlp_of(answer, self.config) if status == 200 else self.config.otlp_fallback()
        return True

    def _accepted(self, entry, answer):
        self.buffer.remove(entry)
        self.sent += entry.items
        self.failures, self.not_before = 0, 0.0
        if self.problem:
            self.say("the server answers again", good=True)
            self.problem = None
        lost = _rejected(answer)
        if lost:
            self.on_drop("rejected", lost)
            self.say("%d of %d items were rejected: %s" % (lost, entry.items, _told(answer)))

    def _refused(self, entry, reason, why):
        self.buffer.remove(entry)
        self.on_drop(reason, entry.items)
        self.say(why)
        return True

    def _later(self, wait_s, why):
        self.failures += 1
        grown = min(WAIT_MOST_S, WAIT_FIRST_S * 2 ** min(self.failures - 1, 10))
        # Half of it is chance, so that a farm does not come back as one.
        wait_s = grown * (0.5 + 0.5 * self.rand()) if wait_s is None else min(wait_s, RETRY_AFTER_MOST_S) + self.rand()
        self.not_before = self.clock() + wait_s
        # An OTLP port that went away may have moved with a restart of the server.
        if self.config.otlp_url is None and self.failures % 3 == 0:
            self.otlp = None
        if self.problem != why:
            self.problem = why
            self.say("%s; what is told waits in %s" % (why, self.buffer.folder))
        return False


def retry_after(headers):
    """Seconds, or None where nothing readable was said."""
    said = headers.get("Retry-After") if headers else None
    if said is None:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def otlp_of(answer, config):
    """The OTLP address as this machine can reach it: a server on every address says 0.0.0.0, which nobody can call."""
    try:
        said = json.loads(answer).get("otlp_http")
    except (ValueError, AttributeError):
        return config.otlp_fallback()
    parts = urlsplit(said) if isinstance(said, str) else None
    if not parts or not parts.hostname or not parts.port:
        return config.otlp_fallback()
    host = urlsplit(config.url).hostname if parts.hostname in ("0.0.0.0", "::") or (
        parts.hostname in LOOPBACK and not config.is_local) else parts.hostname
    return "%s://%s:%d" % (parts.scheme, "[%s]" % host if ":" in host else host, parts.port)


def _told(answer):
    try:
        document = json.loads(answer)
        error = document.get("error") if isinstance(document, dict) else None
        if isinstance(error, dict):
            return str(error.get("message", ""))[:300]
        if isinstance(document, dict):
            rejected = document.get("rejected")
            if rejected:
                return str(rejected[0].get("message", ""))[:300]
            return str((document.get("partialSuccess") or {}).get("errorMessage") or document.get("message") or "")[:300]
    except (ValueError, AttributeError, TypeError, IndexError):
        pass
    return answer[:200].decode("utf-8", "replace") if answer else ""


def _rejected(answer):
    """Items that an answer of success did not take."""
    try:
        document = json.loads(answer or b"{}")
        partial = document.get("partialSuccess") or {}
        return len(document.get("rejected") or ()) + int(partial.get("rejectedSpans") or partial.get("rejectedDataPoints") or 0)
    except (ValueError, AttributeError, TypeError):
        return 0
