"""What a diffusers call was made with: parameters by signature, model, LoRAs, seeds. Reads only."""

from __future__ import annotations

import hashlib
import inspect
import os
import re
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, TypeVar

T = TypeVar("T")

HASH_MOST = 64 * 1024 * 1024
"""A checkpoint up to this size is hashed when a pipeline is instrumented (a tenth of a second); larger ones are not."""
DENOISERS = ("unet", "transformer", "prior", "dit")
"""Names of the component that denoises, in the order in which diffusers' pipelines have one."""
DENOISER = re.compile(
    r"^(unet|transformer|controlnet|prior|dit|decoder|adapter|motion_adapter)(_?\d+)?$|_unet$|_transformer$"
)

_FAMILIES: Sequence[Tuple[str, str]] = (
    ("StableDiffusionXL", "sdxl"),
    ("StableDiffusion3", "sd3"),
    ("StableDiffusion", "sd"),
    ("StableVideoDiffusion", "svd"),
    ("LatentConsistencyModel", "lcm"),
    ("PixArtSigma", "pixart-sigma"),
    ("PixArtAlpha", "pixart-alpha"),
)


def safely(read: Callable[[], T]) -> Optional[T]:
    """What `read` gives; None where it raises: nothing we ask may break a render."""
    try:
        return read()
    except Exception:
        return None


