"""
A service on the Python SDK, in two processes' worth of contexts: `python_sdk.py URL OTLP_URL [KEY]`. Plays a pipeline
(the fake one of the SDK's tests, which passes the contract that real ones pass), a queue, scores, feedback and frames,
and prints what was done as one line of JSON.
"""

import json
import sys

import pegbar
from tests.fakes import FakePipeline, Generator

url, otlp_url, key = (*sys.argv[1:], None)[:3]
pegbar.init(url, key, otlp_url=otlp_url, service="py-sdk", attributes={"service.version": "1.2.3"})

pipe = pegbar.instrument(
    FakePipeline(), model_version="toy-v1", model_family="toy", hardware_class="cpu-2", thumbnails=False
)
message = {}
with pegbar.request(
    "py-sdk-1", tenant="studio-py", workload="batch_panels", session_id="s-1", user="u-1", region="eu-west", attempt=2
) as request:
    with pegbar.stage("ingest"):
        pegbar.queue("render", depth=3, wait_ms=12.5, admitted=1)
        request.hand_over(message)

with pegbar.extract(message), pegbar.request(name="worker"):
    with pegbar.loading("toy-v1", bytes=1000):
        pass
    made = pipe(
        ["a house", "a boat"],
        num_inference_steps=3,
        guidance_scale=6.5,
        negative_prompt="blurry",
        height=16,
        width=24,
        generator=[Generator(2**64 - 1), Generator(7)],
    ).images
    with pegbar.stage("upscale", width=48, height=32, cost_usd=0.25, gpu_type="none"):
        pegbar.frames("seq-1", side="produced", window_s=2, frames=48, declared_fps=24)
    with pegbar.stage("deliver"):
        pegbar.boundary("deliver_complete")
ids = [pegbar.image_id(picture) for picture in made]
pegbar.score("aesthetic", 6.25, image_id=ids[0], scorer="toy", scorer_version="2", tenant="studio-py")
for _ in range(2):  # the same word twice, with its own time: told once
    pegbar.feedback("accept", image_id=ids[1], session_id="s-1", tenant="studio-py", timestamp="2026-01-02T03:04:05Z")


def out_of_memory(*_):
    raise MemoryError("CUDA out of memory")


try:
    with pegbar.request("py-sdk-2", tenant="studio-py"):
        pipe("a house", num_inference_steps=2, callback_on_step_end=out_of_memory)
except MemoryError:
    pass
flushed = pegbar.flush(20)
print(json.dumps({"ids": ids, "flushed": flushed, "stats": pegbar.stats()}))
