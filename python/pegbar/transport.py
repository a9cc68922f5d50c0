"""HTTP to one server over one kept connection, with the standard library alone."""

from __future__ import annotations

import email.utils
import gzip
import http.client
import time
from dataclasses import dataclass
from typing import Mapping, Optional, Protocol
from urllib.parse import urlsplit

GZIP_FROM = 1_024
"""Bytes below which packing costs more than it saves."""
MAX_ANSWER = 1_000_000
"""An answer longer than this is not read to its end: no door of Pegbar gives one."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Answer:
    """What came back. Status 0: nothing did (refused, hung, cut)."""

    status: int
    body: bytes = b""
    retry_after_s: Optional[float] = None
    fault: str = ""


class Transport(Protocol):
    """Sends one body; never raises for what a network or a server does."""

    def send(self, method: str, path: str, body: bytes, content_type: str) -> Answer: ...

    def close(self) -> None: ...


class HttpTransport:
    """One connection, kept between requests. For one thread at a time."""

    def __init__(self, base: str, key: Optional[str], timeout_s: float, agent: str) -> None:
        parts = urlsplit(base)
        self._host = parts.hostname or ""
        self._port = parts.port
        self._secure = parts.scheme == "https"
        self._prefix = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._headers = {"user-agent": agent}
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        self._packs = self._host not in LOOPBACK
        self._connection: Optional[http.client.HTTPConnection] = None

    def send(self, method: str, path: str, body: bytes, content_type: str) -> Answer:
        headers = {**self._headers, "content-type": content_type}
        if self._packs and len(body) >= GZIP_FROM and not content_type.startswith("image/"):
            body = gzip.compress(body, 1)
            headers["content-encoding"] = "gzip"
        kept = self._connection is not None
        try:
            return self._once(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            # A kept connection that the server closed meanwhile is no fault of the server: once more on a new one.
            if not kept or isinstance(error, TimeoutError):
                return Answer(0, fault=f"{type(error).__name__}: {error}"[:200])
        try:
            return self._once(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(0, fault=f"{type(error).__name__}: {error}"[:200])

    def _once(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if self._connection is None:
            make = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            self._connection = make(self._host, self._port, timeout=self._timeout_s)
        self._connection.request(method, self._prefix + path, body=body, headers=dict(headers))
        response = self._connection.getresponse()
        read = response.read(MAX_ANSWER)
        if not response.isclosed() or response.will_close:
            self.close()
        return Answer(response.status, read, retry_after_s(response.headers.get("retry-after"), time.time()))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def retry_after_s(header: Optional[str], now_s: float) -> Optional[float]:
    """Seconds of a Retry-After header, which says seconds or a date (RFC 9110, 10.2.3); None where it says neither."""
    if header is None:
        return None
    text = header.strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now_s)
    except (TypeError, ValueError):
        return None
