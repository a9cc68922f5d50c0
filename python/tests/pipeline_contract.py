"""What `instrument` promises of any pipeline: the fake one's tests and the real ones' inherit this."""

from __future__ import annotations

import copy
import inspect
import threading
from typing import Any, Dict, List

from opentelemetry import trace

import pegbar

from .recorder import attributes, events, exporter, named, provider, spans

STAGES = ["preprocess", "generate", "postprocess"]


def stage_names() -> List[str]:
    return [attributes(span)["pegbar.stage"] for span in spans() if "pegbar.stage" in attributes(span)]


class PipelineContract:
    """`make()` gives a pipeline of its own; `generator(seed)` what it takes for a seed."""

    def make(self) -> Any:
        raise NotImplementedError

    def generator(self, seed: int) -> Any:
        raise NotImplementedError

    def setUp(self) -> None:
        exporter.clear()

    def test_a_call_is_a_request_with_three_stages_that_follow_each_other(self: Any) -> None:
        pipe = pegbar.instrument(self.make())
        pipe("a house", num_inference_steps=3, generator=self.generator(42), height=16, width=16)
        self.assertEqual(stage_names(), STAGES)
        root = named("request")
        self.assertIsNone(root.parent)
        self.assertEqual(attributes(root)["pegbar.outcome"], "succeeded")
        previous = None
        for name in STAGES:
            stage = named(name)
            self.assertEqual(stage.parent.span_id, root.context.span_id)
            if previous is not None:
                self.assertEqual(previous.end_time, stage.start_time)
            previous = stage
        told = attributes(named("generate"))
        for name, value in {
            "steps": 3,
            "cfg": 7.5,
            "seed": 42,
            "width": 16,
            "height": 16,
            "images": 1,
            "prompt": "a house",
            "workload": "single_image",
            "batch_size": 1,
            "gpu.seconds": 0.0,
        }.items():
            self.assertEqual(told[f"pegbar.{name}"], value, name)
        self.assertEqual(told["diffusers.steps_done"], 3)
        self.assertEqual(told["diffusers.denoiser_calls"], 3)
        self.assertEqual(events(named("preprocess")), ["prompt_received"])
        self.assertEqual(events(named("generate")), ["inference_started", "inference_finished"])
        self.assertEqual(events(named("postprocess")), ["postprocess_done"])
        parts = [span.name for span in spans() if span.name in ("text_encoder", "vae.decode")]
        self.assertEqual(parts, ["text_encoder", "text_encoder", "vae.decode"])

    def test_pictures_of_a_batch_have_ids_seeds_and_prompts_of_their_own(self: Any) -> None:
        pipe = pegbar.instrument(self.make())
        made = pipe(
            ["a", "b"],
            num_images_per_prompt=2,
            num_inference_steps=1,
            generator=[self.generator(s) for s in (3, 2, 1, 2**64 - 1)],
            height=16,
            width=16,
        ).images
        told = [attributes(span) for span in spans() if span.name == "picture"]
        self.assertEqual([one["pegbar.image.id"] for one in told], [pegbar.image_id(picture) for picture in made])
        self.assertEqual(len({one["pegbar.image.id"] for one in told}), 4)
        self.assertEqual([str(one["pegbar.seed"]) for one in told], ["3", "2", "1", str(2**64 - 1)])
        self.assertEqual([one["pegbar.prompt"] for one in told], ["a", "a", "b", "b"])
        self.assertEqual({one["pegbar.boundary"] for one in told}, {"frame_emitted"})
        self.assertEqual(attributes(named("generate"))["pegbar.images"], 4)
        self.assertEqual(attributes(named("generate"))["pegbar.workload"], "batch_panels")

    def test_the_users_callback_is_called_after_ours_and_its_answer_counts(self: Any) -> None:
        pipe = pegbar.instrument(self.make())
        seen: List[Any] = []

        def theirs(p: Any, step: int, timestep: Any, tensors: Dict[str, Any]) -> Dict[str, Any]:
            seen.append((p is pipe, step, sorted(tensors)))
            return tensors

        pipe(
            "a",
            num_inference_steps=2,
            callback_on_step_end=theirs,
            callback_on_step_end_tensor_inputs=["latents"],
            height=16,
            width=16,
        )
        self.assertEqual(seen, [(True, 0, ["latents"]), (True, 1, ["latents"])])

    def test_a_callback_object_still_names_its_tensors(self: Any) -> None:
        pipe = pegbar.instrument(self.make())
        seen: List[Any] = []

        class Callback:
            tensor_inputs = ["prompt_embeds"]

            def __call__(self, p: Any, step: int, timestep: Any, tensors: Dict[str, Any]) -> Dict[str, Any]:
                seen.append(sorted(tensors))
                return tensors

        pipe("a", num_inference_steps=1, callback_on_step_end=Callback(), height=16, width=16)
        self.assertEqual(seen, [["prompt_embeds"]])

    def test_faults_of_the_call_reach_the_caller_and_stand_at_their_stage(self: Any) -> None:
        class OutOfMemoryError(RuntimeError):
            pass

        def boom(*_: Any) -> Any:
            raise OutOfMemoryError("CUDA out of memory")

        pipe = pegbar.instrument(self.make())
        with self.assertRaises(OutOfMemoryError):
            pipe("a", num_inference_steps=3, callback_on_step_end=boom, height=16, width=16)
        self.assertEqual(attributes(named("generate"))["pegbar.error.code"], "oom")
        self.assertEqual(attributes(named("generate"))["pegbar.images"], 0)
        self.assertEqual(attributes(named("request"))["pegbar.outcome"], "failed")
        self.assertNotIn("pegbar.error.code", attributes(named("preprocess")))
        exporter.clear()
        with self.assertRaises(ValueError):
            pipe("a", height=17, width=16)
        self.assertEqual(stage_names(), ["preprocess"])
        self.assertEqual(attributes(named("preprocess"))["pegbar.error.code"], "invalid_config")
        self.assertEqual([span.name for span in spans() if span.name == "picture"], [])

    def test_an_interrupted_call_is_cancelled_and_made_nothing(self: Any) -> None:
        def stop(p: Any, step: int, timestep: Any, tensors: Dict[str, Any]) -> Dict[str, Any]:
            setattr(p, "interrupt" if "interrupt" in vars(p) else "_interrupt", True)
            return tensors

        pipe = pegbar.instrument(self.make())
        self.assertEqual(
            len(pipe("a", num_inference_steps=4, callback_on_step_end=stop, height=16, width=16).images), 1
        )
        self.assertEqual(attributes(named("request"))["pegbar.outcome"], "cancelled")
        self.assertEqual(attributes(named("generate"))["pegbar.error.code"], "cancelled")
        self.assertEqual(attributes(named("generate"))["diffusers.steps_done"], 1)
        self.assertEqual([span for span in spans() if span.name == "picture"], [])

    def test_a_pipeline_at_rest_is_as_it_was(self: Any) -> None:
        pipe = self.make()
        before = (type(pipe), set(vars(pipe)))
        pegbar.instrument(pipe)
        self.assertEqual(type(pipe).__name__, before[0].__name__)
        self.assertIsInstance(pipe, before[0])
        self.assertEqual(inspect.signature(pipe.__call__), inspect.signature(before[0].__call__.__get__(pipe)))
        pipe("a", num_inference_steps=1, height=16, width=16)
        for owner, method in ((pipe.vae, "decode"), (pipe.scheduler, "step")):
            self.assertNotIn(method, vars(owner))
        for part in (pipe.unet, pipe.text_encoder):
            self.assertEqual((len(part._forward_hooks), len(part._forward_pre_hooks)), (0, 0))
        other = self.make()
        exporter.clear()
        other("a", num_inference_steps=1, height=16, width=16)
        self.assertEqual(spans(), [])
        self.assertIs(type(copy.copy(pipe)), before[0])
        pegbar.instrument(pegbar.instrument(pipe))
        self.assertIs(type(pegbar.uninstrument(pipe)), before[0])
        pipe("a", num_inference_steps=1, height=16, width=16)
        self.assertEqual(spans(), [])

    def test_a_call_within_a_request_or_a_span_is_of_it(self: Any) -> None:
        pipe = pegbar.instrument(self.make(), hardware_class="a100")
        with pegbar.request("r-1", tenant="studio-a", workload="animation"):
            pipe("a", num_inference_steps=1, height=16, width=16)
        for name in (*STAGES, "picture", "vae.decode"):
            self.assertEqual(attributes(named(name))["pegbar.request.id"], "r-1")
            self.assertEqual(attributes(named(name))["pegbar.tenant"], "studio-a")
        self.assertEqual(attributes(named("generate"))["pegbar.workload"], "animation")
        self.assertEqual(attributes(named("generate"))["pegbar.hardware_class"], "a100")
        exporter.clear()
        with provider.get_tracer("user").start_as_current_span("http") as http:
            pipe("a", num_inference_steps=1, height=16, width=16)
        self.assertEqual([span.name for span in spans() if span.name == "request"], [])
        self.assertEqual(named("generate").parent.span_id, http.get_span_context().span_id)

    def test_spans_of_the_users_own_stand_below_the_stage_they_are_in(self: Any) -> None:
        tracer = provider.get_tracer("user")

        def theirs(p: Any, step: int, timestep: Any, tensors: Dict[str, Any]) -> Dict[str, Any]:
            with tracer.start_as_current_span("preview"):
                return tensors

        pipe = pegbar.instrument(self.make())
        pipe("a", num_inference_steps=1, callback_on_step_end=theirs, height=16, width=16)
        self.assertEqual(named("preview").parent.span_id, named("generate").context.span_id)
        self.assertFalse(trace.get_current_span().get_span_context().is_valid)

    def test_prompts_stay_here_where_that_was_said(self: Any) -> None:
        pipe = pegbar.instrument(self.make(), prompts=False)
        pipe("a secret", negative_prompt="another", num_inference_steps=1, height=16, width=16)
        self.assertNotIn("secret", str([attributes(span) for span in spans()]))
        self.assertNotIn("another", str([attributes(span) for span in spans()]))

    def test_latents_and_tuples_are_read_for_what_they_are(self: Any) -> None:
        pipe = pegbar.instrument(self.make())
        pipe("a", num_inference_steps=1, output_type="latent", height=16, width=16)
        self.assertEqual(stage_names(), ["preprocess", "generate"])
        self.assertEqual(attributes(named("generate"))["pegbar.images"], 0)
        exporter.clear()
        pipe("a", num_inference_steps=1, return_dict=False, height=16, width=16)
        self.assertEqual(attributes(named("generate"))["pegbar.images"], 1)

    def test_arguments_by_position_are_known_too(self: Any) -> None:
        pipe = pegbar.instrument(self.make())
        pipe("a", 16, 24, 2)
        self.assertEqual(attributes(named("generate"))["pegbar.steps"], 2)
        self.assertEqual(attributes(named("generate"))["pegbar.width"], 24)


def together(jobs: List[Any]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
