"""Ended spans into a lane: what `BatchSpanProcessor` and the OTLP exporter do, but bounded, counted and patient."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from .lane import Lane
from .records_generated import ATTRIBUTES
from .state import REQUEST_ID, current_state
from .transport import Answer

PATH = "/v1/traces"
CONTENT_TYPE = "application/x-protobuf"
_TENANT = ATTRIBUTES["tenant"]


class SpanQueue(SpanProcessor):
    """
    Hands sampled spans to the lane when they end. Costs the caller one append. Spans of others within a request (of a
    web framework, of a database) are told to be of it, and of its tenant.
    """

    def __init__(self, lane: Lane[ReadableSpan]) -> None:
        self._lane = lane

    def on_start(self, span: Span, parent_context: Optional[Context] = None) -> None:
        state = current_state(parent_context)
        if state is None or REQUEST_ID in (span.attributes or ()):
            return
        span.set_attribute(REQUEST_ID, state.id)
        if _TENANT in state.tags:
            span.set_attribute(_TENANT, state.tags[_TENANT])

    def on_end(self, span: ReadableSpan) -> None:
        context = span.context
        if context is not None and context.trace_flags.sampled:
            self._lane.put(span)

    def shutdown(self) -> None:
        """The provider ends before the sender does; the sender sends what is left at its own end."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._lane.flush(timeout_millis / 1_000)


def body_of(spans: List[ReadableSpan]) -> bytes:
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

    encoded: Any = encode_spans(spans)
    return bytes(encoded.SerializeToString())


def refused(answer: Answer) -> Tuple[int, str]:
    """Spans that the server rejected (`partial_success`), and why."""
    if not answer.body:
        return 0, ""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    try:
        said: Any = ExportTraceServiceResponse.FromString(answer.body).partial_success
        return int(said.rejected_spans), str(said.error_message)
    except Exception:  # an answer that is no such message refuses nothing
        return 0, ""
