"""`instrument` on the fake pipeline, with what only a fake can show: faults of ours, threads, a GPU's counters."""

from __future__ import annotations

import json
import logging
import os
import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from typing import Any, List
from unittest import mock

import pegbar
from pegbar import recipe, run
from pegbar.outputs import output_of
from pegbar.vram import GpuWatch

from .fakes import FakePipeline, Generator, Module, Output, Picture
from .pipeline_contract import PipelineContract, stage_names, together
from .recorder import attributes, exporter, named, spans

logging.getLogger("pegbar").setLevel(logging.CRITICAL)


class FakePipelineTest(PipelineContract, unittest.TestCase):
    def make(self) -> Any:
        return FakePipeline()

    def generator(self, seed: int) -> Any:
        return Generator(seed)

    def test_model_and_family_are_told_without_the_path_of_the_machine(self) -> None:
        pegbar.instrument(self.make())("a", num_inference_steps=1)
        self.assertEqual(attributes(named("generate"))["pegbar.model.version"], "anime-v7")
        self.assertEqual(attributes(named("generate"))["pegbar.scheduler"], "FakeScheduler")
        for said, source in {
            "stabilityai/sdxl-turbo": "stabilityai/sdxl-turbo",
            "/home/me/.cache/huggingface/hub/models--org--name/snapshots/0123": "org/name",
            "./models/anime-v7/": "anime-v7",
            "None": None,
            "": None,
        }.items():
            self.assertEqual(recipe.source_of(SimpleNamespace(config={"_name_or_path": said})), source)

    def test_a_fault_of_ours_breaks_no_call(self) -> None:
        for place in ("part_began", "part_ended", "step", "finish", "_open", "_told", "_pictures", "_close"):
            with self.subTest(place=place), mock.patch.object(run.Run, place, side_effect=RuntimeError("ours")):
                pipe = pegbar.instrument(self.make())
                self.assertEqual(len(pipe("a", num_inference_steps=2).images), 1)
                with self.assertRaises(ValueError):
                    pipe("a", height=17)
        for place in ("parameters_of", "bound_arguments", "loras_of", "seeds_of"):
            with self.subTest(place=place), mock.patch.object(recipe, place, side_effect=RuntimeError("ours")):
                self.assertEqual(len(pegbar.instrument(self.make())("a", num_inference_steps=2).images), 1)

    def test_what_is_no_pipeline_is_given_back_as_it_is(self) -> None:
        for thing in (object(), 5, "pipe"):
            self.assertIs(pegbar.instrument(thing), thing)

    def test_calls_in_several_threads_are_told_apart_and_leave_nothing_behind(self) -> None:
        pipe = pegbar.instrument(self.make())
        together(
            [lambda at=at: pipe(f"prompt {at}", num_inference_steps=at + 1, generator=Generator(at)) for at in range(6)]
        )
        generates = [attributes(span) for span in spans() if span.name == "generate"]
        self.assertEqual(
            sorted(
                (one["pegbar.prompt"], one["diffusers.steps_done"], one["diffusers.denoiser_calls"])
                for one in generates
            ),
            [(f"prompt {at}", at + 1, at + 1) for at in range(6)],
        )
        self.assertNotIn("decode", vars(pipe.vae))
        self.assertEqual(len(pipe.unet._forward_hooks), 0)

    def test_a_safety_checker_that_blocks_all_pictures_blocks_the_request_and_one_flags(self) -> None:
        pipe = pegbar.instrument(self.make())
        pipe.safety_checker, pipe.flags = Module(), [True]
        pipe("a", num_inference_steps=1)
        self.assertEqual(attributes(named("request"))["pegbar.outcome"], "blocked")
        self.assertEqual(attributes(named("postprocess"))["pegbar.error.code"], "safety_block")
        self.assertTrue(attributes(named("picture"))["pegbar.quality.nsfw_flag"])
        exporter.clear()
        pipe.flags = [True, False]
        pipe(["a", "b"], num_inference_steps=1)
        self.assertEqual(attributes(named("request"))["pegbar.outcome"], "succeeded")
        self.assertEqual(
            [attributes(s)["pegbar.quality.nsfw_flag"] for s in spans() if s.name == "picture"], [True, False]
        )

    def test_loras_have_the_weights_that_the_call_gives_them(self) -> None:
        pipe = pegbar.instrument(self.make())
        layer = SimpleNamespace(
            scaling={"ink": 0.5 * 8 / 4, "line": 0.8 * 8 / 2},
            r={"ink": 4, "line": 4},
            lora_alpha={"ink": 8, "line": 8},
            use_rslora={"line": True},
        )
        pipe.unet.modules = lambda: [object(), layer]
        pipe.unet.peft_config = {"ink": 1, "line": 1}
        pipe.get_active_adapters = lambda: ["ink", "line"]
        pipe("a", num_inference_steps=1, cross_attention_kwargs={"scale": 0.5})
        self.assertEqual(attributes(named("generate"))["pegbar.loras"], ("ink:0.25", "line:0.4"))

    def test_a_pipeline_without_step_callback_counts_steps_by_its_scheduler(self) -> None:
        class NoCallback(FakePipeline):
            def __call__(self, batch_size: int = 1, num_inference_steps: int = 5) -> Any:  # type: ignore[override]
                for step in range(num_inference_steps):
                    self.unet("x", step)
                    self.scheduler.step("x", step)
                return Output(images=[Picture(8, 8) for _ in range(batch_size)])

        pegbar.instrument(NoCallback())(batch_size=2, num_inference_steps=3)
        self.assertEqual(stage_names(), ["preprocess", "generate"])
        told = attributes(named("generate"))
        self.assertEqual((told["diffusers.steps_done"], told["pegbar.images"], told["pegbar.width"]), (3, 2, 8))

    def test_a_clip_is_a_sequence_with_its_frames(self) -> None:
        class Video(FakePipeline):
            def __call__(
                self, prompt: Any = None, num_frames: int = 4, num_inference_steps: int = 1, fps: int = 8
            ) -> Any:  # type: ignore[override]
                self.unet("x", 0)
                self.scheduler.step("x", 0)
                return Output(frames=[[Picture(8, 8) for _ in range(num_frames)]])

        with mock.patch.object(run, "record") as told:
            pegbar.instrument(Video())("a", num_frames=16)
        generate, picture = attributes(named("generate")), attributes(named("picture"))
        self.assertEqual((generate["pegbar.images"], generate["pegbar.workload"]), (16, "animation"))
        self.assertEqual(generate["pegbar.sequence.id"], picture["pegbar.sequence.id"])
        self.assertEqual(told.call_args.kwargs["frames"], 16)
        self.assertEqual(told.call_args.kwargs["window_s"], 2.0)

    def test_outputs_of_all_forms(self) -> None:
        def array(*shape: int) -> Any:
            class Array:
                def __init__(self, shape: Any) -> None:
                    self.shape = shape

                def __getitem__(self, at: int) -> Any:
                    return Array(self.shape[1:])

            return Array(shape)

        cases: List[Any] = [
            (Output(images=array(2, 24, 16, 3)), [(16, 24)] * 2, []),
            (Output(images=array(2, 3, 24, 16)), [(16, 24)] * 2, []),
            (Output(frames=array(1, 9, 24, 16, 3)), [(16, 24)], [9]),
            (Output(frames=[[Picture(8, 9)] * 5, [Picture(8, 9)] * 5]), [(8, 9)] * 2, [5, 5]),
            (Output(frames=[Picture(8, 9)] * 5), [(8, 9)], [5]),
            (([Picture(8, 9)], None), [(8, 9)], []),
            (([[Picture(8, 9)] * 3],), [(8, 9)], [3]),
            (None, [], []),
            (Output(audios=[1]), [], []),
            ("text", [], []),
        ]
        for result, sizes, clips in cases:
            output = output_of(result, {})
            self.assertEqual((output.sizes, output.clips), (sizes, clips), result)

    def test_the_peak_of_a_gpu_is_told_without_resetting_its_counters(self) -> None:
        counters = SimpleNamespace(peak=1000, now=100)

        class Cuda:
            class Event:
                def __init__(self, enable_timing: bool) -> None:
                    return

                def record(self) -> None:
                    return

                def query(self) -> bool:
                    return True

                def elapsed_time(self, other: Any) -> float:
                    return 2_500.0

            max_memory_allocated = staticmethod(lambda _: counters.peak * 2**20)
            memory_allocated = staticmethod(lambda _: counters.now * 2**20)
            get_device_name = staticmethod(lambda _: "NVIDIA Test")

        with mock.patch.dict(sys.modules, {"torch": SimpleNamespace(cuda=Cuda)}):
            watch = GpuWatch(SimpleNamespace(type="cuda"))
            counters.now = 700
            watch.look()
            counters.now = 50
            self.assertEqual(watch.peak_mb(), (700, "sampled"))
            counters.peak = 1200
            self.assertEqual(watch.peak_mb(), (1200, "exact"))
            self.assertIsNone(watch.seconds())
            watch.mark()
            watch.mark()
            self.assertEqual(watch.seconds(), 2.5)
            self.assertEqual(watch.name(), "NVIDIA Test")
        self.assertIsNone(GpuWatch(SimpleNamespace(type="cpu")).peak_mb())


