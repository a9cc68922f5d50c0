"""The end of a prompt: its stages, its pictures, its request."""

import json
import uuid

from . import errors
from .run import Run
from .tell import ROOT_NAME

# A graph longer than this is told by its hash alone; the largest shared ones have some 300 KB.
GRAPH_MOST = 500_000


def finish_run(tell, run, end_ns, pictures):
    run.end_ns = end_ns
    run.workload = run.workload or ("batch_panels" if len(pictures) > 1 else "single_image")
    for node in run.nodes.values():
        if not node.told:
            node.unfinished = node.end is None
            run.end_node(node, node.end or end_ns)
            tell.node(run, node)
    _stand_in_stage(run, end_ns)
    _tell_pictures(tell, run, pictures)
    _tell_stages(tell, run, pictures)
    _tell_boundaries(tell, run)
    if run.is_taken:
        tell.cache(run, "node", len(run.cached), len(run.nodes), end_ns)
        tell.cache(run, "weights", run.weights[0], run.weights[1], end_ns)
    _tell_root(tell, run, len(pictures))


def _stand_in_stage(run, end_ns):
    """Where no node could be seen, what is known is that something was made, and for how long."""
    if run.nodes or not run.is_taken or not ran_unseen(run):
        return
    sampled = any(not run.is_cached(node_id) for node_id in run.shape.samplers)
    stage = run.stage("generate" if sampled else "postprocess", run.start_ns or run.get_ns)
    stage.end = max(stage.start, end_ns)


def ran_unseen(run):
    """Nodes ran whose times nobody told: before 0.3.44 those of prompts without a client."""
    return not run.nodes and any(not run.is_cached(node_id) for node_id in run.shape.classes)


def _tell_stages(tell, run, pictures):
    last = run.stages[-1] if run.stages else None
    for stage in run.stages:
        attributes = run.tags()
        attributes["pegbar.stage"] = stage.name
        if stage.name == "generate":
            attributes.update(run.recipe())
            attributes.update(_memory(run))
        failed = next((node for node in run.nodes.values() if node.stage is stage and node.error), None)
        error = failed.error if failed else (run.error if stage is last and not run.nodes else None)
        made = [one for one in pictures if _stage_of(run, one) is stage]
        if made:
            attributes.update(_of_picture(tell, run, made[0]))
            # Pictures and frames are counted where they were made, and only there.
            attributes["pegbar.images"] = sum(one.get("frames", 1) for one in made)
        span_id = run.span_id("stage", stage.index)
        tell.span(run, span_id, run.root_span, stage.name, stage.start, stage.end, attributes, error)


def _stage_of(run, picture):
    """The stage in which a picture was written; the last one where its node is unknown."""
    node = run.nodes.get(picture["node"])
    return node.stage if node else (run.stages[-1] if run.stages else None)


def _tell_pictures(tell, run, pictures):
    told = set()
    for index, picture in enumerate(pictures):
        stage = _stage_of(run, picture)
        at = stage.end if stage else run.end_ns
        _artifact(tell, run, picture, at)
        tell.boundary(run, "frame_emitted", at, picture["image_id"], index)
        if stage is None:
            continue
        if id(stage) not in told:  # the stage's own span names its first picture
            told.add(id(stage))
            continue
        # Further pictures of a batch: the same work over the same time, so that every picture has its recipe.
        attributes = {**run.tags(), "pegbar.stage": stage.name, **_of_picture(tell, run, picture), "pegbar.gpu.seconds": 0.0}
        parent, span_id = run.span_id("stage", stage.index), run.span_id("picture", index, picture["image_id"])
        tell.span(run, span_id, parent, "picture", stage.start, stage.end, attributes)


def _of_picture(tell, run, picture):
    size = {"pegbar.width": picture.get("width"), "pegbar.height": picture.get("height")}
    attributes = run.recipe()
    attributes.update({key: value for key, value in size.items() if value})
    attributes.update(_prompts(tell, run))
    attributes["pegbar.images"] = 0
    attributes["pegbar.image.id"] = picture["image_id"]
    attributes["pegbar.image.uri"] = picture["uri"]
    attributes["pegbar.sequence.id"] = picture["image_id"] if picture.get("frames", 1) > 1 else None
    return attributes


def _artifact(tell, run, picture, at_ns):
    is_clip = picture.get("frames", 1) > 1
    sequence_id = picture["image_id"] if is_clip else None
    tell.record(
        run, "artifact", at_ns, run.event_id("artifact", picture["image_id"]), image_id=picture["image_id"],
        uri=picture["uri"], kind="video" if is_clip else "image", width=picture.get("width"),
        height=picture.get("height"), bytes=picture.get("bytes"), sha256=picture.get("sha256"), sequence_id=sequence_id,
    )
    if is_clip and picture.get("duration_ms"):
        seconds = picture["duration_ms"] / 1000
        tell.record(
            run, "frames", at_ns, run.event_id("frames", picture["image_id"]), sequence_id=sequence_id,
            side="produced", window_s=round(seconds, 6), frames=picture["frames"],
            declared_fps=round(picture["frames"] / seconds, 3),
        )


