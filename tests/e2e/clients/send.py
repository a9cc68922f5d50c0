"""Sends one trace, metrics and logs with the official OpenTelemetry client. Arguments: http base, gRPC address.

Prints one JSON document: what was sent, as ids and times, for the test to compare with.
"""

import json
import logging
import sys
import time

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

HTTP, GRPC = sys.argv[1], sys.argv[2]
RESOURCE = Resource.create({"service.name": "comfy", "cloud.region": "ap-east-1", "owner.team": "anime"})
LINKED = SpanContext(0xABCDEF0123456789ABCDEF0123456789, 0xABCDEF0123456789, is_remote=True)
BASE = (int(time.time()) - 300) * 1_000_000_000 + 123_456_789


def send(name, exporter):
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("kit", "4.5.6")
    root = tracer.start_span(
        "render", kind=SpanKind.SERVER, start_time=BASE, attributes={"pegbar.request.id": f"py-{name}"}
    )
    stage = tracer.start_span(
        "KSampler",
        context=trace.set_span_in_context(root),
        start_time=BASE + 1_000_001,
        links=[Link(LINKED, {"why": "retry"})],
        attributes={
            "pegbar.request.id": f"py-{name}",
            "pegbar.stage": "generate",
            "pegbar.workload": "animation",
            "gen_ai.request.model": "wan-2.2",
            "gen_ai.request.seed": 9223372036854775807,
            "gen_ai.image.steps": 20,
            "gen_ai.prompt": "1girl, red_hair",
            "pegbar.loras": ["ink:0.5"],
            "text": "日本 \"x\"",
            "yes": True,
            "whole": -9223372036854775808,
            "fraction": 0.25,
            "texts": ["a", "b"],
            "numbers": [1, 2],
        },
    )
    stage.add_event("inference_finished", {"step": 20}, timestamp=BASE + 5_000_005)
    stage.set_status(Status(StatusCode.ERROR, "sampling failed"))
    stage.end(BASE + 7_000_007)
    root.end(BASE + 9_000_009)
    provider.shutdown()
    ids = [format(root.context.trace_id, "032x"), format(root.context.span_id, "016x")]
    return {"trace": ids[0], "root": ids[1], "stage": format(stage.context.span_id, "016x")}


def send_metrics():
    exporter = OTLPMetricExporter(f"{HTTP}/v1/metrics")
    provider = MeterProvider([PeriodicExportingMetricReader(exporter, 3_600_000)], RESOURCE)
    meter = provider.get_meter("kit", "4.5.6")
    meter.create_counter("py.images", "{image}").add(7, {"pegbar.model.version": "py-v1"})
    meter.create_histogram("py.step", "ms").record(12.5, {"pegbar.model.version": "py-v1"})
    provider.shutdown()


def send_logs():
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(f"{HTTP}/v1/logs")))
    logger = logging.getLogger("py.kit")
    logger.addHandler(LoggingHandler(logger_provider=provider))
    logger.error("checkpoint %s is missing", "v7", extra={"pegbar.request.id": "py-log"})
    provider.shutdown()


sent = {
    "http": send("http", HttpSpans(f"{HTTP}/v1/traces")),
    "gzip": send("gzip", HttpSpans(f"{HTTP}/v1/traces", compression=Compression.Gzip)),
    "grpc": send("grpc", GrpcSpans(GRPC, insecure=True)),
    "base": str(BASE),
}
send_metrics()
send_logs()
print(json.dumps(sent))
