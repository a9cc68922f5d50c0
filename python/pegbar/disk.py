"""
The disk buffer: bodies that could not be sent, one file each, oldest dropped first where the bound is reached.

A file is written beside its place and renamed into it, so a torn one never stands under a name that is read. Its name
is `TIME-PROCESS-SERIAL-COUNT.LANE`: time in nanoseconds with leading zeros, so that names sort by age, and the number
of items, so that a dropped file can be counted without being read. Several processes may share a folder: each sends
what it finds; a body that two of them send is recognised by the server (event ids, trace and span ids) and stored once.
Prompts may be inside: the folder is the owner's alone.
"""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path
from typing import List, NamedTuple, Optional


class Stored(NamedTuple):
    """A body on disk."""

    path: Path
    items: int
    """Items in it."""


class DiskBuffer:
    """Bodies of one lane within a folder. For one thread at a time; raises OSError where the disk does."""

    def __init__(self, folder: str, lane: str, max_bytes: int) -> None:
        self._folder = Path(folder).expanduser()
        self._lane = lane
        self._max_bytes = max_bytes
        self._serial = itertools.count()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def store(self, body: bytes, count: int) -> int:
        """Keeps a body; returns how many items were dropped to make room, or of it where it does not fit."""
        if len(body) > self._max_bytes:
            return count
        dropped = self._make_room(len(body))
        name = self._name(count)
        part = self._folder / f".{name}.part"
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
            os.replace(part, self._folder / name)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        return dropped

    def oldest(self) -> Optional[Stored]:
        names = self._names()
        return _stored(self._folder, names[0]) if names else None

    def read(self, stored: Stored) -> Optional[bytes]:
        """The body; None where another process has sent it meanwhile."""
        try:
            return stored.path.read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, stored: Stored) -> None:
        stored.path.unlink(missing_ok=True)

    def postpone(self, stored: Stored) -> None:
        """Puts a body behind the others."""
        if stored.path.exists():
            os.replace(stored.path, self._folder / self._name(stored.items))

    def items(self) -> int:
        return sum(_stored(self._folder, name).items for name in self._names())

    def _name(self, count: int) -> str:
        return f"{time.time_ns():020d}-{os.getpid()}-{next(self._serial)}-{count}.{self._lane}"

    def _make_room(self, more: int) -> int:
        names = self._names()
        sizes = [_size(self._folder / name) for name in names]
        total, dropped = sum(sizes), 0
        for name, size in zip(names, sizes, strict=True):
            if total + more <= self._max_bytes:
                break
            (self._folder / name).unlink(missing_ok=True)
            dropped += _stored(self._folder, name).items
            total -= size
        return dropped

    def _names(self) -> List[str]:
        ending = f".{self._lane}"
        return sorted(name for name in os.listdir(self._folder) if name.endswith(ending) and name[0].isdigit())


def _stored(folder: Path, name: str) -> Stored:
    count = name.rsplit(".", 1)[0].rsplit("-", 1)[-1]
    return Stored(folder / name, int(count) if count.isdigit() else 1)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
