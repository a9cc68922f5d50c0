"""The spans and records themselves: what each says, under the names of the published attribute table."""

import time

from .run import rate_of
from .stages import is_loader

ROOT_NAME = "comfyui prompt"


class Teller:
    def __init__(self, emit, tags, with_prompts):
        self.emit, self.tags, self.with_prompts = emit, tags, with_prompts
        self.is_loader = is_loader

    # Records ----------------------------------------------------------------------------------------------------------

    def record(self, run, record_type, at_ns, event_id, **fields):
        record = {"type": record_type, "event_id": event_id, "timestamp": iso(at_ns)}
        record.update(self.tags)
        if run is not None:
            record["request_id"], record["trace_id"] = run.request_id, run.trace_id
            said = {name: run.said.get("pegbar." + name) for name in ("tenant", "workload", "traffic_source")}
            record.update({name: value for name, value in said.items() if value})
            if run.workload:
                record.setdefault("workload", run.workload)
            model = {"version": run.settings.get("model"), "family": run.family}
            record["model"] = {name: value for name, value in model.items() if value}
        record.update({name: value for name, value in fields.items() if value is not None})
        self.emit("record", record)

    def boundary(self, run, name, at_ns, image_id=None, index=0):
        event_id = run.event_id("boundary", name, image_id or "", index)
        self.record(run, "boundary", at_ns, event_id, boundary=name, image_id=image_id, session_id=run.context.get("session"))

    def queue(self, name, at_ns, depth, event_id, **fields):
        if depth is None:
            return
        event_id = event_id or "comfyui:queue:%s:%d" % (name, at_ns)
        self.record(None, "queue", at_ns, event_id, queue=name, depth=depth, **fields)

    def model(self, run, data, action, at_ns):
        where = run.event_id(action, data["class"], at_ns) if run else "comfyui:%s:%s:%d" % (action, data["class"], at_ns)
        # The diffusion model is the one that the request is named after; text encoders and VAEs say their class.
        version = {} if run is None or data.get("family") else {"model": {}}
        attributes = {"comfyui.model_class": data["class"], "comfyui.device": data.get("device")}
        self.record(
            run, "model_load", at_ns, where, action=action, duration_ms=round(data["ns"] / 1e6, 3),
            bytes=data.get("bytes"), hit=False if action == "load" else None, host=self.host,
            attributes={name: value for name, value in attributes.items() if value}, **version,
        )

    host = None

    def cache(self, run, name, hits, misses, at_ns):
        if hits or misses:
            self.record(run, "cache", at_ns, run.event_id("cache", name), cache=name, hits=hits, misses=misses, host=self.host)

    # Spans ------------------------------------------------------------------------------------------------------------

    def span(self, run, span_id, parent, name, start_ns, end_ns, attributes, error=None, kind=1):
        self.emit("span", {
            "trace_id": run.trace_id, "span_id": span_id, "parent": parent, "name": name, "kind": kind,
            "start_ns": start_ns, "end_ns": max(start_ns, end_ns), "error": error,
            "attributes": {key: value for key, value in attributes.items() if value is not None},
        })

    def cached(self, run, at_ns, nodes=None):
        """A cached node is a span without duration: it is on the way of the picture, and it cost nothing."""
        for node_id in run.cached if nodes is None else nodes:
            class_type = run.shape.classes.get(node_id, "unknown")
            self.span(run, run.span_id("node", node_id), run.root_span, class_type, at_ns, at_ns, {
                "pegbar.request.id": run.request_id, "comfyui.node_id": node_id, "comfyui.class_type": class_type,
                "comfyui.cached": True,
            })

    def node(self, run, node):
        node.told = True
        attributes = {
            "pegbar.request.id": run.request_id,
            "comfyui.node_id": node.id,
            "comfyui.class_type": node.type,
            "comfyui.cached": False,
            "comfyui.unfinished": True if node.unfinished else None,
        }
        if node.steps:
            attributes["comfyui.steps_done"] = node.steps[3]
            attributes["comfyui.steps_planned"] = node.steps[4]
            attributes["comfyui.steps_per_second"] = rounded_rate(node.steps)
        parent = run.span_id("node", node.parent) if node.parent else run.span_id("stage", node.stage.index)
        self.span(run, run.span_id("node", node.id), parent, node.type, node.start, node.end, attributes, node.error)


def rounded_rate(steps):
    rate = rate_of(steps)
    return None if rate is None else round(rate, 4)


def iso(ns):
    """RFC 3339 with nanoseconds."""
    seconds, rest = divmod(int(ns), 1_000_000_000)
    return "%s.%09dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)), rest)
