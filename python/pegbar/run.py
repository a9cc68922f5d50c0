"""
One call of a pipeline as spans: `preprocess` from the call to the first forward of the denoiser, `generate` to the end
of the last step, `postprocess` from the decoder to the return.

The spans are open while the call runs, so that logs and the user's own spans within callbacks stand below them, and
are closed together at its end, with the times at which each stage really ended: only then is known how many pictures
came out, and what the GPU's clock says. On a GPU the hooks see when work was handed over; the events of `GpuWatch` say
how long it took, and the end of `generate` is corrected by them where they are at hand.
"""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span

from .attributes import Value, attributes_of
from .faults import Fault, fault_of
from .recipe import DENOISER, safely
from .records import record
from .records_generated import ATTRIBUTES
from .spans import mark, tell_picture, tracer
from .state import QUEUE_WAIT, RECIPE, current_state
from .vram import GpuWatch

MAX_PARTS = 64
"""Spans of parts (text encoders, decoder) of one call; a pipeline that decodes frame by frame has hundreds."""
QUIET_PARTS = ("scheduler.step",)


class Made(NamedTuple):
    """A picture that came out."""

    image_id: str
    attributes: Dict[str, Value]


class _Phase:
    """A stage that is under way or over."""

    def __init__(self, stage: str, span: Span, context: Context, start_ns: int) -> None:
        self.stage = stage
        self.span = span
        self.context = context
        self.start_ns = start_ns
        self.end_ns = 0
        self._token: Any = otel_context.attach(context)

    def leave(self) -> None:
        """The stage is the current one no longer."""
        token, self._token = self._token, None
        if token is not None:
            otel_context.detach(token)


