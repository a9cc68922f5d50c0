"""Exceptions in the words of Pegbar's taxonomy. First match wins: CUDA running out of memory is `oom`, not `cuda`."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Pattern, Sequence, Tuple

from .records_generated import StageErrorCode

MESSAGE_LENGTH = 2_000
"""Characters kept of an exception's text: CUDA's out-of-memory texts have half of that."""


class Fault(NamedTuple):
    code: StageErrorCode
    retriable: Optional[bool]
    """Trying again may help; None where nobody can say."""
    message: str


# Classes by name, so that torch, diffusers, requests or httpx need not be imported to be known.
_CLASSES: Sequence[Tuple[Pattern[str], StageErrorCode]] = (
    (re.compile(r"^(OutOfMemoryError|MemoryError)$"), "oom"),
    (re.compile(r"Timeout|DeadlineExceeded"), "timeout"),
    (re.compile(r"^(CancelledError|KeyboardInterrupt|GeneratorExit|SystemExit)$|Interrupt|Cancel"), "cancelled"),
    (re.compile(r"Safety|Nsfw|NSFW|ContentPolicy|Moderation"), "safety_block"),
    (re.compile(r"^(AcceleratorError|CudaError|CUDARuntimeError)$"), "cuda"),
)
_TEXTS: Sequence[Tuple[Pattern[str], StageErrorCode]] = (
    (
        re.compile(r"out of memory|can't allocate memory|cannot allocate memory|not enough memory|ALLOC_FAILED", re.I),
        "oom",
    ),
    (re.compile(r"\btimed? ?out\b|deadline exceeded", re.I), "timeout"),
    (re.compile(r"\bCUDA\b|cublas|cudnn|nccl|\bHIP\b|rocm|device-side assert", re.I), "cuda"),
)
_INVALID = (ValueError, TypeError, KeyError, IndexError, AttributeError, FileNotFoundError, NotImplementedError)
_RETRIABLE: dict[StageErrorCode, bool] = {
    "oom": True,
    "timeout": True,
    "cancelled": False,
    "safety_block": False,
    "invalid_config": False,
}


def fault_of(error: BaseException) -> Fault:
    """Code, whether a retry may help, and the text of an exception."""
    try:
        text = str(error)
    except Exception:  # an exception whose text cannot be told
        text = ""
    name = type(error).__name__
    message = f"{name}: {text}"[:MESSAGE_LENGTH] if text else name
    code = _code_of(error, text)
    return Fault(code, _RETRIABLE.get(code), message)


def _code_of(error: BaseException, text: str) -> StageErrorCode:
    names = [cls.__name__ for cls in type(error).__mro__]
    for pattern, code in _CLASSES:
        if any(pattern.search(name) for name in names):
            return code
    for pattern, code in _TEXTS:
        if pattern.search(text):
            return code
    return "invalid_config" if isinstance(error, _INVALID) else "internal"


_OUTCOMES = {"timeout": "timed_out", "safety_block": "blocked", "cancelled": "cancelled"}


def outcome_of(code: str) -> str:
    """The outcome of a request that ends with this code; '' is success."""
    return _OUTCOMES.get(code, "failed") if code else "succeeded"
