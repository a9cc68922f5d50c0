"""What a pipeline's call returned: pictures or clips, in whichever form it was asked for them."""

from __future__ import annotations

from typing import Any, List, Mapping, NamedTuple, Optional, Sequence, Tuple


class Output(NamedTuple):
    """Pictures of a call. For clips `clips` holds the number of frames of each, and `pictures` their first frames."""

    pictures: List[Any]
    """Pillow pictures; None for each that is an array or a tensor."""
    sizes: List[Optional[Tuple[int, int]]]
    flags: List[Optional[bool]]
    """What the safety checker said of each."""
    clips: List[int]


NOTHING = Output([], [], [], [])


def output_of(result: Any, arguments: Mapping[str, Any]) -> Output:
    """Reads the output; latents are no pictures."""
    if arguments.get("output_type") == "latent":
        return NOTHING
    frames = getattr(result, "frames", None)
    images = getattr(result, "images", None)
    flags = getattr(result, "nsfw_content_detected", None)
    if frames is None and images is None and isinstance(result, tuple) and result:
        first = result[0]
        if _is_clip(first):
            frames = first
        else:
            images = first
        flags = result[1] if len(result) > 1 else None
    if frames is not None:
        return _clips(frames)
    if images is None:
        return NOTHING
    pictures = _each(images)
    told = [bool(flag) for flag in flags] if isinstance(flags, (list, tuple)) else []
    return Output(
        [one if _is_picture(one) else None for one in pictures],
        [_size(one) for one in pictures],
        [told[at] if at < len(told) else None for at in range(len(pictures))],
        [],
    )


def _clips(frames: Any) -> Output:
    clips = [_each(clip) for clip in _each(frames)]
    if clips and not clips[0] and _is_picture(_each(frames)[0]):
        clips = [_each(frames)]  # older pipelines: one flat list of frames
    firsts = [clip[0] if clip else None for clip in clips]
    return Output(
        [one if _is_picture(one) else None for one in firsts],
        [_size(one) for one in firsts],
        [None] * len(clips),
        [len(clip) for clip in clips],
    )


def _is_clip(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and isinstance(value[0], (list, tuple))
    return len(getattr(value, "shape", ())) == 5


def _is_picture(value: Any) -> bool:
    return hasattr(value, "thumbnail") and hasattr(value, "size")


def _each(value: Any) -> Sequence[Any]:
    if isinstance(value, (list, tuple)):
        return value
    if _is_picture(value):
        return []
    shape: Any = getattr(value, "shape", ())
    return [value[at] for at in range(shape[0])] if len(shape) >= 4 else []


def _size(one: Any) -> Optional[Tuple[int, int]]:
    """Width and height: of a picture, an array (height, width, channels) or a tensor (channels, height, width)."""
    size = getattr(one, "size", None)
    if isinstance(size, tuple) and len(size) == 2:
        return int(size[0]), int(size[1])
    shape: Tuple[int, ...] = tuple(getattr(one, "shape", ()))
    if len(shape) != 3:
        return None
    if shape[2] in (1, 3, 4):
        return int(shape[1]), int(shape[0])
    return (int(shape[2]), int(shape[1])) if shape[0] in (1, 3, 4) else None
