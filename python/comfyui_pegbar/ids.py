"""Identities that a retry, a restart and a second look give again."""

import hashlib
import re

UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\Z", re.I)
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}\Z")


def digest(*parts):
    return hashlib.sha256("\n".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()


def trace_id_of(prompt_id):
    """A prompt's UUID is its trace id, so that one is found by the other; other ids are hashed."""
    plain = str(prompt_id).replace("-", "").lower()
    if UUID.match(str(prompt_id)) and int(plain, 16):
        return plain
    return digest("pegbar:comfyui", prompt_id)[:32]


def parent_of(traceparent):
    """(trace id, span id) of a W3C traceparent, or None."""
    match = TRACEPARENT.match(traceparent) if isinstance(traceparent, str) else None
    if not match or not int(match.group(1), 16) or not int(match.group(2), 16):
        return None
    return match.group(1), match.group(2)
