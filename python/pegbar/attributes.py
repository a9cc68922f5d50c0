"""What callers say, as OpenTelemetry attributes under Pegbar's names."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Mapping, Sequence, Tuple, Union

from .records_generated import ATTRIBUTES

Value = Union[str, bool, int, float, Sequence[str], Sequence[int], Sequence[float], Sequence[bool]]

INT64_MAX = 2**63 - 1
"""OTLP has signed integers; a larger seed goes as text, which the server reads as the same number."""

_NAMES: Dict[str, str] = {
    **ATTRIBUTES,
    "user": ATTRIBUTES["user_hash"],
    "user_id_hash": ATTRIBUTES["user_hash"],
    "stage": ATTRIBUTES["pipeline_stage"],
    "resolution": "pegbar.resolution",
    "negative": ATTRIBUTES["negative_prompt"],
    "nsfw_flag": ATTRIBUTES["nsfw"],
    "embeddings": ATTRIBUTES["conditioning_embeddings"],
}
_LORAS = ATTRIBUTES["loras"]


def attributes_of(fields: Mapping[str, Any]) -> Dict[str, Value]:
    """
    Fields by the names of columns (`steps`, `model_version`, `loras`, …: docs/reference/attributes.md) as attributes.
    None is not told; a name that is no column stays as it is.
    """
    out: Dict[str, Value] = {}
    for field, value in fields.items():
        if value is None:
            continue
        name = _NAMES.get(field, field)
        out[name] = loras_of(value) if name == _LORAS else value_of(value)
    return out


def value_of(value: Any) -> Value:
    """A value that OTLP can carry: numbers beyond 64 bits as text, other objects as JSON or as their text."""
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return value if -INT64_MAX - 1 <= value <= INT64_MAX else str(value)
    if isinstance(value, float):
        return value
    if isinstance(value, Mapping):
        return _json(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [item if isinstance(item, str) else _json(item) for item in value]
    number = getattr(value, "item", None)  # a scalar of numpy or torch
    if callable(number) and getattr(value, "shape", None) in ((), None):
        try:
            plain = number()
            if isinstance(plain, (str, bool, int, float)):
                return value_of(plain)
        except Exception:  # not a scalar after all
            return str(value)
    return str(value)


def loras_of(value: Any) -> List[str]:
    """
    A stack of LoRAs as `id:weight`: from ids, pairs of id and weight, `{"id", "weight"}`, or a mapping of ids to
    weights. The weight is always written, so that an id with a colon is read as an id.
    """
    if isinstance(value, str):
        return [value]
    items: Iterable[Any] = value.items() if isinstance(value, Mapping) and "id" not in value else value
    if isinstance(value, Mapping) and "id" in value:
        items = [value]
    return [_lora(item) for item in items]


def _lora(item: Any) -> str:
    if isinstance(item, str):
        return item
    name, weight = _pair(item)
    return f"{name}:{weight:g}" if float(f"{weight:g}") == weight else f"{name}:{weight!r}"


def _pair(item: Any) -> Tuple[str, float]:
    if isinstance(item, Mapping):
        told = item.get("weight")
        return str(item.get("id") or item.get("name")), 1.0 if told is None else float(told)
    name, weight = item
    return str(name), float(weight)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        return str(value)
