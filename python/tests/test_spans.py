"""Requests, stages, boundaries and what travels from one process to the next."""

from __future__ import annotations

import asyncio
import logging
import unittest
from typing import Any, AsyncIterator, Dict, Iterator, List

from opentelemetry import baggage, trace
from opentelemetry import context as otel_context
from opentelemetry.trace import StatusCode

import pegbar
from pegbar.faults import fault_of

from .recorder import attributes, events, exporter, named, provider, spans

logging.getLogger("pegbar").setLevel(logging.CRITICAL)
tracer = provider.get_tracer("user")


class SpansTest(unittest.TestCase):
    def setUp(self) -> None:
        exporter.clear()

    def test_a_request_has_its_stages_in_one_trace_under_one_id_with_its_tags(self) -> None:
        with pegbar.request(
            "r-1", tenant="studio-a", workload="single_image", session_id="s", prompt="a house"
        ) as request:
            with pegbar.stage("generate", model_version="v7", steps=20, cfg=7.5, seed=2**64 - 1, loras={"ink": 0.6}):
                pegbar.boundary("inference_started", step=1)
        self.assertEqual(request.id, "r-1")
        root, stage = named("request"), named("generate")
        self.assertEqual(stage.parent.span_id, root.context.span_id)
        self.assertEqual(
            attributes(stage),
            {
                "pegbar.stage": "generate",
                "pegbar.request.id": "r-1",
                "pegbar.tenant": "studio-a",
                "pegbar.workload": "single_image",
                "pegbar.session.id": "s",
                "pegbar.model.version": "v7",
                "pegbar.steps": 20,
                "pegbar.cfg": 7.5,
                "pegbar.seed": "18446744073709551615",
                "pegbar.loras": ("ink:0.6",),
            },
        )
        self.assertEqual(attributes(root)["pegbar.prompt"], "a house")
        self.assertEqual(attributes(root)["pegbar.outcome"], "succeeded")
        self.assertNotIn("pegbar.prompt", attributes(stage))
        self.assertEqual(events(stage), ["inference_started"])

    def test_a_request_without_an_id_is_called_after_its_trace(self) -> None:
        with pegbar.request() as request:
            pass
        self.assertEqual(request.id, f"{named('request').context.trace_id:032x}")
        with tracer.start_as_current_span("http"), pegbar.request() as inner:
            pass
        self.assertEqual(inner.id, f"{named('http').context.trace_id:032x}")

    def test_exceptions_are_told_by_the_taxonomy_and_go_on(self) -> None:
        class OutOfMemoryError(RuntimeError):
            pass

        class SafetyFilterError(Exception):
            pass

        cases: List[Any] = [
            (OutOfMemoryError("CUDA out of memory. Tried to allocate 2.50 GiB"), "oom", "failed"),
            (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "oom", "failed"),
            (MemoryError(), "oom", "failed"),
            (RuntimeError("CUDA error: device-side assert triggered"), "cuda", "failed"),
            (TimeoutError("late"), "timeout", "timed_out"),
            (asyncio.TimeoutError(), "timeout", "timed_out"),
            (KeyboardInterrupt(), "cancelled", "cancelled"),
            (asyncio.CancelledError(), "cancelled", "cancelled"),
            (SafetyFilterError("blocked"), "safety_block", "blocked"),
            (ValueError("height must be divisible by 8"), "invalid_config", "failed"),
            (RuntimeError("what"), "internal", "failed"),
        ]
        for error, code, outcome in cases:
            with self.subTest(error=repr(error)):
                exporter.clear()
                with self.assertRaises(type(error)):
                    with pegbar.request(), pegbar.stage("generate"):
                        raise error
                stage, root = named("generate"), named("request")
                self.assertEqual(attributes(stage)["pegbar.error.code"], code)
                self.assertEqual(attributes(root)["pegbar.error.code"], code)
                self.assertEqual(attributes(root)["pegbar.outcome"], outcome)
                self.assertEqual(
                    stage.status.status_code, StatusCode.UNSET if code == "cancelled" else StatusCode.ERROR
                )
        self.assertEqual(fault_of(MemoryError()).retriable, True)
        self.assertEqual(fault_of(ValueError("x")).retriable, False)
        self.assertIsNone(fault_of(RuntimeError("x")).retriable)

    def test_an_exception_whose_text_raises_is_told_all_the_same(self) -> None:
        class Rude(Exception):
            def __str__(self) -> str:
                raise RuntimeError("no text")

        self.assertEqual(fault_of(Rude()).message, "Rude")

    def test_an_outcome_that_was_stated_stands(self) -> None:
        with pegbar.request() as request:
            request.outcome("rejected")
        self.assertEqual(attributes(named("request"))["pegbar.outcome"], "rejected")

    def test_stages_decorate_functions_of_all_kinds(self) -> None:
        @pegbar.stage("upscale", width=2048)
        def plain(x: int) -> int:
            return x + 1

        @pegbar.stage("upscale")
        async def coroutine(x: int) -> int:
            await asyncio.sleep(0)
            return x + 1

        @pegbar.stage("postprocess")
        def generator() -> Iterator[int]:
            with tracer.start_as_current_span("inner"):
                yield 1
            yield 2
            return

        @pegbar.stage("deliver")
        async def stream() -> AsyncIterator[int]:
            yield 1
            await asyncio.sleep(0)
            yield 2

        self.assertEqual(plain(1), 2)
        self.assertEqual(plain(2), 3)
        self.assertEqual(plain.__name__, "plain")
        self.assertEqual(asyncio.run(coroutine(1)), 2)

        async def all_of() -> List[int]:
            return [item async for item in stream()]

        self.assertEqual(asyncio.run(all_of()), [1, 2])
        seen = []
        for item in generator():
            seen.append(item)
            self.assertFalse(trace.get_current_span().get_span_context().is_valid)
        self.assertEqual(seen, [1, 2])
        told = [span.name for span in spans()]
        self.assertEqual(sorted(told), ["deliver", "inner", "postprocess", "upscale", "upscale", "upscale"])
        self.assertEqual(named("inner").parent.span_id, named("postprocess").context.span_id)

    def test_a_generator_that_is_left_early_is_no_failure_and_one_that_raises_is(self) -> None:
        @pegbar.stage("generate")
        def numbers() -> Iterator[int]:
            yield 1
            raise MemoryError

        walker = numbers()
        next(walker)
        walker.close()
        self.assertNotIn("pegbar.error.code", attributes(named("generate")))
        exporter.clear()
        with self.assertRaises(MemoryError):
            list(numbers())
        self.assertEqual(attributes(named("generate"))["pegbar.error.code"], "oom")

    def test_requests_and_stages_are_async_context_managers(self) -> None:
        async def work(name: str) -> str:
            async with pegbar.request(name):
                async with pegbar.stage("generate"):
                    await asyncio.sleep(0.01)
                    return pegbar.state.current_state().id

        async def both() -> List[str]:
            return await asyncio.gather(work("a"), work("b"))

        self.assertEqual(asyncio.run(both()), ["a", "b"])
        by_request = {attributes(s)["pegbar.request.id"] for s in spans() if s.name == "generate"}
        self.assertEqual(by_request, {"a", "b"})

    def test_a_request_goes_through_a_queue_as_one_trace_and_one_request(self) -> None:
        message: Dict[str, str] = {}
        with pegbar.request("r-9", tenant="studio-ä", workload="animation", attempt=2) as request:
            with pegbar.stage("ingest"):
                request.hand_over(message)
        self.assertEqual(sorted(message), ["baggage", "traceparent"])
        self.assertEqual(attributes(named("request"))["pegbar.outcome"], "pending")

        next_message: Dict[str, str] = {}
        with pegbar.extract(message) as carried:
            self.assertEqual(carried.request_id, "r-9")
            with pegbar.request(name="worker") as mine:
                with pegbar.stage("generate"):
                    pass
                with pegbar.stage("postprocess"):
                    pass
                mine.hand_over(next_message)
        with pegbar.extract({name.upper(): value.encode() for name, value in next_message.items()}):
            with pegbar.request(name="delivery"), pegbar.stage("deliver"):
                pass
        self.assertEqual({span.context.trace_id for span in spans()}, {named("request").context.trace_id})
        self.assertEqual({attributes(span)["pegbar.request.id"] for span in spans()}, {"r-9"})
        self.assertEqual({attributes(span)["pegbar.tenant"] for span in spans()}, {"studio-ä"})
        self.assertEqual({str(attributes(span)["pegbar.attempt"]) for span in spans()}, {"2"})
        waits = {span.name: attributes(span).get("pegbar.queue.wait_ms") for span in spans()}
        self.assertEqual([name for name, wait in waits.items() if wait is not None], ["generate", "deliver"])
        self.assertGreaterEqual(waits["generate"], 0)
        self.assertEqual(attributes(named("worker"))["pegbar.outcome"], "pending")
        self.assertEqual(attributes(named("delivery"))["pegbar.outcome"], "succeeded")

    def test_a_worker_that_fails_states_the_outcome(self) -> None:
        message: Dict[str, str] = {}
        with pegbar.request("r") as request:
            request.hand_over(message)
        with self.assertRaises(MemoryError):
            with pegbar.extract(message), pegbar.request(name="worker"), pegbar.stage("generate"):
                raise MemoryError
        self.assertEqual(attributes(named("worker"))["pegbar.outcome"], "failed")

    def test_foreign_baggage_is_kept_and_ours_goes_only_where_it_is_put(self) -> None:
        token = otel_context.attach(baggage.set_baggage("theirs", "1"))
        try:
            with pegbar.request("r", user="u-1"):
                self.assertEqual(set(baggage.get_all()), {"theirs"})
                headers = pegbar.inject({})
        finally:
            otel_context.detach(token)
        self.assertIn("theirs=1", headers["baggage"])
        self.assertNotIn("pegbar.enqueued_ms", headers["baggage"])
        with pegbar.extract(headers) as carried:
            self.assertEqual(set(baggage.get_all()), {"theirs"})
            self.assertEqual(carried.request_id, "r")

    def test_the_words_on_the_way_are_those_of_the_node_sdk(self) -> None:
        message = {
            "traceparent": "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01",
            "baggage": "pegbar.request_id=r%201,pegbar.tenant=t,pegbar.model.version=v7,pegbar.enqueued_ms=1000,theirs=1",
        }
        with pegbar.extract(message) as carried, pegbar.stage("generate"):
            self.assertEqual(carried.request_id, "r 1")
            again = pegbar.inject({})
        told = attributes(named("generate"))
        self.assertEqual((told["pegbar.tenant"], told["pegbar.model.version"]), ("t", "v7"))
        self.assertGreater(told["pegbar.queue.wait_ms"], 1e12)
        self.assertEqual(f"{named('generate').context.trace_id:032x}", "ab" * 16)
        members = set(again["baggage"].split(","))
        self.assertEqual(members, {"theirs=1", "pegbar.request_id=r%201", "pegbar.tenant=t", "pegbar.model.version=v7"})

    def test_a_user_and_a_region_do_not_travel(self) -> None:
        with pegbar.request("r", user="u-1", region="eu"):
            self.assertEqual(pegbar.inject({})["baggage"], "pegbar.request_id=r")

    def test_a_message_that_says_nothing_or_nonsense_changes_nothing(self) -> None:
        for carrier in (
            {},
            {"traceparent": "nonsense", "baggage": ",,=;%%%"},
            {"baggage": "pegbar.enqueued_ms=soon,pegbar.request_id=r"},
        ):
            with self.subTest(carrier=carrier), pegbar.extract(carrier), pegbar.stage("generate"):
                pass
        with pegbar.extract({"traceparent": "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"}) as carried:
            self.assertEqual(carried.request_id, "ab" * 16)

    def test_a_request_within_a_request_joins_it_and_another_id_is_another(self) -> None:
        with pegbar.request("outer", tenant="t"):
            with pegbar.request(name="same"):
                pass
            with pegbar.request("other", name="other"):
                pass
        self.assertEqual(attributes(named("same"))["pegbar.request.id"], "outer")
        self.assertNotIn("pegbar.outcome", attributes(named("same")))
        self.assertEqual(attributes(named("other"))["pegbar.request.id"], "other")
        self.assertNotIn("pegbar.tenant", attributes(named("other")))

    def test_values_that_otlp_cannot_carry_are_told_as_text(self) -> None:
        class Scalar:
            shape = ()

            def item(self) -> float:
                return 0.5

        with pegbar.stage(
            "generate",
            seed=2**70,
            denoise=Scalar(),
            loras=[("a:b", 1), {"id": "c", "weight": 0.25}, "d"],
            graph={"1": {"x": 1}},
            odd=object,
            no=None,
        ) as stage:
            stage.set(image_id="i", **{"my.key": [1, "b"]})
        told = attributes(named("generate"))
        self.assertEqual(told["pegbar.seed"], str(2**70))
        self.assertEqual(told["pegbar.denoise"], 0.5)
        self.assertEqual(told["pegbar.loras"], ("a:b:1", "c:0.25", "d"))
        self.assertEqual(told["graph"], '{"1": {"x": 1}}')
        self.assertEqual(told["my.key"], ("1", "b"))
        self.assertNotIn("no", told)


if __name__ == "__main__":
    unittest.main()
