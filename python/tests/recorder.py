"""A process whose spans are kept in memory: OpenTelemetry takes one provider per process, so tests share it."""

from __future__ import annotations

from typing import Any, Dict, List

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)


def spans() -> List[ReadableSpan]:
    """Ended spans, by the time at which they began."""
    return sorted(exporter.get_finished_spans(), key=lambda span: span.start_time or 0)


def named(name: str) -> ReadableSpan:
    (span,) = [span for span in spans() if span.name == name]
    return span


def attributes(span: ReadableSpan) -> Dict[str, Any]:
    return dict(span.attributes or {})


def events(span: ReadableSpan) -> List[str]:
    return [event.name for event in span.events]