class Run:
    """See the head of the file. Times are of `time.perf_counter_ns` and become wall time in one place."""

    def __init__(self, fields: Mapping[str, Any], gpu: GpuWatch, has_step_callback: bool) -> None:
        self._gpu = gpu
        self._by_callback = has_step_callback
        self._attributes = attributes_of(fields)
        self._phases: List[_Phase] = []
        self._steps_ms: List[float] = []
        self._last_step_ns = 0
        self._denoiser_calls = 0
        self._denoiser_ns = 0
        self._parts = 0
        self._wall_ns = time.time_ns() - time.perf_counter_ns()
        self._state = current_state()
        if self._state is not None:
            self._state.recipe.update({name: value for name, value in self._attributes.items() if name in RECIPE})
        self._open("preprocess", time.perf_counter_ns())
        self._phases[0].span.add_event("prompt_received")

    # What the taps tell.

    def part_began(self, name: str, at_ns: int) -> None:
        if DENOISER.search(name):
            self._generate(at_ns)
        elif name.endswith(".decode") or name == "safety_checker":
            self._postprocess(at_ns)
        elif name == "scheduler.step":
            self._generate(at_ns)

    def part_ended(self, name: str, start_ns: int, end_ns: int) -> None:
        self._gpu.look()
        if DENOISER.search(name):
            self._denoiser_calls += 1
            self._denoiser_ns += end_ns - start_ns
            return
        if name == "scheduler.step" and not self._by_callback:
            self.step()
        if name in QUIET_PARTS or self._parts >= MAX_PARTS or not self._phases:
            return
        self._parts += 1
        tags = self._state.tags if self._state is not None else None
        span = tracer().start_span(name, self._phases[-1].context, attributes=tags, start_time=self._wall(start_ns))
        span.end(self._wall(end_ns))

    def step(self) -> None:
        """A step of the denoising loop is over."""
        now = time.perf_counter_ns()
        phase = self._phases[-1]
        if phase.stage != "generate":
            self._generate(phase.start_ns)
            phase = self._phases[-1]
        self._steps_ms.append((now - (self._last_step_ns or phase.start_ns)) / 1e6)
        self._last_step_ns = now
        self._gpu.look()

    # How it ends.

    def finish(self, made: Sequence[Made], images: int, fault: Optional[Fault], more: Mapping[str, Any]) -> None:
        """
        The call returned. `images` counts pictures, or the frames of clips, of which `made` has the first alone;
        `fault` says that it was interrupted, or that all its pictures were blocked.
        """
        now = time.perf_counter_ns()
        last = self._phases[-1]
        self._told(images, more)
        if fault is not None:
            if self._state is not None:
                self._state.code = fault.code
            mark(last.span if fault.code == "safety_block" else self._generate_span(), fault)
        if last.stage == "postprocess":
            last.span.add_event("postprocess_done", timestamp=self._wall(now))
        self._pictures(made)
        self._close(now)

    def fail(self, error: BaseException, more: Mapping[str, Any]) -> None:
        """The call raised: the stage that was under way has the error."""
        now = time.perf_counter_ns()
        self._told(0, more)
        mark(self._phases[-1].span, fault_of(error), error)
        self._close(now, failed=True)

    def abandon(self) -> None:
        """Ends what is open, after a fault of ours."""
        for phase in reversed(self._phases):
            safely(phase.leave)
            safely(phase.span.end)
        self._phases.clear()

    # Stages.

    def _open(self, stage: str, at_ns: int) -> None:
        below = otel_context.get_current()
        attributes: Dict[str, Value] = {ATTRIBUTES["pipeline_stage"]: stage}
        state = self._state
        if state is not None:
            attributes.update(state.tags)
            if state.queue_wait_ms is not None:
                attributes[QUEUE_WAIT], state.queue_wait_ms = state.queue_wait_ms, None
        attributes.update(self._attributes)
        span = tracer().start_span(stage, below, attributes=attributes, start_time=self._wall(at_ns))
        self._phases.append(_Phase(stage, span, trace.set_span_in_context(span, below), at_ns))

    def _next(self, stage: str, at_ns: int) -> None:
        phase = self._phases[-1]
        phase.end_ns = at_ns
        phase.leave()
        self._open(stage, at_ns)

    def _generate(self, at_ns: int) -> None:
        if self._phases[-1].stage != "preprocess":
            return
        self._next("generate", at_ns)
        self._phases[-1].span.add_event("inference_started", timestamp=self._wall(at_ns))
        self._gpu.mark()

    def _postprocess(self, at_ns: int) -> None:
        if self._phases[-1].stage != "generate":
            return
        self._gpu.mark()
        self._next("postprocess", self._last_step_ns or at_ns)

    def _generate_span(self) -> Span:
        return next((phase.span for phase in self._phases if phase.stage == "generate"), self._phases[-1].span)

    def _told(self, images: int, more: Mapping[str, Any]) -> None:
        """What is known only at the end."""
        peak = safely(self._gpu.peak_mb)
        told: Dict[str, Any] = dict(more)
        if peak is not None:
            told["gpu_mem_mb"], told["diffusers.vram_peak"] = peak
        for phase in self._phases:
            phase.span.set_attributes(attributes_of(told))
            if phase.stage != "generate":
                continue
            phase.span.set_attributes(attributes_of(self._figures()))
            phase.span.set_attribute(ATTRIBUTES["images"], images)

    def _figures(self) -> Dict[str, Any]:
        steps = sorted(self._steps_ms)
        told: Dict[str, Any] = {
            "diffusers.steps_done": len(steps),
            "diffusers.denoiser_calls": self._denoiser_calls,
            "diffusers.denoiser_ms": round(self._denoiser_ns / 1e6, 3),
        }
        if steps:
            told["diffusers.step_p50_ms"] = round(steps[len(steps) // 2], 3)
            told["diffusers.step_max_ms"] = round(steps[-1], 3)
            told["diffusers.first_step_ms"] = round(self._steps_ms[0], 3)
            told["diffusers.steps_per_s"] = round(1e3 * len(steps) / max(sum(steps), 1e-9), 3)
        if not self._gpu.is_gpu:
            told["gpu_seconds"] = 0.0  # not told, the server would take the stage's duration for GPU time
        return told

    def _pictures(self, made: Sequence[Made]) -> None:
        context = self._phases[-1].context
        token = otel_context.attach(context)
        try:
            for picture in made:
                tell_picture(picture.image_id, {**self._attributes, **picture.attributes})
        finally:
            otel_context.detach(token)

    def _close(self, now_ns: int, failed: bool = False) -> None:
        self._phases[-1].leave()
        self._phases[-1].end_ns = now_ns
        gpu_s = safely(self._gpu.seconds)
        for at, phase in enumerate(self._phases):
            if phase.stage == "generate":
                if gpu_s is not None:
                    phase.span.set_attribute(ATTRIBUTES["gpu_seconds"], gpu_s)
                    if at + 1 < len(self._phases):
                        phase.end_ns = min(max(phase.end_ns, phase.start_ns + int(gpu_s * 1e9)), now_ns)
                if not failed:
                    # Where nothing is decoded, what follows the last step (a copy to the host) is of the stage.
                    done = phase.end_ns if at + 1 < len(self._phases) else self._last_step_ns or now_ns
                    phase.span.add_event("inference_finished", timestamp=self._wall(done))
            phase.span.end(self._wall(phase.end_ns))
        self._phases.clear()

    def _wall(self, perf_ns: int) -> int:
        return self._wall_ns + perf_ns


def tell_clip(sequence_id: str, frames: int, fps: Any) -> None:
    """The frames that were made, as a window of the clip's own length; without a rate nobody knows how long it is."""
    if isinstance(fps, (int, float)) and fps > 0 and frames > 0:
        record(
            "frames", sequence_id=sequence_id, side="produced", window_s=frames / fps, frames=frames, declared_fps=fps
        )


def interrupted(pipe: Any) -> Optional[Fault]:
    """An interrupted call returns all the same; only the pipeline says so."""
    told = safely(lambda: bool(getattr(pipe, "interrupt", False) or getattr(pipe, "_interrupt", False)))
    return Fault("cancelled", False, "interrupted") if told else None


def blocked(flags: Sequence[Optional[bool]]) -> Optional[Fault]:
    """The safety checker blackens pictures; where it blackened all of them, the request was blocked."""
    if flags and all(flags):
        return Fault("safety_block", False, "the safety checker blocked every picture")
    return None


__all__: Tuple[str, ...] = ("Made", "Run", "blocked", "interrupted", "tell_clip")