def bound_arguments(
    pipe: Any, args: Tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Tuple[Dict[str, Any], frozenset[str]]:
    """The call's arguments by name, defaults filled in, and the names that the pipeline knows."""
    signature = inspect.signature(type(pipe).__call__)
    bound = signature.bind_partial(pipe, *args, **kwargs)
    bound.apply_defaults()
    return dict(bound.arguments), frozenset(signature.parameters)


def family_of(pipe: Any) -> str:
    """`sdxl`, `sd`, `flux`, …: from the class, as users of diffusers name it."""
    name = type(pipe).__name__
    for start, family in _FAMILIES:
        if name.startswith(start):
            return family
    plain = re.sub(r"(Img2Img|Inpaint|ControlNet|ImageToVideo|Pipeline).*$", "", name)
    return plain.lower() or name.lower()


def source_of(pipe: Any) -> Optional[str]:
    """Where it was loaded from: the hub's name, or the name of a local folder or file."""
    said = getattr(getattr(pipe, "config", None), "_name_or_path", None)
    if said is None:
        config = getattr(pipe, "config", None)
        said = config.get("_name_or_path") if isinstance(config, Mapping) else None
    if not said or str(said) == "None":
        return None
    text = str(said)
    cached = re.search(r"models--([^/\\]+)--([^/\\]+)", text)
    if cached:
        return f"{cached[1]}/{cached[2]}"
    # A path of this machine says more than a model's name should; `org/name` is one of the hub.
    is_path = os.path.isabs(text) or os.path.exists(text) or text.startswith((".", "~")) or text.count("/") > 1
    return os.path.basename(text.rstrip("/\\")) if is_path else text


def hash_of(pipe: Any) -> Optional[str]:
    """
    SHA-256 of the denoiser's weights where it costs little: the hub's cache names its blobs by it, and small files are
    read. Else the hub's commit; None where the weights are large, sharded or were made in memory.
    """
    config = getattr(pipe, "config", None)
    said = config.get("_name_or_path") if isinstance(config, Mapping) else getattr(config, "_name_or_path", None)
    folder = Path(str(said)) if said else None
    if folder is None or not folder.is_dir():
        return None
    for name in DENOISERS:
        files = sorted((folder / name).glob("*.safetensors")) + sorted((folder / name).glob("*.bin"))
        if len(files) != 1:
            continue
        blob = files[0].resolve().name
        if re.fullmatch(r"[0-9a-f]{64}", blob):
            return blob
        if files[0].stat().st_size <= HASH_MOST:
            return hashlib.sha256(files[0].read_bytes()).hexdigest()
    commit = re.search(r"snapshots[/\\]([0-9a-f]{40})", str(folder))
    return commit[1] if commit else None


def loras_of(pipe: Any, arguments: Mapping[str, Any]) -> List[Tuple[str, float]]:
    """The active LoRAs with the weights that this call gives them."""
    # A part that was never given an adapter has no such attribute: nothing has to be walked then.
    if not any(getattr(part, "peft_config", None) for _, part in _parts(pipe)):
        return []
    active = safely(lambda: list(pipe.get_active_adapters())) or _adapters_of_parts(pipe)
    names = list(dict.fromkeys(active))
    if not names:
        return []
    scale = 1.0
    for name in ("cross_attention_kwargs", "joint_attention_kwargs", "attention_kwargs"):
        told = arguments.get(name)
        if isinstance(told, Mapping) and isinstance(told.get("scale"), (int, float)):
            scale = float(told["scale"])
    return [(name, round(weight * scale, 6)) for name, weight in ((n, _weight_of(pipe, n)) for n in names)]


def _parts(pipe: Any) -> List[Tuple[str, Any]]:
    components = safely(lambda: pipe.components) or {}
    return [(name, part) for name, part in components.items() if hasattr(part, "register_forward_hook")]


def _adapters_of_parts(pipe: Any) -> List[str]:
    """Adapters that were added to a component itself: the pipeline's own list does not always know them."""
    found: List[str] = []
    for _, part in _parts(pipe):
        told = safely(lambda part=part: part.active_adapters())  # type: ignore[misc]
        found.extend([told] if isinstance(told, str) else list(told or []))
    return found


def _weight_of(pipe: Any, adapter: str) -> float:
    """
    PEFT's layers hold `scaling = weight × alpha / r` (`/ √r` with rank-stabilised LoRA); the first layer with the
    adapter speaks for all. 1 where none does.
    """
    for _, part in _parts(pipe):
        for module in safely(part.modules) or ():
            scaling = getattr(module, "scaling", None)
            if not isinstance(scaling, dict) or adapter not in scaling:
                continue
            weight = safely(lambda module=module: _unscaled(module, adapter))  # type: ignore[misc]
            if weight is not None:
                return weight
    return 1.0


def _unscaled(module: Any, adapter: str) -> float:
    rank, alpha = float(module.r[adapter]), float(module.lora_alpha[adapter])
    stable = getattr(module, "use_rslora", None)
    is_stable = bool(stable.get(adapter)) if isinstance(stable, dict) else bool(stable)
    return float(module.scaling[adapter]) / (alpha / (rank**0.5 if is_stable else rank))


def seeds_of(generator: Any) -> List[int]:
    """Initial seeds of the generator or generators; empty where none was given: torch's own state is not a seed."""
    given = generator if isinstance(generator, (list, tuple)) else [generator]
    seeds = [safely(lambda one=one: int(one.initial_seed())) for one in given if one is not None]  # type: ignore[misc]
    return [seed % 2**64 for seed in seeds if seed is not None]


def weight_of(pipe: Any) -> Any:
    """One weight of the denoiser, which tells device and precision."""
    for name in DENOISERS:
        part = getattr(pipe, name, None)
        if part is not None:
            return safely(lambda part=part: next(iter(part.parameters())))  # type: ignore[misc]
    return None


def pictures_planned(arguments: Mapping[str, Any]) -> int:
    """Pictures that the call is to make."""
    prompt = arguments.get("prompt")
    embeds = arguments.get("prompt_embeds")
    if isinstance(prompt, (list, tuple)):
        prompts = len(prompt)
    elif prompt is None and embeds is not None:
        prompts = safely(lambda: int(embeds.shape[0])) or 1
    elif prompt is None and isinstance(arguments.get("class_labels"), (list, tuple)):
        prompts = len(arguments["class_labels"])
    else:
        prompts = int(arguments.get("batch_size") or 1) if prompt is None else 1
    each = arguments.get("num_images_per_prompt") or arguments.get("num_videos_per_prompt") or 1
    return max(1, prompts * int(each))


def prompts_of(arguments: Mapping[str, Any], name: str) -> List[str]:
    """The prompts, one for each; empty where they were given as embeddings."""
    said = arguments.get(name)
    return [said] if isinstance(said, str) else [str(one) for one in said] if isinstance(said, (list, tuple)) else []


def parameters_of(pipe: Any, arguments: Mapping[str, Any]) -> Dict[str, Any]:
    """Columns that hold for the whole call."""
    told: Dict[str, Any] = {
        "steps": _whole(arguments.get("num_inference_steps")),
        "denoise": _number(arguments.get("strength")) if "strength" in arguments else None,
        "width": _whole(arguments.get("width")),
        "height": _whole(arguments.get("height")),
    }
    cfg = arguments.get("true_cfg_scale")
    told["cfg"] = _number(cfg if cfg is not None else arguments.get("guidance_scale"))
    scheduler = getattr(pipe, "scheduler", None)
    if scheduler is not None:
        told["scheduler"] = type(scheduler).__name__
        told["sampler"] = type(scheduler).__name__.removesuffix("Scheduler")
    return told


def _whole(value: Any) -> Optional[int]:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0 else None


def _number(value: Any) -> Optional[float]:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
