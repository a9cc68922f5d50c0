"""`pegbar.instrument(pipe)`: every call of a diffusers pipeline told, without its class or its parts being changed."""

from __future__ import annotations

import copyreg
import functools
import logging
import sys
import uuid
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, TypeVar

from opentelemetry import trace

from . import recipe
from .attributes import attributes_of
from .outputs import Output, output_of
from .pictures import MARK, new_image_id, send_thumbnail
from .recipe import safely
from .records_generated import ATTRIBUTES
from .run import Made, Run, blocked, interrupted, tell_clip
from .spans import request
from .state import current_state
from .taps import Taps
from .vram import GpuWatch

log = logging.getLogger("pegbar")

P = TypeVar("P")
STEP_CALLBACK = "callback_on_step_end"
STEP_TENSORS = "callback_on_step_end_tensor_inputs"


class Watch:
    """What is known of an instrumented pipeline from one call to the next."""

    def __init__(self, pipe: Any, base: type, fields: Dict[str, Any], prompts: bool, thumbnails: bool) -> None:
        self.base = base
        self.prompts = prompts
        self.thumbnails = thumbnails
        self.fields = fields
        self.taps = Taps(lambda: _parts(pipe))


def instrument(
    pipe: P,
    *,
    model_version: Optional[str] = None,
    model_family: Optional[str] = None,
    checkpoint_hash: Optional[str] = None,
    prompts: bool = True,
    thumbnails: bool = True,
    **fields: Any,
) -> P:
    """
    From now on every call of `pipe` is told: stages with their times, parameters, LoRAs with weights, seeds, steps,
    VRAM peak, errors by taxonomy, pictures. Returns `pipe` itself.

    The call is wrapped, not the class: other pipelines of the class stay as they are, and so do this one's parts once
    no call runs. A call within `pegbar.request(…)`, or within a span of yours, is of that request; any other is a
    request of its own. `fields` stand on every stage (`workload`, `hardware_class`, `region`, …). `prompts=False`
    keeps prompts here, `thumbnails=False` pictures. What fails in here is logged and never reaches the caller.
    """
    base = type(pipe)
    if hasattr(base, "_pegbar"):
        uninstrument(pipe)
        base = type(pipe)
    try:
        told: Dict[str, Any] = {
            "model_version": model_version or safely(lambda: recipe.source_of(pipe)),
            "model_family": model_family or safely(lambda: recipe.family_of(pipe)),
            "checkpoint_hash": checkpoint_hash or safely(lambda: recipe.hash_of(pipe)),
            "diffusers.pipeline": base.__name__,
            "diffusers.version": getattr(sys.modules.get("diffusers"), "__version__", None),
            "torch.version": safely(lambda: str(sys.modules["torch"].__version__)),
            **fields,
        }
        watch = Watch(pipe, base, told, prompts, thumbnails)
        pipe.__class__ = _class_of_one(base, watch)
    except Exception:
        log.warning("pegbar could not instrument %s; it runs unwatched", base.__name__, exc_info=True)
    return pipe


def uninstrument(pipe: P) -> P:
    """Makes `pipe` as it was before `instrument`."""
    watch = getattr(type(pipe), "_pegbar", None)
    if isinstance(watch, Watch):
        pipe.__class__ = watch.base
    return pipe


def _class_of_one(base: Any, watch: Watch) -> Any:
    """
    A class for this one pipeline. Python finds `__call__` on the class alone, so a call cannot be wrapped on the
    instance; under the name and module of its base the class is not noticed by code that saves or prints it.
    """

    @functools.wraps(base.__call__)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _called(self, watch, args, kwargs)

    def reduce(self: Any, protocol: Any) -> Any:
        """Copies and pickles are of the base class, and unwatched."""
        return copyreg.__newobj__, (base,), self.__dict__  # type: ignore[attr-defined]

    body = {
        "__call__": call,
        "__reduce_ex__": reduce,
        "__module__": base.__module__,
        "__qualname__": base.__qualname__,
        "__doc__": base.__doc__,
        "_pegbar": watch,
    }
    return type(base)(base.__name__, (base,), body)