RECORDINGS = Path(
    os.environ.get("PEGBAR_RECORDINGS", Path(__file__).resolve().parents[3] / "shared/data/comfyui_sessions")
)


@unittest.skipUnless(list(RECORDINGS.glob("diffusers-*.ndjson")), "the recordings are not here")
class RecordingTest(unittest.TestCase):
    """The fake does things in the order in which real pipelines of two versions of diffusers did them."""

    def test_the_order_of_parts_and_steps_is_that_of_the_recordings(self) -> None:
        for file in sorted(RECORDINGS.glob("diffusers-*.ndjson")):
            lines = [json.loads(line) for line in file.read_text().splitlines()]
            start = next(at for at, line in enumerate(lines) if line["kind"] == "call" and line.get("label") == "sd")
            end = next(at for at, line in enumerate(lines) if at > start and line["kind"] == "result")
            real = [line.get("name", "step") for line in lines[start:end] if line["kind"] in ("stage", "step")]
            told: List[str] = []
            listener = SimpleNamespace(part_began=lambda *_: None, part_ended=lambda name, *_: told.append(name))
            pipe = FakePipeline()
            from pegbar.taps import Taps

            taps = Taps(lambda: pipe.components)
            taps.enter(listener)  # type: ignore[arg-type]

            def on_step(p: Any, step: int, timestep: Any, tensors: Any) -> Any:
                told.append("step")
                return tensors

            pipe("a wooden toy house", num_inference_steps=4, callback_on_step_end=on_step)
            taps.leave(listener)  # type: ignore[arg-type]
            self.assertEqual(told, real, file.name)


if __name__ == "__main__":
    unittest.main()
