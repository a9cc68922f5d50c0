"""Errors of ComfyUI in the words of the taxonomy: oom, timeout, safety_block, invalid_config, cuda, internal, cancelled."""

import re

OOM = re.compile(r"out ?of ?memory|can't allocate memory|cannot allocate memory|MemoryError|CUDA_ERROR_OUT_OF_MEMORY", re.I)
CUDA = re.compile(r"CUDA (error|driver)|cuDNN|cuBLAS|CUBLAS_|HIP error|device-side assert|no kernel image|NVIDIA driver", re.I)
TIMEOUT = re.compile(r"TimeoutError|timed out|deadline exceeded", re.I)
SAFETY = re.compile(r"safety.?(checker|block|filter)|nsfw (content )?(detected|blocked)|content.?policy|moderation", re.I)
INVALID = re.compile(r"FileNotFoundError|No such file|not found in|is not in list|Invalid|unsupported", re.I)
# C:\Users\me\models\x and /home/me/models/x name a person: the file alone is enough.
PATH = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s:'\"<>|*?]+)+[\\/]([^\\/\s:'\"<>|*?]+)")
MESSAGE_MOST = 500
# What the same prompt may survive when it is sent again.
RETRIABLE = {"oom": True, "timeout": True, "cuda": True, "internal": False, "invalid_config": False, "safety_block": False}


def classify(exception_type, message):
    """Code of the taxonomy for an exception's class name and text."""
    told = "%s: %s" % (exception_type or "", message or "")
    for code, pattern in (("oom", OOM), ("cuda", CUDA), ("timeout", TIMEOUT), ("safety_block", SAFETY)):
        if pattern.search(told):
            return code
    return "invalid_config" if INVALID.search(told) else "internal"


def outcome_of(code):
    return {"timeout": "timed_out", "safety_block": "blocked", "cancelled": "cancelled"}.get(code, "failed")


def shown(message):
    """A message without folders, cut to what a person reads."""
    return PATH.sub(r"\1", " ".join(str(message or "").split()))[:MESSAGE_MOST]
