"""Bodies for the two doors: OTLP/JSON traces and NDJSON records."""

import json

SCOPE = "comfyui-pegbar"


def value_of(value):
    """An OTLP AnyValue. Whole numbers beyond 64 signed bits, which seeds may be, travel as text."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)} if -(2**63) <= value < 2**63 else {"stringValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value} if value == value and abs(value) != float("inf") else {"stringValue": str(value)}
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return {"arrayValue": {"values": [{"stringValue": item} for item in value]}}
    if isinstance(value, (list, dict)):
        return {"stringValue": json.dumps(value, separators=(",", ":"), ensure_ascii=False)}
    return {"stringValue": str(value)}


def attributes_of(values):
    return [{"key": key, "value": value_of(value)} for key, value in values.items() if value is not None]


def otlp_span(span):
    attributes = span["attributes"]
    encoded = {
        "traceId": span["trace_id"], "spanId": span["span_id"], "name": span["name"], "kind": span["kind"],
        "startTimeUnixNano": str(int(span["start_ns"])), "endTimeUnixNano": str(int(span["end_ns"])),
    }
    if span["parent"]:
        encoded["parentSpanId"] = span["parent"]
    if span["error"]:
        code, message, exception_type = span["error"]
        # What a person stopped is no error of a span, though it is one of the request's words.
        encoded["status"] = {"code": 2, "message": message} if code != "cancelled" else {"code": 0}
        attributes = {
            **attributes, "pegbar.error.code": code, "pegbar.error.message": message,
            "pegbar.error.retriable": attributes.get("pegbar.error.retriable", retriable(code)),
            "comfyui.exception_type": exception_type,
        }
    encoded["attributes"] = attributes_of(attributes)
    return encoded


def retriable(code):
    from .errors import RETRIABLE

    return RETRIABLE.get(code)


def traces_body(resource, version, spans):
    scope = {"scope": {"name": SCOPE, "version": version}, "spans": [otlp_span(span) for span in spans]}
    body = {"resourceSpans": [{"resource": {"attributes": attributes_of(resource)}, "scopeSpans": [scope]}]}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def metrics_body(resource, version, dropped, started_ns, now_ns):
    """What the sender itself lost, by reason, as a cumulative sum."""
    points = [
        {
            "attributes": attributes_of({"reason": reason}), "asInt": str(count), "startTimeUnixNano": str(started_ns),
            "timeUnixNano": str(now_ns),
        }
        for reason, count in sorted(dropped.items())
    ]
    metric = {
        "name": "pegbar.sender.dropped", "unit": "{item}",
        "sum": {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": points},
    }
    scope = {"scope": {"name": SCOPE, "version": version}, "metrics": [metric]}
    body = {"resourceMetrics": [{"resource": {"attributes": attributes_of(resource)}, "scopeMetrics": [scope]}]}
    return json.dumps(body, separators=(",", ":")).encode()


def records_body(records):
    lines = (json.dumps(record, separators=(",", ":"), ensure_ascii=False) for record in records)
    return "\n".join(lines).encode("utf-8", "replace")
