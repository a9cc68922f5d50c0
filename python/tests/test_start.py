"""`init` in processes of their own: with nothing there, with an OpenTelemetry set-up, by the environment; records, pictures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any, Dict, List

from pegbar.settings import settings_of

from .server import FakeServer

FOLDER = Path(__file__).resolve().parents[1]


def spans_in(body: bytes) -> List[Any]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request: Any = ExportTraceServiceRequest.FromString(body)
    return [
        (span, {one.key: one.value.string_value for one in resource.resource.attributes})
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


class StartTest(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeServer()
        self.addCleanup(self.server.close)

    def run_script(self, script: str, **env: str) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "PEGBAR_"))}
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=FOLDER, capture_output=True, text=True, timeout=60, env={**kept, **env}
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def spans(self) -> List[Any]:
        return [one for body in self.server.bodies("/v1/traces") for one in spans_in(body)]

    def test_one_line_sets_otlp_up(self) -> None:
        self.run_script(
            "import pegbar\n"
            f"pegbar.init({self.server.url!r}, 'pk_1', otlp_url={self.server.url!r}, service='worker', attributes={{'pegbar.region': 'eu'}})\n"
            "with pegbar.request('r'), pegbar.stage('generate'): pass\n"
        )
        told = self.spans()
        self.assertEqual(sorted(span.name for span, _ in told), ["generate", "request"])
        self.assertEqual((told[0][1]["service.name"], told[0][1]["pegbar.region"]), ("worker", "eu"))
        self.assertEqual(self.server.received[0].headers["authorization"], "Bearer pk_1")
        self.assertEqual(self.server.received[0].headers["content-type"], "application/x-protobuf")

    def test_the_environment_does_as_well(self) -> None:
        self.run_script(
            "import pegbar\npegbar.init()\nwith pegbar.stage('generate'): pass\npegbar.score('aesthetic', 1, image_id='i')\n",
            PEGBAR_URL=self.server.url,
            OTEL_EXPORTER_OTLP_ENDPOINT=self.server.url,
            PEGBAR_KEY="pk_2",
            OTEL_SERVICE_NAME="named",
            PEGBAR_TENANT="t",
        )
        self.assertEqual([resource["service.name"] for _, resource in self.spans()], ["named"])
        self.assertEqual([resource["pegbar.tenant"] for _, resource in self.spans()], ["t"])
        (record,) = self.server.records()
        self.assertEqual((record["name"], record["tenant"]), ("aesthetic", "t"))
        self.assertEqual({request.headers["authorization"] for request in self.server.received}, {"Bearer pk_2"})

    def test_an_existing_set_up_is_used_as_it_is_and_one_destination_more_on_request(self) -> None:
        script = (
            "import pegbar\n"
            "from opentelemetry import trace\n"
            "from opentelemetry.sdk.trace import TracerProvider\n"
            "from opentelemetry.sdk.trace.export import SimpleSpanProcessor\n"
            "from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter\n"
            "kept = InMemorySpanExporter()\n"
            "mine = TracerProvider()\n"
            "mine.add_span_processor(SimpleSpanProcessor(kept))\n"
            "trace.set_tracer_provider(mine)\n"
            f"pegbar.init({self.server.url!r}, otlp_url={self.server.url!r}, also=%s)\n"
            "assert trace.get_tracer_provider() is mine\n"
            "with pegbar.request('r'):\n"
            "    with trace.get_tracer('web').start_as_current_span('theirs'): pass\n"
            "print(','.join(span.name for span in kept.get_finished_spans()))\n"
        )
        self.assertEqual(self.run_script(script % "False").strip(), "theirs,request")
        self.assertEqual(self.spans(), [])
        self.assertEqual(self.run_script(script % "True").strip(), "theirs,request")
        told = {span.name: {one.key: one.value.string_value for one in span.attributes} for span, _ in self.spans()}
        self.assertEqual(
            {name: attributes["pegbar.request.id"] for name, attributes in told.items()},
            {"theirs": "r", "request": "r"},
        )

    def test_a_second_init_takes_the_place_of_the_first(self) -> None:
        second = FakeServer()
        self.addCleanup(second.close)
        self.run_script(
            "import pegbar\n"
            f"pegbar.init({self.server.url!r}, otlp_url={self.server.url!r})\n"
            "with pegbar.stage('ingest'): pass\n"
            f"pegbar.init({second.url!r}, otlp_url={second.url!r})\n"
            "with pegbar.stage('deliver'): pass\n"
            "pegbar.shutdown()\n"
        )
        self.assertEqual([span.name for span, _ in self.spans()], ["ingest"])
        self.assertEqual([span.name for body in second.bodies("/v1/traces") for span, _ in spans_in(body)], ["deliver"])

    def test_without_init_nothing_is_sent_and_nothing_fails(self) -> None:
        self.run_script(
            "import logging; logging.disable(logging.CRITICAL)\n"
            "import pegbar\n"
            "with pegbar.request() as r, pegbar.stage('generate'):\n"
            "    pegbar.boundary('model_loaded'); pegbar.score('a', 1); pegbar.image(b'x'); pegbar.feedback('accept', image_id='i')\n"
            "assert len(r.id) == 32 and pegbar.flush(1) and pegbar.stats() == {'sent': {}, 'dropped': {}, 'queued': {}}\n"
        )

    def test_addresses(self) -> None:
        self.assertEqual(settings_of("http://10.0.0.5:4300/").otlp_url, "http://10.0.0.5:4318")
        self.assertEqual(settings_of("https://[::1]:4300").otlp_url, "https://[::1]:4318")
        self.assertEqual(settings_of("http://h", otlp_url="http://c:4318/").otlp_url, "http://c:4318")
        for wrong in ("localhost:4300", "ftp://h", "http://", "4300"):
            with self.assertRaisesRegex(ValueError, "url"):
                settings_of(wrong)

    def record_script(self, body: str) -> List[Dict[str, Any]]:
        self.run_script(f"import pegbar\npegbar.init({self.server.url!r}, otlp_url={self.server.url!r})\n{body}")
        return self.server.records()

    def test_records_take_what_is_not_said_from_the_request_under_way(self) -> None:
        records = self.record_script(
            "with pegbar.request('r', tenant='t', region='eu', workload='animation', session_id='s', model_version='v7'):\n"
            "    pegbar.score('aesthetic', 6.5, scorer='x')\n"
            "    pegbar.score('aesthetic', 6.5, image_id='i')\n"
            "    pegbar.feedback('reroll', request_id='other')\n"
            "    pegbar.frames('q', side='produced', window_s=1, frames=24, declared_fps=24)\n"
            "    pegbar.gpu('host', '0', util=0.5)\n"
            "    pegbar.queue('render', depth=3, admitted=1)\n"
            "    with pegbar.loading('v7', bytes=100): pass\n"
            "    pegbar.cache('lora', hits=1)\n"
            "pegbar.deployment('model', 'start', version='v7')\n"
        )
        told = {(one["type"], one.get("image_id") or one.get("request_id")): one for one in records}
        base = {"tenant": "t", "region": "eu"}
        self.assertEqual(len(records), 9)
        self.assertLessEqual(
            {**base, "request_id": "r", "workload": "animation", "session_id": "s", "model": {"version": "v7"}}.items(),
            told[("score", "r")].items(),
        )
        self.assertNotIn("trace_id", told[("score", "r")])
        self.assertEqual(
            set(told[("score", "i")]), {"type", "name", "value", "image_id", "tenant", "timestamp", "event_id"}
        )
        self.assertNotIn("session_id", told[("feedback", "other")])
        self.assertEqual(len(told[("frames", "r")]["trace_id"]), 32)
        self.assertLessEqual(base.items(), told[("gpu", None)].items())
        self.assertNotIn("workload", told[("gpu", None)])
        self.assertEqual(told[("queue", None)]["depth"], 3)
        self.assertEqual((told[("model_load", "r")]["bytes"], told[("model_load", "r")]["action"]), (100, "load"))
        self.assertNotIn("tenant", told[("deployment", None)])

    def test_pictures_go_by_reference_and_thumbnail_and_in_full_when_asked(self) -> None:
        try:
            import PIL.Image  # noqa: F401
        except ImportError:
            self.skipTest("Pillow is not installed")
        script = (
            "import pathlib, sys, tempfile\n"
            "from PIL import Image\n"
            "folder = pathlib.Path(tempfile.mkdtemp())\n"
            "path = folder / 'ä b.png'\n"
            "Image.new('RGB', (1600, 800), 'red').save(path)\n"
            "with pegbar.request('r', tenant='t') as r:\n"
            "    with pegbar.stage('generate', seed=7, sampler='euler', loras={'ink': 0.5}): pass\n"
            "    assert pegbar.image(path, image_id='by-path', license='CC0-1.0') == 'by-path'\n"
            "    picture = Image.new('L', (40, 20))\n"
            "    known = pegbar.image(picture, image_id='by-picture', upload=True)\n"
            "    assert pegbar.image_id(picture) == 'by-picture' and picture.size == (40, 20)\n"
            "    pegbar.image(path.read_bytes(), image_id='by-bytes')\n"
            "    pegbar.image(b'no picture', image_id='broken')\n"
            "    pegbar.image('missing.png', image_id='missing')\n"
            "assert pegbar.flush(10)\n"
        )
        import logging

        records = self.record_script("import logging; logging.disable(logging.CRITICAL)\n" + script)
        artifact = next(one for one in records if one["image_id"] == "by-path")
        self.assertEqual(
            (artifact["width"], artifact["height"], artifact["license"], artifact["request_id"], artifact["tenant"]),
            (1600, 800, "CC0-1.0", "r", "t"),
        )
        self.assertTrue(artifact["uri"].startswith("file:///") and artifact["uri"].endswith("/%C3%A4%20b.png"))
        puts = {request.path: request for request in self.server.received if request.method == "PUT"}
        self.assertEqual(
            set(puts),
            {f"/api/v1/thumbnails/{name}?tenant=t" for name in ("by-path", "by-picture", "by-bytes")}
            | {"/api/v1/artifacts/by-picture?tenant=t"},
        )
        self.assertEqual(puts["/api/v1/thumbnails/by-path?tenant=t"].body[8:12], b"WEBP")
        self.assertEqual(puts["/api/v1/artifacts/by-picture?tenant=t"].body[:4], b"\x89PNG")
        pictures = {}
        for span, _ in self.spans():
            if span.name == "picture":
                told = {one.key: one.value for one in span.attributes}
                pictures[told["pegbar.image.id"].string_value] = told
        self.assertEqual(set(pictures), {"by-path", "by-picture", "by-bytes", "broken", "missing"})
        self.assertEqual(pictures["by-picture"]["pegbar.seed"].int_value, 7)
        self.assertEqual(pictures["by-picture"]["pegbar.sampler"].string_value, "euler")
        self.assertEqual(pictures["by-picture"]["pegbar.width"].int_value, 40)
        logging.disable(logging.NOTSET)

    def test_losses_of_spans_are_counted_and_a_bad_span_spoils_no_batch(self) -> None:
        out = self.run_script(
            "import json, logging; logging.disable(logging.CRITICAL)\n"
            "import pegbar\n"
            f"pegbar.init({self.server.url!r}, otlp_url={self.server.url!r})\n"
            "from unittest import mock\n"
            "from pegbar import spanqueue\n"
            "real = spanqueue.body_of\n"
            "client = pegbar.client._current\n"
            "def picky(spans):\n"
            "    if any(span.name == 'bad' for span in spans): raise ValueError('bad span')\n"
            "    return real(spans)\n"
            "client.spans._encode = picky\n"
            "for name in ('a', 'bad', 'b'):\n"
            "    with pegbar.stage('generate', name=name): pass\n"
            "pegbar.flush(10)\n"
            "print(json.dumps(pegbar.stats()))\n"
        )
        stats = json.loads(out)
        self.assertEqual(stats["sent"], {"spans": 2})
        self.assertEqual(stats["dropped"], {"spans.not_encodable": 1})
        self.assertEqual(sorted(span.name for span, _ in self.spans()), ["a", "b"])


if __name__ == "__main__":
    unittest.main()
