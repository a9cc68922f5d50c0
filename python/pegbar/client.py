"""What sends: three lanes (spans, records, thumbnails), and the process's one client."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import quote

from opentelemetry.sdk.trace import ReadableSpan

from . import events, spanqueue
from .disk import DiskBuffer
from .lane import Lane, Route
from .losses import Losses, as_metric
from .settings import Settings
from .transport import Answer, HttpTransport

log = logging.getLogger("pegbar")

AGENT = "pegbar-python"
MAX_PICTURES = 256
"""Thumbnails and pictures that wait: they are dropped first, figures are worth more."""


class Picture(NamedTuple):
    """Bytes of a picture on their way; `data` makes them on the sending thread."""

    door: str
    """`thumbnails` or `artifacts`."""
    image_id: str
    data: Any
    content_type: str
    tenant: Optional[str]


class Client:
    """Sends to one server. Nothing here waits but `flush` and `close`, both bounded."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.losses = Losses()
        self._reporting = threading.Lock()
        self._reported_ns = time.time_ns()
        self.spans: Lane[ReadableSpan] = Lane(
            "spans",
            self._transport(settings.otlp_url),
            self.losses,
            spanqueue.body_of,
            lambda _: Route("POST", spanqueue.PATH, spanqueue.CONTENT_TYPE),
            disk=self._disk("spans"),
            judged=lambda answer, _: self._refused("spans", spanqueue.refused(answer)),
            after=self._report,
            max_items=settings.max_items,
            max_bytes=settings.max_bytes,
        )
        self.records: Lane[bytes] = Lane(
            "records",
            self._transport(settings.url),
            self.losses,
            events.body_of,
            lambda _: Route("POST", events.PATH, events.CONTENT_TYPE),
            disk=self._disk("records"),
            judged=lambda answer, _: self._refused("records", events.refused(answer)),
            after=self._report,
            max_items=settings.max_items,
            max_bytes=settings.max_bytes,
        )
        self.pictures: Lane[Picture] = Lane(
            "pictures",
            self._transport(settings.url),
            self.losses,
            _bytes_of,
            _door_of,
            max_items=MAX_PICTURES,
            max_bytes=settings.max_bytes,
            batch_items=1,
            after=self._report,
        )
        self._lanes: Tuple[Lane[Any], ...] = (self.spans, self.records, self.pictures)
        if settings.buffer_dir:
            for lane in (self.spans, self.records):
                lane.start()  # what an earlier process left on disk
        _clients.add(self)

    def record(self, record: Mapping[str, Any]) -> None:
        """Queues a record; one that cannot be written as JSON is counted, not raised."""
        told = dict(record)
        if self.settings.tenant is not None:
            told.setdefault("tenant", self.settings.tenant)
        try:
            line = events.line_of(told)
        except (TypeError, ValueError, RecursionError) as error:
            self.losses.lost("records", "not_encodable", 1, str(error))
            return
        self.records.put(line, len(line))

    def picture(self, picture: Picture, size: int) -> None:
        self.pictures.put(picture, size)

    def flush(self, timeout_s: float) -> bool:
        until = time.monotonic() + timeout_s
        return all([lane.flush(max(0.0, until - time.monotonic())) for lane in self._lanes])

    def close(self) -> None:
        """Sends what waits, for at most the time the settings give; the rest goes to disk or is counted."""
        until = time.monotonic() + self.settings.exit_s
        closers = [
            threading.Thread(target=lane.close, args=(self.settings.exit_s,), daemon=True) for lane in self._lanes
        ]
        try:
            for closer in closers:
                closer.start()
        except RuntimeError:  # no threads any more at the very end of an interpreter
            for lane in self._lanes:
                lane.close(max(0.0, until - time.monotonic()))
            return
        for closer in closers:
            closer.join(max(0.1, until - time.monotonic() + 0.5))

    def stats(self) -> Dict[str, Dict[str, int]]:
        return {**self.losses.counts(), "queued": {lane.name: lane.queued() for lane in self._lanes}}

    def reset_after_fork(self) -> None:
        for lane in self._lanes:
            lane.reset()
        self.losses = Losses()

    def _transport(self, base: str) -> HttpTransport:
        return HttpTransport(base, self.settings.key, self.settings.request_s, AGENT)

    def _disk(self, lane: str) -> Any:
        folder = self.settings.buffer_dir
        if folder is None:
            return None
        half = int(self.settings.buffer_mb * 1_000_000 / 2)
        return lambda: DiskBuffer(folder, lane, half)

    def _refused(self, lane: str, said: Tuple[int, str]) -> int:
        count, why = said
        self.losses.lost(lane, "refused", count, why)
        return count

    def _report(self) -> None:
        """Tells the server what was lost, now that it listens; kept for later where it does not."""
        with self._reporting:
            taken = self.losses.take()
            if not taken:
                return
            now = time.time_ns()
            resource = {"service.name": self.settings.service or AGENT, "host.name": _host()}
            if self.settings.tenant:
                resource["pegbar.tenant"] = self.settings.tenant
            transport = self._transport(self.settings.otlp_url)
            answer = transport.send(
                "POST", "/v1/metrics", as_metric(taken, self._reported_ns, now, resource), "application/json"
            )
            transport.close()
            if 200 <= answer.status < 300:
                self._reported_ns = now
            else:
                self.losses.restore(taken)


def _bytes_of(pictures: List[Picture]) -> bytes:
    data = pictures[0].data
    return bytes(data() if callable(data) else data)


def _door_of(pictures: List[Picture]) -> Route:
    picture = pictures[0]
    tenant = f"?tenant={quote(picture.tenant, safe='')}" if picture.tenant else ""
    return Route("PUT", f"/api/v1/{picture.door}/{quote(picture.image_id, safe='')}{tenant}", picture.content_type)


def _host() -> str:
    import socket

    return socket.gethostname()


# The process's client.

_clients: "weakref.WeakSet[Client]" = weakref.WeakSet()
_current: Optional[Client] = None
_told_missing = False


def current() -> Optional[Client]:
    """The client that `init` made; without one, records go nowhere, and a warning says so once."""
    global _told_missing
    if _current is None and not _told_missing:
        _told_missing = True
        log.warning("pegbar.init() was not called: scores, feedback, frames and pictures are not sent")
    return _current


def install(client: Optional[Client]) -> Optional[Client]:
    """Makes it the process's client; returns the one before, still open."""
    global _current, _told_missing
    before, _current = _current, client
    _told_missing = False
    if client is not None:
        atexit.register(client.close)
    return before


def _after_fork() -> None:
    for client in list(_clients):
        client.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

__all__ = ["Answer", "Client", "Picture", "current", "install"]