def _tell_boundaries(tell, run):
    sampled = [node for node in run.nodes.values() if node.stage.samples and run.shape.is_sampler(node.id, node.type)]
    if sampled and run.outcome == "succeeded":
        tell.boundary(run, "inference_finished", max(node.end for node in sampled))
    done = [stage for stage in run.stages if stage.name == "postprocess"]
    if done and run.outcome == "succeeded":
        tell.boundary(run, "postprocess_done", done[-1].end)


def _prompts(tell, run):
    positive, negative = run.settings.get("positive"), run.settings.get("negative")
    if not tell.with_prompts:
        return {"pegbar.prompt.length": len(positive) if positive else None}
    return {"pegbar.prompt": positive, "pegbar.negative_prompt": negative}


def _memory(run):
    return {"pegbar.gpu.mem_mb": run.vram_mb or None}


def _tell_root(tell, run, pictures):
    attributes = {**run.tags(), **run.recipe(), **_memory(run), **_prompts(tell, run)}
    rate = run.steps_per_second()
    attributes.update({
        # A caller with a trace of its own decides how its request ended.
        "pegbar.outcome": run.outcome if run.parent_span is None or run.outcome != "succeeded" else None,
        "pegbar.queue.wait_ms": round((run.get_ns - run.put_ns) / 1e6, 3) if run.get_ns else None,
        "comfyui.pictures": pictures,
        "comfyui.prompt_id": run.prompt_id,
        "comfyui.workflow_hash": run.workflow_hash or None,
        "comfyui.workflow_id": run.context.get("workflow_id"),
        "comfyui.nodes": len(run.shape.classes),
        "comfyui.nodes_executed": None if ran_unseen(run) else len(run.nodes),
        "comfyui.nodes_cached": len(run.cached),
        "comfyui.node_errors": run.node_errors or None,
        "comfyui.oom_retries": run.oom_retries or None,
        "comfyui.steps_per_second": None if rate is None else round(rate, 4),
        "comfyui.node_detail": not ran_unseen(run),
        "pegbar.workflow": _graph(run) if tell.with_prompts else None,
    })
    if run.get_ns:
        wait = {"pegbar.request.id": run.request_id}
        tell.span(run, run.span_id("queue"), run.root_span, "queue", run.put_ns, run.get_ns, wait)
    tell.span(run, run.root_span, run.parent_span, ROOT_NAME, run.put_ns, run.end_ns, attributes, run.error, kind=2)


def _graph(run):
    try:
        text = json.dumps(run.graph, separators=(",", ":"), default=str)
    except (TypeError, ValueError, RecursionError):
        return None
    return text if len(text) <= GRAPH_MOST else None


def rejected_run(tell, queue, data, wall_ns):
    """A prompt that did not pass validation: it never entered the queue and has no id of ComfyUI."""
    run = Run("rejected-%s" % uuid.uuid4(), data.get("graph") or {}, data.get("context") or {}, wall_ns, 0)
    run.outcome = "rejected"
    run.error = ("invalid_config", errors.shown(data.get("message")) or "not valid", data.get("type"))
    tell.boundary(run, "prompt_received", wall_ns)
    tell.queue(queue, wall_ns, data.get("depth"), run.event_id("queue_rejected"), denied=1)
    finish_run(tell, run, wall_ns, [])


class _Lost:
    """As much of a run as its marker kept."""

    def __init__(self, marker):
        self.trace_id = marker["trace_id"]


def lost_run(tell, marker, wall_ns):
    """Its process was killed: the run ended when nobody saw it, at the latest when the next process began."""
    was_running = marker.get("get_ns") is not None
    message = "ComfyUI ended while the prompt %s" % ("ran" if was_running else "waited")
    attributes = dict(marker.get("attributes") or {})
    attributes.update({
        "pegbar.request.id": marker["request_id"], "pegbar.outcome": "failed",
        "pegbar.error.retriable": True, "comfyui.prompt_id": marker["prompt_id"], "comfyui.killed": True,
    })
    if was_running:
        attributes["pegbar.queue.wait_ms"] = round((marker["get_ns"] - marker["put_ns"]) / 1e6, 3)
    start_ns = min(marker["put_ns"], wall_ns)
    end_ns = min(wall_ns, marker.get("seen_ns") or wall_ns)
    error = ("internal", message, None)
    tell.span(_Lost(marker), marker["span_id"], marker.get("parent_span"), ROOT_NAME, start_ns, end_ns, attributes, error, 2)


