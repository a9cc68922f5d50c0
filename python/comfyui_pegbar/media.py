"""What a picture file says of itself in its first bytes: size, frames, duration. No decoding, standard library only."""

import hashlib
import os
import struct

# Files larger than this are named by their place and not by their bytes.
DIGEST_MOST_BYTES = 256 * 1024 * 1024
CHUNKS_MOST = 200_000


def describe(path):
    """{bytes, sha256, width, height, frames, duration_ms} of a file, as far as they can be told; {} without a file."""
    try:
        size = os.path.getsize(path)
        facts = {"bytes": size}
        with open(path, "rb") as file:
            if size <= DIGEST_MOST_BYTES:
                digest = hashlib.sha256()
                for block in iter(lambda: file.read(1024 * 1024), b""):
                    digest.update(block)
                facts["sha256"] = digest.hexdigest()
            file.seek(0)
            facts.update(_header(file, size))
        return facts
    except OSError:
        return {}


def _header(file, size):
    head = file.read(32)
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
            width, height = struct.unpack(">II", head[16:24])
            return {"width": width, "height": height, "frames": 1}
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return _webp(file, size)
        if head[:2] == b"\xff\xd8":
            return _jpeg(file, size)
    except (struct.error, IndexError):
        pass
    return {}


def _webp(file, size):
    """Chunks of the container: VP8X holds the canvas, each ANMF a frame with its duration."""
    facts, frames, duration_ms, at = {}, 0, 0, 12
    for _ in range(CHUNKS_MOST):
        if at + 8 > size:
            break
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        data = file.read(min(length, 16))
        if name == b"VP8X":
            facts = {"width": 1 + _u24(data, 4), "height": 1 + _u24(data, 7)}
        elif name == b"VP8 " and not facts and data[3:6] == b"\x9d\x01\x2a":
            width, height = struct.unpack("<HH", data[6:10])
            facts = {"width": width & 0x3FFF, "height": height & 0x3FFF}
        elif name == b"VP8L" and not facts:
            bits = struct.unpack("<I", data[1:5])[0]
            facts = {"width": 1 + (bits & 0x3FFF), "height": 1 + (bits >> 14 & 0x3FFF)}
        elif name == b"ANMF":
            frames += 1
            duration_ms += _u24(data, 12)
        at += 8 + length + (length & 1)
    facts["frames"] = max(frames, 1)
    if duration_ms:
        facts["duration_ms"] = duration_ms
    return facts


def _u24(data, at):
    return data[at] | data[at + 1] << 8 | data[at + 2] << 16


def _jpeg(file, size):
    at = 2
    for _ in range(1000):
        file.seek(at)
        marker = file.read(9)
        if len(marker) < 9 or marker[0] != 0xFF or at >= size:
            break
        kind = marker[1]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", marker[5:9])
            return {"width": width, "height": height, "frames": 1}
        at += 2 + struct.unpack(">H", marker[2:4])[0]
    return {}
