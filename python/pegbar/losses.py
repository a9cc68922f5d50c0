"""Counts of what was sent and of what was lost, by lane and reason. Nothing is lost without standing here."""

from __future__ import annotations

import json
import logging
import threading
from typing import Dict, List, Tuple

log = logging.getLogger("pegbar")

Loss = Tuple[str, str]
"""Lane (spans, records, thumbnails) and reason."""


class Losses:
    """Thread-safe counts; each loss is logged when it begins and reported to the server once it can be."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: Dict[str, int] = {}
        self._lost: Dict[Loss, int] = {}
        self._unreported: Dict[Loss, int] = {}
        self._since_ns = 0

    def sent(self, lane: str, count: int) -> None:
        with self._lock:
            self._sent[lane] = self._sent.get(lane, 0) + count

    def lost(self, lane: str, reason: str, count: int, why: str = "") -> None:
        if count <= 0:
            return
        with self._lock:
            before = self._lost.get((lane, reason), 0)
            self._lost[(lane, reason)] = before + count
            self._unreported[(lane, reason)] = self._unreported.get((lane, reason), 0) + count
        # Once at every tenfold: a server that is away for a night does not fill the user's log.
        if before == 0 or len(str(before)) < len(str(before + count)):
            log.warning("pegbar lost %d %s so far (%s)%s", before + count, lane, reason, f": {why}" if why else "")

    def counts(self) -> Dict[str, Dict[str, int]]:
        with self._lock:
            return {
                "sent": dict(self._sent),
                "dropped": {f"{lane}.{reason}": count for (lane, reason), count in self._lost.items()},
            }

    def take(self) -> Dict[Loss, int]:
        """What was not reported yet; the caller gives it back with `restore` where it could not be told."""
        with self._lock:
            taken, self._unreported = self._unreported, {}
            return taken

    def restore(self, taken: Dict[Loss, int]) -> None:
        with self._lock:
            for loss, count in taken.items():
                self._unreported[loss] = self._unreported.get(loss, 0) + count

    @property
    def unreported(self) -> bool:
        return bool(self._unreported)


def as_metric(lost: Dict[Loss, int], start_ns: int, end_ns: int, resource: Dict[str, str]) -> bytes:
    """The losses as an OTLP metric in JSON: the delta sum `pegbar.sdk.dropped`, by signal and reason."""
    points: List[object] = [
        {
            "startTimeUnixNano": str(start_ns),
            "timeUnixNano": str(end_ns),
            "asInt": str(count),
            "attributes": _attributes({"pegbar.signal": lane, "pegbar.reason": reason}),
        }
        for (lane, reason), count in sorted(lost.items())
    ]
    metric = {
        "name": "pegbar.sdk.dropped",
        "unit": "{item}",
        "description": "Items that the SDK could not keep until the server took them",
        "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": points},
    }
    document = {
        "resourceMetrics": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeMetrics": [{"scope": {"name": "pegbar"}, "metrics": [metric]}],
            }
        ]
    }
    return json.dumps(document).encode()


def _attributes(values: Dict[str, str]) -> List[object]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
