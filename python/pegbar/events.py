"""Records as they are sent: made complete, given an identity, written as a line of NDJSON."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any, Dict, List, Mapping, Tuple

from .transport import Answer

PATH = "/api/v1/events"
CONTENT_TYPE = "application/x-ndjson"


def line_of(record: Mapping[str, Any]) -> bytes:
    """
    The line of a record. Fields that are None are left out. `timestamp` is now where it is not said; `event_id` is a
    digest of all the rest, so the same record sent twice, by us or by its caller, is stored once.
    """
    told = {name: value for name, value in record.items() if value is not None}
    told.setdefault("timestamp", time.time_ns() // 1_000 / 1_000)
    if "event_id" not in told:
        canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
        told["event_id"] = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return json.dumps(told, ensure_ascii=True, allow_nan=False, default=str).encode()


def body_of(lines: List[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n"


def refused(answer: Answer) -> Tuple[int, str]:
    """How many lines the server refused, and what it said of the first."""
    try:
        said: Dict[str, Any] = json.loads(answer.body)
        rejected = said.get("rejected") or []
        first = rejected[0] if rejected else {}
        why = f"{first.get('field', '')}: {first.get('message', '')}" if first else ""
        return len(rejected), why
    except (ValueError, AttributeError, LookupError, TypeError):
        return 0, ""