def _called(pipe: Any, watch: Watch, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Any:
    original = watch.base.__call__
    outer = _request_around(watch)
    if outer is None:
        return _watched(pipe, watch, original, args, kwargs)
    with outer:
        return _watched(pipe, watch, original, args, kwargs)


def _request_around(watch: Watch) -> Optional[request]:
    """A request of its own where none is under way, and no span of the user's that stands for one."""
    if current_state() is not None or trace.get_current_span().get_span_context().is_valid:
        return None
    names = ("workload", "tenant", "region", "traffic_source", "hardware_class", "session_id", "user", "model_version")
    return request(**{name: watch.fields[name] for name in names if name in watch.fields})


def _watched(pipe: Any, watch: Watch, original: Any, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Any:
    try:
        call = _Call(pipe, watch, args, kwargs)
    except Exception:  # arguments that do not fit: the pipeline will say so itself
        log.debug("pegbar: the call could not be watched", exc_info=True)
        return original(pipe, *args, **kwargs)
    try:
        args, kwargs = call.prepared(args, kwargs)
        safely(lambda: watch.taps.enter(call.run))
        result = original(pipe, *args, **kwargs)
    except BaseException as error:
        fault = error
        safely(lambda: watch.taps.leave(call.run))
        _guarded(call, lambda: call.run.fail(fault, call.more()))
        raise
    safely(lambda: watch.taps.leave(call.run))
    _guarded(call, lambda: call.finish(result))
    return result


def _guarded(call: "_Call", end: Callable[[], None]) -> None:
    try:
        end()
    except Exception:
        log.warning("pegbar could not tell how a call ended", exc_info=True)
        call.run.abandon()


class _Call:
    """One call: what it was made with, and its spans."""

    def __init__(self, pipe: Any, watch: Watch, args: Tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self._pipe = pipe
        self._watch = watch
        self._arguments, self._names = recipe.bound_arguments(pipe, args, kwargs)
        arguments = self._arguments
        self._seeds = recipe.seeds_of(arguments.get("generator"))
        self._planned = recipe.pictures_planned(arguments)
        self._is_clip = "num_frames" in self._names or "video_length" in self._names
        self._device = _device(pipe)
        gpu = GpuWatch(self._device)
        fields = {**recipe.parameters_of(pipe, arguments), **self._recipe(gpu), **watch.fields}
        fields.setdefault("workload", None if _has_workload() else self._workload())
        self.run = Run(fields, gpu, STEP_CALLBACK in self._names)

    def prepared(self, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Tuple[Tuple[Any, ...], Dict[str, Any]]:
        """The arguments with our step callback before the user's own."""
        if STEP_CALLBACK not in self._names:
            return args, kwargs
        theirs = self._arguments.get(STEP_CALLBACK)
        run = self.run

        def on_step_end(pipe: Any, step: int, timestep: Any, tensors: Dict[str, Any]) -> Any:
            safely(run.step)
            return theirs(pipe, step, timestep, tensors) if theirs is not None else tensors

        at = list(self._names_in_order()).index(STEP_CALLBACK)
        if len(args) > at:
            return (*args[:at], on_step_end, *args[at + 1 :]), kwargs
        more: Dict[str, Any] = {**kwargs, STEP_CALLBACK: on_step_end}
        wanted = getattr(theirs, "tensor_inputs", None)
        # Callbacks that are objects name their tensors; pipelines ask the object itself, which is behind ours now.
        if wanted is not None and STEP_TENSORS in self._names and STEP_TENSORS not in kwargs:
            more[STEP_TENSORS] = list(wanted)
        return args, more

    def finish(self, result: Any) -> None:
        output = safely(lambda: output_of(result, self._arguments)) or output_of(None, {})
        stopped = interrupted(self._pipe)
        fault = stopped or blocked(output.flags)
        made = [] if stopped else self._made(output)
        more = self.more(output)
        if len(made) == 1 and output.clips:
            more["sequence_id"] = made[0].attributes.get(ATTRIBUTES["sequence_id"])
        images = 0 if stopped else sum(output.clips) if output.clips else len(made)
        self.run.finish(made, images, fault, more)

    def more(self, output: Optional[Output] = None) -> Dict[str, Any]:
        told: Dict[str, Any] = {"diffusers.steps_planned": safely(lambda: int(self._pipe.num_timesteps))}
        size = output.sizes[0] if output is not None and output.sizes else None
        if size is not None:
            told["width"], told["height"] = size
        return told

    def _made(self, output: Output) -> List[Made]:
        made: List[Made] = []
        fps = self._arguments.get("frame_rate") or self._arguments.get("fps")
        prompts = recipe.prompts_of(self._arguments, "prompt")
        for at, size in enumerate(output.sizes):
            known = new_image_id()
            told: Dict[str, Any] = {"seed": self._seed(at, len(output.sizes)), "nsfw": output.flags[at]}
            if size is not None:
                told["width"], told["height"] = size
            if self._watch.prompts and len(prompts) > 1:
                told["prompt"] = prompts[at * len(prompts) // len(output.sizes)]
            if output.clips:
                told["sequence_id"] = f"seq_{uuid.uuid4().hex}"
                tell_clip(told["sequence_id"], output.clips[at], fps)
            picture = output.pictures[at]
            if picture is not None:
                picture.info[MARK] = known
                if self._watch.thumbnails:
                    safely(functools.partial(send_thumbnail, picture, known))
            made.append(Made(known, attributes_of(told)))
        return made

    def _seed(self, at: int, count: int) -> Optional[int]:
        """Pictures of one generator share its seed; a list has one for each."""
        if not self._seeds:
            return None
        return self._seeds[at] if len(self._seeds) == count else self._seeds[0]

    def _recipe(self, gpu: GpuWatch) -> Dict[str, Any]:
        told: Dict[str, Any] = {
            "loras": safely(lambda: recipe.loras_of(self._pipe, self._arguments)) or None,
            "seed": self._seeds[0] if self._seeds else None,
            "batch_size": self._planned,
            "diffusers.device": str(self._device) if self._device is not None else None,
            "diffusers.dtype": safely(lambda: str(recipe.weight_of(self._pipe).dtype).removeprefix("torch.")),
        }
        if gpu.is_gpu:
            told["gpu_type"], told["gpu_count"] = safely(gpu.name), gpu.count
        if self._watch.prompts:
            prompts = recipe.prompts_of(self._arguments, "prompt")
            negatives = recipe.prompts_of(self._arguments, "negative_prompt")
            told["prompt"] = prompts[0] if prompts else None
            told["negative_prompt"] = negatives[0] if negatives else None
        return told

    def _workload(self) -> str:
        return "animation" if self._is_clip else "batch_panels" if self._planned > 1 else "single_image"

    def _names_in_order(self) -> List[str]:
        import inspect

        return list(inspect.signature(self._watch.base.__call__).parameters)[1:]


def _has_workload() -> bool:
    state = current_state()
    return state is not None and "pegbar.workload" in state.tags


def _device(pipe: Any) -> Any:
    """
    Where it computes. With offloading that is not where its weights lie, and the pipeline has to walk all its modules
    to say where: it is asked only where weights on the CPU leave the question open.
    """
    device = getattr(recipe.weight_of(pipe), "device", None)
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if getattr(device, "type", None) in ("cpu", "meta") and cuda is not None and safely(cuda.is_available):
        return safely(lambda: pipe._execution_device) or device
    return device


def _parts(pipe: Any) -> Dict[str, Any]:
    parts = dict(safely(lambda: pipe.components) or {})
    for name in ("unet", "transformer", "vae", "scheduler", "text_encoder"):
        if name not in parts and getattr(pipe, name, None) is not None:
            parts[name] = getattr(pipe, name)
    return parts


__all__: Tuple[str, ...] = ("instrument", "uninstrument")
