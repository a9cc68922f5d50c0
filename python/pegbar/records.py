"""What is told beside spans: scores, feedback, frames, loads, queues, GPUs, deployments. Queued, never waited for."""

from __future__ import annotations

import logging
import time
from types import TracebackType
from typing import Any, Dict, Optional, Type, Union

from opentelemetry import trace

from . import client as clients
from .attributes import attributes_of
from .records_generated import (
    ATTRIBUTES,
    BOUNDARIES,
    CacheName,
    DeploymentKind,
    DeploymentStatus,
    FeedbackAction,
    FrameSide,
    ModelLoadAction,
)
from .state import current_state

log = logging.getLogger("pegbar")

# Tags of the request under way that a record takes over, by the record's field.
_TAGS = {
    field: ATTRIBUTES[field]
    for field in ("tenant", "region", "workload", "traffic_source", "session_id", "sequence_id")
}
_JOINED = frozenset(("boundary", "score", "feedback", "frames", "model_load", "cache", "artifact"))
"""Types that may name a request and its trace."""
_ONE_SUBJECT = frozenset(("score", "feedback"))
"""Types about a picture or a request: a picture is enough, it knows its request."""


def record(type: str, **fields: Any) -> None:
    """
    Queues a record of any type (docs/reference/records.md). What is not said is taken from the request under way:
    tenant, region, workload, traffic source, and the ids that join it.
    """
    client = clients.current()
    if client is None:
        return
    client.record(_complete(type, fields))


def _complete(type: str, fields: Dict[str, Any]) -> Dict[str, Any]:
    told: Dict[str, Any] = {"type": type, **{name: value for name, value in fields.items() if value is not None}}
    state = current_state()
    if state is None:
        return told
    other = told.get("request_id") not in (None, state.id)
    if other or (type in _ONE_SUBJECT and "image_id" in told and "request_id" not in told):
        if "tenant" not in told and _TAGS["tenant"] in state.tags:
            told["tenant"] = state.tags[_TAGS["tenant"]]
        return told
    joined = type in _JOINED
    for field, name in _TAGS.items():
        if name in state.tags and (joined or field in ("tenant", "region")):
            told.setdefault(field, state.tags[name])
    if not joined:
        return told
    version = state.tags.get(ATTRIBUTES["model_version"])
    if version is not None:
        told.setdefault("model", {"version": version})
    told.setdefault("request_id", state.id)
    span = trace.get_current_span().get_span_context()
    if span.is_valid and type not in _ONE_SUBJECT:
        told.setdefault("trace_id", f"{span.trace_id:032x}")
        told.setdefault("span_id", f"{span.span_id:016x}")
    return told


def score(
    name: str,
    value: Union[float, bool, None] = None,
    *,
    image_id: Optional[str] = None,
    request_id: Optional[str] = None,
    label: Optional[str] = None,
    scorer: Optional[str] = None,
    scorer_version: Optional[str] = None,
    **fields: Any,
) -> None:
    """A score of a picture, or of the request: `aesthetic`, `clip_i`, `nsfw`, `face_ok`, … with a value or a label."""
    record(
        "score",
        name=name,
        value=_number(value),
        image_id=image_id,
        request_id=request_id,
        label=label,
        scorer=scorer,
        scorer_version=scorer_version,
        **fields,
    )


def feedback(
    action: FeedbackAction,
    *,
    image_id: Optional[str] = None,
    request_id: Optional[str] = None,
    session_id: Optional[str] = None,
    user: Optional[str] = None,
    **fields: Any,
) -> None:
    """What a person did with a picture: `accept`, `edit`, `reroll`, `reject` or `flag`."""
    record(
        "feedback",
        action=action,
        image_id=image_id,
        request_id=request_id,
        session_id=session_id,
        user_id_hash=user,
        **fields,
    )


def frames(
    sequence_id: str,
    *,
    side: FrameSide,
    window_s: float,
    frames: float,
    dropped: Optional[float] = None,
    duplicated: Optional[float] = None,
    held: Optional[float] = None,
    stalls: Optional[int] = None,
    playing_s: Optional[float] = None,
    declared_fps: Optional[float] = None,
    **fields: Any,
) -> None:
    """Frames of a clip in one window of `window_s` seconds: `produced` here, or `delivered` to a viewer."""
    record(
        "frames",
        sequence_id=sequence_id,
        side=side,
        window_s=window_s,
        frames=frames,
        dropped=dropped,
        duplicated=duplicated,
        held=held,
        stalls=stalls,
        playing_s=playing_s,
        declared_fps=declared_fps,
        **fields,
    )


def queue(
    queue: str, *, depth: float, wait_ms: Optional[float] = None, admitted: int = 0, denied: int = 0, **fields: Any
) -> None:
    """A sample of a queue: jobs that wait, and what was admitted and denied since the last sample."""
    record("queue", queue=queue, depth=depth, wait_ms=wait_ms, admitted=admitted, denied=denied, **fields)


def cache(cache: CacheName, *, hits: int = 0, misses: int = 0, **fields: Any) -> None:
    """Lookups in a cache of weights, VAEs, LoRAs or nodes."""
    record("cache", cache=cache, hits=hits, misses=misses, **fields)


def gpu(host: str, gpu_id: str, **fields: Any) -> None:
    """A sample of a GPU: `util` 0 to 1, `mem_used_mb`, `mem_total_mb`, `temp_c`, `power_w`, `gpu_type`, `errors`."""
    record("gpu", host=host, gpu_id=gpu_id, **fields)


def deployment(kind: DeploymentKind, status: DeploymentStatus, *, version: Optional[str] = None, **fields: Any) -> None:
    """A mark on every chart: a model, LoRA, pipeline, config or data change starts or ends."""
    record("deployment", kind=kind, status=status, version=version, **fields)


def boundary(name: str, **fields: Any) -> None:
    """
    Tells that a boundary was reached: an event of the span under way, or, where there is none, a record of the request
    under way (`request_id` names another).
    """
    if name not in BOUNDARIES:
        log.warning("pegbar: %r is no boundary; it is one of %s", name, ", ".join(BOUNDARIES))
    span = trace.get_current_span()
    if span.is_recording() and "request_id" not in fields:
        span.add_event(name, attributes_of(fields))
        return
    if current_state() is not None or "request_id" in fields:
        record("boundary", boundary=name, **fields)


class loading:
    """
    `with pegbar.loading("anime-v7"):` around what brings a model into memory: a `model_load` record with its duration,
    and the boundary `model_loaded` where a request is under way. `hit` says that it was resident already.
    """

    def __init__(
        self,
        version: Optional[str] = None,
        *,
        action: ModelLoadAction = "load",
        hit: bool = False,
        bytes: Optional[int] = None,
    ) -> None:
        self._version = version
        self._action: ModelLoadAction = action
        self.hit = hit
        self.bytes = bytes
        self._start = 0

    def __enter__(self) -> "loading":
        self._start = time.perf_counter_ns()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], where: Optional[TracebackType]
    ) -> None:
        if error is not None:
            return
        record(
            "model_load",
            action=self._action,
            duration_ms=(time.perf_counter_ns() - self._start) / 1e6,
            hit=self.hit,
            bytes=self.bytes,
            model={"version": self._version} if self._version else None,
        )
        if self._action == "load" and trace.get_current_span().is_recording():
            boundary("model_loaded")


def _number(value: Any) -> Any:
    """Scalars of numpy and torch as the numbers they are."""
    item = getattr(value, "item", None)
    return item() if callable(item) else value
