"""
Taps into a pipeline's parts while calls run: hooks on modules, and wraps of methods that bypass `forward`.

They are set when a pipeline's first call begins and taken away when its last one ends, so that a pipeline at rest is
as its owner made it, parts that are exchanged between calls are seen, and calls in several threads do not undo each
other. What a tap sees goes to the call of its thread; nothing of a tap reaches the pipeline, faults least of all.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from typing import Any, Callable, Dict, List, Protocol, Tuple

from .recipe import safely

log = logging.getLogger("pegbar")

_ABSENT = object()
_WRAPPED: Tuple[Tuple[str, str], ...] = (
    ("vae", "encode"),
    ("vae", "decode"),
    ("vqvae", "decode"),
    ("movq", "decode"),
    ("scheduler", "step"),
)


class Listener(Protocol):
    """A call that is under way. Times are of `time.perf_counter_ns`."""

    def part_began(self, name: str, at_ns: int) -> None: ...

    def part_ended(self, name: str, start_ns: int, end_ns: int) -> None: ...


class Taps:
    """The taps of one pipeline."""

    def __init__(self, pipe_parts: Callable[[], Dict[str, Any]]) -> None:
        self._parts = pipe_parts
        self._lock = threading.Lock()
        self._listeners: Dict[int, List[Listener]] = {}
        self._undo: List[Callable[[], None]] = []
        self._calls = 0

    def enter(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.setdefault(threading.get_ident(), []).append(listener)
            self._calls += 1
            if self._calls == 1:
                self._set()

    def leave(self, listener: Listener) -> None:
        with self._lock:
            mine = self._listeners.get(threading.get_ident(), [])
            if listener in mine:
                mine.remove(listener)
                self._calls -= 1
            if not mine:
                self._listeners.pop(threading.get_ident(), None)
            if self._calls == 0:
                self._take_away()

    def _set(self) -> None:
        parts = safely(self._parts) or {}
        for name, part in parts.items():
            if hasattr(part, "register_forward_hook") and name not in ("vae", "vqvae", "movq"):
                safely(functools.partial(self._hook, name, part))
        for name, method in _WRAPPED:
            part = parts.get(name)
            if part is not None and callable(getattr(part, method, None)):
                safely(functools.partial(self._wrap, name, part, method))

    def _take_away(self) -> None:
        for undo in reversed(self._undo):
            safely(undo)
        self._undo.clear()

    def _hook(self, name: str, module: Any) -> None:
        starts = threading.local()

        def before(*_: Any) -> None:
            now = time.perf_counter_ns()
            stack = starts.__dict__.setdefault("stack", [])
            stack.append(now)
            self._tell("part_began", name, now)

        def after(*_: Any) -> None:
            stack = starts.__dict__.get("stack")
            if stack:
                self._tell("part_ended", name, stack.pop(), time.perf_counter_ns())

        self._undo.append(module.register_forward_pre_hook(before).remove)
        try:
            handle = module.register_forward_hook(after, always_call=True)
        except TypeError:  # torch before 2.1: a module that raises tells no end
            handle = module.register_forward_hook(after)
        self._undo.append(handle.remove)

    def _wrap(self, name: str, owner: Any, method: str) -> None:
        original = getattr(owner, method)
        label = f"{name}.{method}"

        # Pipelines look at the signature of `scheduler.step` to learn what it takes: `wraps` keeps it.
        @functools.wraps(original)
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter_ns()
            self._tell("part_began", label, start)
            try:
                return original(*args, **kwargs)
            finally:
                self._tell("part_ended", label, start, time.perf_counter_ns())

        before = owner.__dict__.get(method, _ABSENT)
        owner.__dict__[method] = timed

        def undo() -> None:
            if owner.__dict__.get(method) is not timed:
                return  # somebody wrapped it again, on top of us
            if before is _ABSENT:
                del owner.__dict__[method]
            else:
                owner.__dict__[method] = before

        self._undo.append(undo)

    def _tell(self, what: str, *told: Any) -> None:
        listeners = self._listeners.get(threading.get_ident())
        if not listeners:
            return
        try:
            getattr(listeners[-1], what)(*told)
        except Exception:  # ours: the render goes on
            log.debug("pegbar: a tap failed", exc_info=True)
