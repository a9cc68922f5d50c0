"""What pictures say of themselves in their first bytes, and which of them a run counts as its own."""

import hashlib
import os
import struct
import tempfile
import unittest

import recording  # noqa: F401  (puts the node on the path)
from comfyui_pegbar import host, media
from comfyui_pegbar.assemble import Assembler
from comfyui_pegbar.hooks import copy_outputs


def chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def animated(width, height, durations_ms):
    u24 = lambda value: struct.pack("<I", value)[:3]
    body = chunk(b"VP8X", b"\x02\0\0\0" + u24(width - 1) + u24(height - 1)) + chunk(b"ANIM", b"\0" * 6)
    for duration in durations_ms:
        body += chunk(b"ANMF", u24(0) + u24(0) + u24(width - 1) + u24(height - 1) + u24(duration) + b"\0" + b"x" * 21)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", 832, 1216) + b"\x08\x02\0\0\0" + b"\0" * 40
JPEG = b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + b"\0" * 9 + b"\xff\xc0" + struct.pack(">HBHH", 17, 8, 600, 800) + b"\0" * 30


class Describing(unittest.TestCase):
    def describe(self, data):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a")
            with open(path, "wb") as file:
                file.write(data)
            return media.describe(path)

    def test_png_jpeg_and_webp_tell_their_size(self):
        self.assertEqual(self.describe(PNG), {"bytes": len(PNG), "sha256": hashlib.sha256(PNG).hexdigest(), "width": 832, "height": 1216, "frames": 1})
        told = self.describe(JPEG)
        self.assertEqual((told["width"], told["height"]), (800, 600))
        lossless = b"RIFF\0\0\0\0WEBP" + chunk(b"VP8L", b"\x2f" + struct.pack("<I", 63 | 47 << 14) + b"\0" * 8)
        self.assertEqual({name: self.describe(lossless)[name] for name in ("width", "height", "frames")}, {"width": 64, "height": 48, "frames": 1})

    def test_an_animated_webp_tells_frames_and_duration(self):
        told = self.describe(animated(128, 64, [166, 167, 167]))
        self.assertEqual({name: told[name] for name in ("width", "height", "frames", "duration_ms")}, {"width": 128, "height": 64, "frames": 3, "duration_ms": 500})

    def test_damaged_and_foreign_files_tell_their_bytes_alone(self):
        for data in (b"", b"RIFF", PNG[:20], JPEG[:12], b"\xff\xd8" + b"\xff" * 40, b"hello", animated(8, 8, [1])[:30]):
            told = self.describe(data)
            self.assertEqual((told["bytes"], told["sha256"]), (len(data), hashlib.sha256(data).hexdigest()))
        self.assertEqual(media.describe("/no/such/file"), {})

    def test_a_place_is_a_uri_on_every_system(self):
        self.assertEqual(host.file_uri("/out/a b#1.png"), "file:///out/a%20b%231.png")
        self.assertEqual(host.file_uri("C:\\out\\a.png"), "file:///C:/out/a.png")


class Clips(unittest.TestCase):
    """The recorded session with an animated WebP, told with what its file says."""

    def test_a_clip_is_one_picture_with_its_frames(self):
        import json

        (body, _, answer), = recording.prompts("s12-animated-webp")
        graph, prompt_id = json.loads(body)["prompt"], json.loads(answer)["prompt_id"]
        entry = next(
            json.loads(line["body"])[prompt_id] for line in recording.lines("s12-animated-webp")
            if line["kind"] == "http_response" and line["path"] == "/history/" + prompt_id)
        told = {"span": [], "record": []}
        facts = {"width": 128, "height": 64, "frames": 6, "duration_ms": 1000, "bytes": 9, "sha256": "f" * 64}
        assembler = Assembler(
            lambda kind, item: told[kind].append(item),
            lambda run, picture: {"node": picture["node"], "image_id": "clip", "uri": "file:///clip.webp", **facts})
        assembler.take("put", 10**18, 0, {"prompt_id": prompt_id, "graph": graph, "context": {}, "depth": 1})
        assembler.take("get", 10**18, 1, {"prompt_id": prompt_id, "item_id": 0, "depth": 0})
        for at, node in enumerate(graph):
            assembler.take("node_start", 0, 10 + at, {"prompt_id": prompt_id, "node": node})
            assembler.take("node_finish", 0, 11 + at, {"prompt_id": prompt_id, "node": node})
        outputs = copy_outputs(entry["outputs"])
        self.assertEqual(sum(len(files) for files in outputs.values()), 1)
        assembler.take("done", 10**18, 100, {"item_id": 0, "outputs": outputs, "status": "success"})
        records = {record["type"]: record for record in told["record"]}
        self.assertEqual((records["artifact"]["kind"], records["artifact"]["sequence_id"]), ("video", "clip"))
        frames = {name: records["frames"][name] for name in ("side", "frames", "window_s", "declared_fps", "sequence_id")}
        self.assertEqual(frames, {"side": "produced", "frames": 6, "window_s": 1.0, "declared_fps": 6.0, "sequence_id": "clip"})
        root = told["span"][-1]["attributes"]
        self.assertEqual((root["pegbar.workload"], root["comfyui.pictures"]), ("animation", 1))
        counted = [span["attributes"]["pegbar.images"] for span in told["span"] if "pegbar.images" in span["attributes"]]
        self.assertEqual(counted, [6])


if __name__ == "__main__":
    unittest.main()
