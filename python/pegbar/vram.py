"""
GPU memory and GPU time of one call, without touching torch's peak counters, which belong to the user.

`max_memory_allocated` is the greatest use since the counters were last reset, by whomever. Where it rose during the
call, its new value is the call's own peak, exactly. Where it did not, an earlier call used more, and the peak is the
most of what was seen at the ends of steps and modules: never more than the truth, and told as `sampled`.
"""

from __future__ import annotations

import sys
from typing import Any, Optional, Tuple

MIB = 1024 * 1024


class GpuWatch:
    """Watches the device of one call. On a device that is no CUDA or ROCm GPU it says nothing."""

    def __init__(self, device: Any) -> None:
        torch = sys.modules.get("torch")
        cuda = getattr(torch, "cuda", None)
        kind = getattr(device, "type", None)
        self._cuda = cuda if kind == "cuda" and cuda is not None else None
        self._device = device
        self._seen = 0
        self._before = 0
        self._events: list[Any] = []
        self.count = 0
        if self._cuda is not None:
            try:
                self._before = int(self._cuda.max_memory_allocated(device))
                self.look()
                self.count = 1
            except Exception:  # a driver that cannot be asked
                self._cuda = None

    @property
    def is_gpu(self) -> bool:
        return self._cuda is not None

    def look(self) -> None:
        """Notes the memory in use now; a read of a counter, no synchronisation."""
        if self._cuda is not None:
            self._seen = max(self._seen, int(self._cuda.memory_allocated(self._device)))

    def peak_mb(self) -> Optional[Tuple[int, str]]:
        """MiB at the peak, and whether that is `exact` or `sampled`."""
        if self._cuda is None:
            return None
        most = int(self._cuda.max_memory_allocated(self._device))
        if most > self._before:
            return round(most / MIB), "exact"
        self.look()
        return round(self._seen / MIB), "sampled"

    def headroom_mb(self) -> Optional[Tuple[int, int]]:
        """Free and total MiB of the device, as the driver sees it."""
        if self._cuda is None:
            return None
        free, total = self._cuda.mem_get_info(self._device)
        return round(free / MIB), round(total / MIB)

    def name(self) -> Optional[str]:
        return str(self._cuda.get_device_name(self._device)) if self._cuda is not None else None

    def mark(self) -> None:
        """Puts an event into the GPU's stream: hooks see when work is handed over, events when it is done."""
        if self._cuda is None:
            return
        event = self._cuda.Event(enable_timing=True)
        event.record()
        self._events.append(event)

    def seconds(self) -> Optional[float]:
        """GPU time from the first mark to the last; None where the GPU has not got there yet. Never waits."""
        if self._cuda is None or len(self._events) < 2:
            return None
        first, last = self._events[0], self._events[-1]
        if not last.query():
            return None
        return float(first.elapsed_time(last)) / 1_000
