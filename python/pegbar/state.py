"""The request that is under way, as it travels in OpenTelemetry's context, and from one process to the next."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Dict, List, Mapping, MutableMapping, Optional, Type
from urllib.parse import quote

from opentelemetry import baggage, trace
from opentelemetry import context as otel_context
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from .attributes import Value
from .records_generated import ATTRIBUTES

REQUEST_ID = ATTRIBUTES["request_id"]
QUEUE_WAIT = ATTRIBUTES["queue_wait_ms"]
ENQUEUED_MS = "pegbar.enqueued_ms"

CARRIED: Mapping[str, str] = {
    "pegbar.request_id": REQUEST_ID,
    "pegbar.tenant": ATTRIBUTES["tenant"],
    "pegbar.workload": ATTRIBUTES["workload"],
    "pegbar.session_id": ATTRIBUTES["session_id"],
    "pegbar.sequence_id": ATTRIBUTES["sequence_id"],
    "pegbar.traffic_source": ATTRIBUTES["traffic_source"],
    "pegbar.collection": ATTRIBUTES["collection"],
    "pegbar.attempt": ATTRIBUTES["attempt"],
    "pegbar.retry_of": ATTRIBUTES["retry_of"],
    "pegbar.model.version": ATTRIBUTES["model_version"],
}
"""
Members of the W3C header `baggage` that go with a message, and the attributes they are; @pegbar/node has the same.
Region and hardware are of the process that works, and a user's id does not travel.
"""

_STAY = ("region", "hardware_class", "user_hash", "model_family", "license", "checkpoint_hash")
TAGS = frozenset(CARRIED.values()) | {ATTRIBUTES[column] for column in _STAY}
"""What a request says for all of its stages; the rest is about the request alone."""

RECIPE = frozenset(
    ATTRIBUTES[column]
    for column in (
        *("model_version", "model_family", "checkpoint_hash", "loras", "sampler", "scheduler", "steps", "cfg", "seed"),
        *("denoise", "width", "height", "prompt", "negative_prompt", "sequence_id", "collection"),
    )
) | {"pegbar.resolution"}
"""What the pictures of a request take from its generate stages."""

BAGGAGE_BYTES = 8_192
"""What everybody passes on (W3C Baggage, 3.3); beyond it foreign members stay behind."""

_KEY = otel_context.create_key("pegbar-request")
_trace_context = TraceContextTextMapPropagator()
_baggage = W3CBaggagePropagator()


class RequestState:
    """What stages inherit. `queue_wait_ms` is told by the first of them alone."""

    __slots__ = ("id", "tags", "carried", "queue_wait_ms", "recipe", "code")

    def __init__(
        self, id: str, tags: Dict[str, Value], carried: bool = False, queue_wait_ms: Optional[float] = None
    ) -> None:
        self.id = id
        self.tags = tags
        self.carried = carried
        """It began in another process, and nobody in this one has taken it over yet."""
        self.queue_wait_ms = queue_wait_ms
        self.recipe: Dict[str, Value] = {}
        """What its generate stages said, for its pictures."""
        self.code = ""
        """Why it ends without an exception though it did not succeed: interrupted, or blocked."""


def current_state(context: Optional[Context] = None) -> Optional[RequestState]:
    state = otel_context.get_value(_KEY, context)
    return state if isinstance(state, RequestState) else None


def with_state(state: RequestState, context: Optional[Context] = None) -> Context:
    return otel_context.set_value(_KEY, state, context)


def inject(carrier: MutableMapping[str, str], context: Optional[Context] = None) -> MutableMapping[str, str]:
    """
    Writes the trace and the request under way into a message or a set of HTTP headers: `traceparent`, `tracestate`
    and `baggage` (W3C). Foreign members of the baggage stay. Returns the carrier.
    """
    return _inject(carrier, context, queued=False)


def _inject(carrier: MutableMapping[str, str], context: Optional[Context], queued: bool) -> MutableMapping[str, str]:
    ctx = context if context is not None else otel_context.get_current()
    _trace_context.inject(carrier, context=ctx)
    theirs: Dict[str, str] = {}
    _baggage.inject(theirs, context=ctx)
    state = current_state(ctx)
    members = (
        [] if state is None else [_member(m, state.tags[name]) for m, name in CARRIED.items() if name in state.tags]
    )
    if queued and state is not None:
        members.append(_member(ENQUEUED_MS, time.time_ns() // 1_000_000))
    ours = ",".join(members)
    whole = ",".join(part for part in (ours, theirs.get("baggage", "")) if part)
    if whole:
        carrier["baggage"] = whole if len(whole) <= BAGGAGE_BYTES else ours
    return carrier


def _member(name: str, value: object) -> str:
    """Percent-encoded, as W3C Baggage has it; OpenTelemetry's propagator writes a space as `+`, which others keep."""
    return f"{name}={quote(str(value), safe='')}"


class _Headers(Getter[Mapping[str, Any]]):
    """Headers in any case, values as text or bytes: what HTTP servers and message brokers hand out."""

    def get(self, carrier: Mapping[str, Any], key: str) -> Optional[List[str]]:
        found = carrier.get(key)
        if found is None:
            found = next((value for name, value in carrier.items() if str(name).lower() == key), None)
        if found is None:
            return None
        values = found if isinstance(found, (list, tuple)) else [found]
        return [v.decode("utf-8", "replace") if isinstance(v, (bytes, bytearray)) else str(v) for v in values]

    def keys(self, carrier: Mapping[str, Any]) -> List[str]:
        return [str(name) for name in carrier]


class Carried:
    """The trace and the request that a message brought; `with` makes them the current ones."""

    def __init__(self, context: Context) -> None:
        self.context = context
        """To hand to `request(context=…)` or `stage(context=…)` where `with` does not fit."""
        self._token: Any = None

    @property
    def request_id(self) -> Optional[str]:
        state = current_state(self.context)
        return state.id if state else None

    def __enter__(self) -> "Carried":
        self._token = otel_context.attach(self.context)
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], where: Optional[TracebackType]
    ) -> None:
        otel_context.detach(self._token)


def extract(carrier: Mapping[str, Any]) -> Carried:
    """Reads what `inject` wrote, in any language; a carrier without it gives what is under way here."""
    getter = _Headers()
    ctx = _trace_context.extract(carrier, context=otel_context.get_current(), getter=getter)
    ctx = _baggage.extract(carrier, context=ctx, getter=getter)
    told = baggage.get_all(ctx)
    tags: Dict[str, Value] = {name: str(told[member]) for member, name in CARRIED.items() if member in told}
    if REQUEST_ID not in tags:
        span = trace.get_current_span(ctx).get_span_context()
        if not (span.is_valid and span.is_remote):
            return Carried(ctx)
        tags[REQUEST_ID] = f"{span.trace_id:032x}"
    state = RequestState(str(tags[REQUEST_ID]), tags, carried=True, queue_wait_ms=_wait_ms(told.get(ENQUEUED_MS)))
    for name in (
        *CARRIED,
        ENQUEUED_MS,
    ):  # ours is in the state now: not to be handed on to strangers by other propagators
        ctx = baggage.remove_baggage(name, ctx)
    return Carried(with_state(state, ctx))


def _wait_ms(sent: object) -> Optional[float]:
    """Time in the queue. Clocks of two hosts differ: a message from the future waited not at all."""
    try:
        return max(0.0, time.time_ns() / 1e6 - float(str(sent)))
    except ValueError:
        return None
