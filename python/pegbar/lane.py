"""
A lane: a bounded queue of items of one kind, and the thread that sends them.

Putting an item never waits and never fails: where the bound is reached the oldest item goes and is counted. The thread
gathers items into a body and posts it. Only a "yes" of the server forgets a body; what happens to the others:

  answer                              then
  0 (refused, hung, cut), 408, 429,   the same body again, after a back-off with jitter that doubles from BACKOFF_S to
  502, 503, 504, 401, 403, 404        BACKOFF_MOST_S; Retry-After is obeyed where it is longer
  500 and other 5xx                   as above, but others go first: a body that makes the server stumble holds up none
  413                                 halves, each on its own; a single item that is too large is dropped and counted
  other 4xx                           dropped and counted: it would be refused again

401, 403 and 404 are the operator's to cure (a key, an address), so nothing is thrown away for them. Meanwhile new
items wait in memory, and on disk where a folder was given, both bounded. Bodies are encoded once, so a retry is the
same bytes, and the server knows it again by the ids within.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from typing import Callable, Deque, Generic, List, NamedTuple, Optional, Tuple, TypeVar

from .disk import DiskBuffer, Stored
from .losses import Losses
from .transport import Answer, Transport

log = logging.getLogger("pegbar")

LINGER_S = 0.5
"""Items of half a second share a request."""
BATCH_ITEMS = 512
BATCH_BYTES = 1_000_000
BACKOFF_S = 0.5
BACKOFF_MOST_S = 60.0
RETRY_AFTER_MOST_S = 300.0
"""A server that asks for more patience than this is asked again all the same."""
STEP_S = 0.05
"""While the server is away the thread looks up at most this often."""
STUMBLES_KEPT = 4
"""Bodies set aside in memory because the server stumbled over them; the oldest is dropped for a fifth."""

WAIT, AGAIN_LATER, HALVES, REFUSED, DONE = "wait", "later", "halves", "refused", "done"

T = TypeVar("T")


class Body(NamedTuple):
    """What one request carries; `items` only while it may have to be halved."""

    data: bytes
    holds: int
    """Number of items in it."""
    items: Tuple[object, ...] = ()
    stored: Optional[Stored] = None


class Route(NamedTuple):
    method: str
    path: str
    content_type: str


class Lane(Generic[T]):
    """See the head of the file. `encode` raises for an item that cannot be sent; it is dropped alone."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        losses: Losses,
        encode: Callable[[List[T]], bytes],
        route: Callable[[List[T]], Route],
        *,
        max_items: int,
        max_bytes: int,
        batch_items: int = BATCH_ITEMS,
        disk: Optional[Callable[[], DiskBuffer]] = None,
        judged: Optional[Callable[[Answer, int], int]] = None,
        after: Optional[Callable[[], None]] = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._transport = transport
        self._losses = losses
        self._encode = encode
        self._route = route
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._batch_items = batch_items
        self._make_disk = disk
        self._judged = judged
        self._after = after
        self._jitter = jitter
        self.reset()

    def reset(self) -> None:
        """Empty and without a thread: at the start, and in a forked child, whose parent sends what waits."""
        # Reentrant: a span may end in a finalizer that the garbage collector runs within `put`.
        self._lock = threading.RLock()
        self._fresh: Deque[Tuple[T, int]] = deque()
        self._bytes = 0
        self._again: Deque[Body] = deque()
        self._stumbled: Deque[Body] = deque()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._thread: Optional[threading.Thread] = None
        self._disk: Optional[DiskBuffer] = None
        self._closing_at: Optional[float] = None
        self._failures = 0

    def put(self, item: T, size: int = 0) -> None:
        dropped = 0
        with self._lock:
            if self._closing_at is not None:
                dropped = 1
            else:
                self._fresh.append((item, size))
                self._bytes += size
                while len(self._fresh) > self._max_items or (self._bytes > self._max_bytes and len(self._fresh) > 1):
                    self._bytes -= self._fresh.popleft()[1]
                    dropped += 1
                if self._thread is None:
                    self.start()
        if dropped:
            self._losses.lost(self.name, "queue_full" if self._closing_at is None else "closed", dropped)
        if not self._wake.is_set():
            self._idle.clear()
            self._wake.set()
        if len(self._fresh) >= self._batch_items and not self._hurry.is_set():
            self._hurry.set()

    def start(self) -> None:
        """Starts the thread; needed alone only to send what an earlier process left on disk."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"pegbar-{self.name}", daemon=True)
                self._thread.start()

    def queued(self) -> int:
        """Items in memory that the server has not taken."""
        return len(self._fresh) + sum(body.holds for body in (*self._again, *self._stumbled) if body.stored is None)

    def flush(self, timeout_s: float) -> bool:
        """Waits until everything was sent or set aside on disk; false where time ran out first."""
        until = time.monotonic() + timeout_s
        while self._thread is not None:
            self._idle.clear()
            self._hurry.set()
            self._wake.set()
            if not self._idle.wait(max(0.0, until - time.monotonic())):
                return False
            if self.queued() == 0:
                return True
        return True

    def close(self, timeout_s: float) -> None:
        """Ends within about `timeout_s`; what is left goes to disk, or is counted."""
        self._closing_at = time.monotonic() + timeout_s
        thread = self._thread
        if thread is None:
            return
        self._hurry.set()
        self._wake.set()
        thread.join(timeout_s)
        if thread.is_alive():
            # It hangs in a request. Its body stands in `_again` until the server has said yes.
            self._put_aside()
        self._transport.close()

    # The thread.

    def _run(self) -> None:
        if self._make_disk is not None:
            try:
                self._disk = self._make_disk()
            except OSError as error:
                log.warning("pegbar has no disk buffer: %s", error)
        while True:
            body = self._next()
            if body is None:
                break
            try:
                self._handle(body)
            except Exception:  # a fault of ours must not end the sender, nor be repeated without end
                log.exception("pegbar could not send %d %s", body.holds, self.name)
                self._forget(body)
                self._losses.lost(self.name, "fault", body.holds)
        self._put_aside()

    def _next(self) -> Optional[Body]:
        """The next body, waiting for one; None when the lane is to end."""
        while True:
            if self._closing_at is not None and time.monotonic() >= self._closing_at:
                return None
            if self._again:
                return self._again[0]
            stored = self._from_disk()
            if stored is not None:
                return stored
            if self._fresh:
                if len(self._fresh) < self._batch_items:
                    self._hurry.wait(LINGER_S)
                self._gather()
                continue
            if self._stumbled:
                self._again.append(self._stumbled.popleft())
                return self._again[0]
            self._wake.clear()
            self._hurry.clear()
            if self._fresh:
                continue
            self._idle.set()
            if self._closing_at is not None:
                return None
            self._wake.wait()

    def _gather(self) -> None:
        items: List[T] = []
        total = 0
        with self._lock:
            while self._fresh and len(items) < self._batch_items and total < BATCH_BYTES:
                item, size = self._fresh.popleft()
                self._bytes -= size
                items.append(item)
                total += size
        if len(self._fresh) < self._batch_items and self._closing_at is None:
            self._hurry.clear()
        self._again.extend(self._bodies(items))

    def _bodies(self, items: List[T]) -> List[Body]:
        try:
            return [Body(self._encode(items), len(items), tuple(items))]
        except Exception as error:
            if len(items) == 1:
                self._losses.lost(self.name, "not_encodable", 1, f"{type(error).__name__}: {error}")
                return []
            return [body for item in items for body in self._bodies([item])]

    def _from_disk(self) -> Optional[Body]:
        if self._disk is None:
            return None
        try:
            stored = self._disk.oldest()
            data = self._disk.read(stored) if stored else None
            if stored is None or data is None:
                return None
            body = Body(data, stored.items, (), stored)
        except OSError as error:
            self._no_disk(error)
            return None
        self._again.append(body)
        return body

    def _handle(self, body: Body) -> None:
        method, path, content_type = self._route(list(body.items))  # type: ignore[arg-type]
        answer = self._transport.send(method, path, body.data, content_type)
        what = verdict(answer.status)
        if what == DONE:
            self._failures = 0
            self._forget(body)
            refused = self._judged(answer, body.holds) if self._judged else 0
            self._losses.sent(self.name, body.holds - refused)
            if self._after is not None and self._losses.unreported:
                self._after()
            return
        if what == HALVES and body.holds > 1 and body.items:
            self._forget(body)
            middle = len(body.items) // 2
            for half in (body.items[middle:], body.items[:middle]):
                self._again.extendleft(reversed(self._bodies(list(half))))  # type: ignore[arg-type]
            return
        if what in (HALVES, REFUSED):
            self._forget(body)
            reason = "too_large" if what == HALVES else "refused"
            self._losses.lost(self.name, reason, body.holds, _said(answer))
            return
        self._failures += 1
        if self._failures == 1:
            log.info("pegbar keeps %s until the server takes them: %s", self.name, _said(answer))
        if what == AGAIN_LATER:
            self._set_aside(body)
        if self._closing_at is not None and answer.status == 0:
            self._closing_at = time.monotonic()  # nobody is there: a process that ends does not wait for them
            return
        self._rest(answer.retry_after_s)

    def _set_aside(self, body: Body) -> None:
        """The server stumbled over this body: the others go first."""
        self._again.popleft()
        if body.stored is not None and self._disk is not None:
            self._disk.postpone(body.stored)
            return
        self._stumbled.append(body)
        if len(self._stumbled) > STUMBLES_KEPT:
            self._losses.lost(self.name, "server_error", self._stumbled.popleft().holds)

    def _forget(self, body: Body) -> None:
        if self._again and self._again[0] is body:
            self._again.popleft()
        if body.stored is not None and self._disk is not None:
            self._disk.remove(body.stored)

    def _rest(self, asked_s: Optional[float]) -> None:
        """Waits before the next try. Meanwhile whole batches go to disk, where there is one."""
        grown: float = BACKOFF_S * 2.0 ** min(self._failures - 1, 16)
        pause = min(BACKOFF_MOST_S, grown) * (0.5 + self._jitter() / 2)
        until = time.monotonic() + max(pause, min(asked_s or 0.0, RETRY_AFTER_MOST_S))
        was_closing = self._closing_at is not None
        while True:
            if self._closing_at is not None and not was_closing:
                return  # one more try before the end
            left = min(until, self._closing_at or until) - time.monotonic()
            if left <= 0:
                return
            if self._disk is not None and len(self._fresh) >= self._batch_items:
                self._spill(whole_batches=True)
                continue
            self._hurry.clear()
            self._hurry.wait(left)
            if self._closing_at is None and left > STEP_S:
                time.sleep(STEP_S)  # asked to hurry while the server is away: not in a loop

    def _spill(self, whole_batches: bool) -> None:
        """To disk: what waits in memory, oldest first."""
        while self._again and self._again[0].stored is None and self._disk is not None:
            self._store(self._again.popleft())
        while self._fresh and self._disk is not None:
            if whole_batches and len(self._fresh) < self._batch_items:
                return
            with self._lock:
                taken = [self._fresh.popleft() for _ in range(min(len(self._fresh), self._batch_items))]
                self._bytes -= sum(size for _, size in taken)
            for body in self._bodies([item for item, _ in taken]):
                self._store(body)

    def _store(self, body: Body) -> None:
        if self._disk is None:
            self._again.append(body)
            return
        try:
            self._losses.lost(self.name, "disk_full", self._disk.store(body.data, body.holds))
        except OSError as error:
            self._no_disk(error)
            self._again.append(body)

    def _no_disk(self, error: OSError) -> None:
        log.warning("pegbar's disk buffer failed, memory alone is used: %s", error)
        self._disk = None

    def _put_aside(self) -> None:
        """At the end: everything to disk, or counted as lost."""
        self._again.extend(self._stumbled)
        self._stumbled.clear()
        kept = [body for body in self._again if body.stored is None]
        self._again = deque(kept)
        if self._disk is not None:
            self._spill(whole_batches=False)
        left = self.queued()
        self._again.clear()
        self._fresh.clear()
        self._losses.lost(self.name, "exit", left)
        self._idle.set()


def verdict(status: int) -> str:
    """What to do with a body after an answer of this status."""
    if 200 <= status < 300:
        return DONE
    if status == 413:
        return HALVES
    if status in (0, 401, 403, 404, 408, 425, 429, 502, 503, 504):
        return WAIT
    if status >= 500 or status < 200:
        return AGAIN_LATER
    return REFUSED


def _said(answer: Answer) -> str:
    return answer.fault or f"{answer.status} {answer.body[:200].decode('utf-8', 'replace')}"
