"""The sender against servers that are away, slow, busy, broken or strict."""

from __future__ import annotations

import json
import logging
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List
from unittest import mock

from pegbar import lane as lanes
from pegbar.client import Client
from pegbar.events import line_of
from pegbar.lane import verdict
from pegbar.settings import settings_of
from pegbar.transport import retry_after_s

from .server import FakeServer, Received, accepted, eventually

logging.getLogger("pegbar").setLevel(logging.CRITICAL)


def free_port() -> int:
    """Below the range that the system deals out itself: nobody who asks for any port is given this one meanwhile."""
    while True:
        port = random.randrange(12_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def ids_of(records: List[Dict[str, Any]]) -> set[str]:
    return {record["event_id"] for record in records}


class Base(unittest.TestCase):
    def setUp(self) -> None:
        for name, value in (("LINGER_S", 0.02), ("BACKOFF_S", 0.05), ("BACKOFF_MOST_S", 0.2)):
            patch = mock.patch.object(lanes, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def server(self, **more: Any) -> FakeServer:
        server = FakeServer(**more)
        self.addCleanup(server.close)
        return server

    def client(self, url: str, exit_s: float = 0.5, request_s: float = 10.0, **more: Any) -> Client:
        settings = replace(settings_of(url, otlp_url=url, exit_s=exit_s), request_s=request_s, **more)
        client = Client(settings)
        self.addCleanup(client.close)
        return client


class SenderTest(Base):
    def test_records_arrive_as_ndjson_with_the_key_and_an_identity(self) -> None:
        server = self.server()
        client = self.client(server.url, key="pk_1", tenant="studio-a")
        client.record({"type": "score", "name": "aesthetic", "value": 6.5, "image_id": "i", "label": None})
        self.assertTrue(client.flush(60))
        (request,) = server.received
        self.assertEqual(request.headers["authorization"], "Bearer pk_1")
        self.assertEqual(request.headers["content-type"], "application/x-ndjson")
        (record,) = server.records()
        self.assertEqual(
            {k: record[k] for k in ("type", "name", "value", "image_id", "tenant")},
            {"type": "score", "name": "aesthetic", "value": 6.5, "image_id": "i", "tenant": "studio-a"},
        )
        self.assertNotIn("label", record)
        self.assertEqual(len(record["event_id"]), 32)
        self.assertEqual(client.stats()["sent"], {"records": 1})

    def test_the_same_record_has_the_same_identity_and_another_has_another(self) -> None:
        record = {"type": "feedback", "action": "accept", "image_id": "i", "timestamp": 1_700_000_000_000}

        def identity(record: Dict[str, Any]) -> str:
            return str(json.loads(line_of(record))["event_id"])

        self.assertEqual(identity(record), identity(dict(reversed(record.items()))))
        self.assertNotEqual(identity(record), identity({**record, "image_id": "j"}))
        self.assertEqual(identity({**record, "event_id": "mine"}), "mine")

    def test_busy_and_broken_answers_are_tried_again_with_the_same_bytes_until_taken(self) -> None:
        for status in (429, 500, 502, 503, 504, 401, 403, 404):
            with self.subTest(status=status):
                left = [3]

                def answer(request: Received, left: List[int] = left, status: int = status) -> Any:
                    left[0] -= 1
                    return (status, {}, b"{}") if left[0] >= 0 else accepted(request)

                server = self.server(answer=answer)
                client = self.client(server.url)
                client.record({"type": "score", "name": "a", "value": 1, "image_id": "i"})
                self.assertTrue(client.flush(60))
                bodies = server.bodies("/api/v1/events")
                self.assertEqual(len(bodies), 4)
                self.assertEqual(len(set(bodies)), 1)
                self.assertEqual(client.stats()["sent"], {"records": 1})
                self.assertEqual(client.stats()["dropped"], {})

    def test_retry_after_is_obeyed(self) -> None:
        first = [True]

        def answer(request: Received) -> Any:
            if first.pop() if first else False:
                return 429, {"retry-after": "1"}, b"{}"
            return accepted(request)

        server = self.server(answer=answer)
        client = self.client(server.url)
        client.record({"type": "score", "name": "a", "value": 1, "image_id": "i"})
        self.assertTrue(client.flush(60))
        self.assertGreaterEqual(server.received[1].at - server.received[0].at, 0.95)

    def test_retry_after_is_read_as_seconds_and_as_a_date(self) -> None:
        self.assertEqual(retry_after_s("7", 0), 7)
        self.assertEqual(retry_after_s("Thu, 01 Jan 1970 00:01:40 GMT", 40), 60)
        self.assertEqual(retry_after_s("Thu, 01 Jan 1970 00:01:40 GMT", 400), 0)
        self.assertIsNone(retry_after_s("soon", 0))
        self.assertIsNone(retry_after_s(None, 0))

    def test_a_server_that_hangs_blocks_nobody_and_is_asked_again(self) -> None:
        server = self.server(answer=lambda _: FakeServer.HANG)
        client = self.client(server.url, request_s=1.0)
        started = time.perf_counter()
        for number in range(2_000):
            client.record({"type": "score", "name": "a", "value": number, "image_id": "i"})
        self.assertLess(time.perf_counter() - started, 10.0)
        self.assertTrue(eventually(lambda: len(server.received) >= 1))
        server.answer = accepted
        self.assertTrue(client.flush(60))
        self.assertEqual(client.stats()["sent"], {"records": 2_000})
        self.assertEqual(len(ids_of(server.records())), 2_000)

    def test_memory_is_bounded_and_the_oldest_go_first_counted(self) -> None:
        client = self.client(f"http://127.0.0.1:{free_port()}", max_items=100)
        for number in range(1_000):
            client.record({"type": "score", "name": "a", "value": number, "image_id": "i"})
        self.assertLessEqual(client.records.queued(), 100 + lanes.BATCH_ITEMS)
        # What its thread is just making a body of is in neither queue for a moment.
        dropped = client.stats()["dropped"]["records.queue_full"]
        self.assertTrue(eventually(lambda: dropped + client.records.queued() == 1_000))
        with client.records._lock:
            posting = [item for body in client.records._again for item in body.items]
            fresh = [item for item, _ in client.records._fresh]
        held = [json.loads(item)["value"] for item in posting + fresh]
        self.assertEqual(held, sorted(held))
        self.assertEqual(held[-1], 999)

    def test_bytes_in_memory_are_bounded_too(self) -> None:
        client = self.client(f"http://127.0.0.1:{free_port()}", max_bytes=100_000)
        for number in range(200):
            client.record({"type": "score", "name": "a", "value": number, "image_id": "i", "label": "x" * 5_000})
        self.assertLessEqual(client.records._bytes, 100_000)
        self.assertGreater(client.stats()["dropped"]["records.queue_full"], 100)

    def test_what_was_lost_is_reported_to_the_server_once_it_listens(self) -> None:
        port = free_port()
        client = self.client(f"http://127.0.0.1:{port}", max_items=10)
        for number in range(600):
            client.record({"type": "score", "name": "a", "value": number, "image_id": "i"})
        server = self.server(port=port)
        self.assertTrue(client.flush(60))
        self.assertTrue(eventually(lambda: bool(server.bodies("/v1/metrics"))))
        told = json.loads(server.bodies("/v1/metrics")[0])["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]
        self.assertEqual(told["name"], "pegbar.sdk.dropped")
        (point,) = told["sum"]["dataPoints"]
        self.assertEqual(int(point["asInt"]), client.stats()["dropped"]["records.queue_full"])
        self.assertEqual(int(point["asInt"]) + len(ids_of(server.records())), 600)

    def test_a_body_that_is_too_large_is_halved_and_a_single_item_dropped(self) -> None:
        def answer(request: Received) -> Any:
            return (413, {}, b"too large") if len(request.body) > 2_000 else accepted(request)

        server = self.server(answer=answer)
        client = self.client(server.url)
        for number in range(20):
            client.record({"type": "score", "name": "a", "value": number, "image_id": "i"})
        client.record({"type": "score", "name": "a", "value": 20, "image_id": "i", "label": "x" * 3_000})
        self.assertTrue(client.flush(60))
        self.assertEqual(client.stats()["sent"], {"records": 20})
        self.assertEqual(client.stats()["dropped"], {"records.too_large": 1})

    def test_what_is_refused_for_good_is_counted_and_the_rest_goes_on(self) -> None:
        def answer(request: Received) -> Any:
            if b"bad" in request.body:
                return 400, {}, b"no"
            said = {
                "accepted": 1,
                "duplicates": 0,
                "rejected": [{"line": 2, "code": "c", "field": "f", "message": "m"}],
            }
            return 200, {}, json.dumps(said).encode()

        server = self.server(answer=answer)
        client = self.client(server.url)
        client.record({"type": "score", "name": "bad", "value": 1, "image_id": "i"})
        self.assertTrue(client.flush(60))
        for name in ("x", "y"):
            client.record({"type": "score", "name": name, "value": 1, "image_id": "i"})
        self.assertTrue(client.flush(60))
        self.assertEqual(client.stats()["dropped"], {"records.refused": 2})
        self.assertEqual(client.stats()["sent"], {"records": 1})

    def test_a_record_that_is_no_json_is_counted_and_not_raised(self) -> None:
        client = self.client(self.server().url)
        client.record({"type": "score", "name": "a", "value": float("nan"), "image_id": "i"})
        loop: List[Any] = []
        loop.append(loop)
        client.record({"type": "score", "name": "a", "attributes": loop})
        self.assertEqual(client.stats()["dropped"], {"records.not_encodable": 2})

    def test_a_body_over_which_the_server_stumbles_holds_up_no_others(self) -> None:
        def answer(request: Received) -> Any:
            return (500, {}, b"") if b"poison" in request.body else accepted(request)

        server = self.server(answer=answer)
        client = self.client(server.url)
        client.record({"type": "score", "name": "poison", "value": 1, "image_id": "i"})
        self.assertTrue(eventually(lambda: len(server.received) >= 1))
        client.record({"type": "score", "name": "fine", "value": 1, "image_id": "i"})
        self.assertTrue(eventually(lambda: client.stats()["sent"].get("records") == 1))
        server.answer = accepted
        self.assertTrue(client.flush(60))
        self.assertEqual(client.stats()["sent"], {"records": 2})

    def test_verdicts(self) -> None:
        self.assertEqual({verdict(s) for s in (0, 408, 429, 502, 503, 504, 401, 403, 404)}, {lanes.WAIT})
        self.assertEqual({verdict(s) for s in (500, 501, 507)}, {lanes.AGAIN_LATER})
        self.assertEqual({verdict(s) for s in (400, 405, 415, 422)}, {lanes.REFUSED})
        self.assertEqual((verdict(200), verdict(204), verdict(413)), (lanes.DONE, lanes.DONE, lanes.HALVES))

    def test_the_end_waits_no_longer_than_it_was_told(self) -> None:
        for answer in (lambda _: FakeServer.HANG, lambda _: (429, {"retry-after": "100"}, b"")):
            server = self.server(answer=answer)
            client = self.client(server.url)
            client.record({"type": "score", "name": "a", "value": 1, "image_id": "i"})
            eventually(lambda: bool(server.received))
            started = time.monotonic()
            client.close()
            self.assertLess(time.monotonic() - started, 10.0)
            self.assertEqual(client.stats()["dropped"], {"records.exit": 1})
        client.record({"type": "score", "name": "late", "value": 1, "image_id": "i"})
        self.assertEqual(client.stats()["dropped"]["records.closed"], 1)

    def test_a_process_with_nobody_to_send_to_ends_at_once(self) -> None:
        client = self.client(f"http://127.0.0.1:{free_port()}", exit_s=60.0)
        client.record({"type": "score", "name": "a", "value": 1, "image_id": "i"})
        time.sleep(0.2)
        started = time.monotonic()
        client.close()
        self.assertLess(time.monotonic() - started, 10.0)

    def test_many_threads_lose_and_double_nothing(self) -> None:
        server = self.server()
        client = self.client(server.url)

        def tell(thread: int) -> None:
            for number in range(300):
                client.record({"type": "score", "name": f"t{thread}", "value": number, "image_id": "i"})

        threads = [threading.Thread(target=tell, args=(at,)) for at in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(client.flush(60))
        told = [(record["name"], record["value"]) for record in server.records()]
        self.assertEqual(len(told), 1_800)
        self.assertEqual(len(set(told)), 1_800)

    @unittest.skipUnless(hasattr(os, "fork"), "no fork here")
    def test_a_forked_child_sends_its_own_and_not_its_parents(self) -> None:
        server = self.server()
        client = self.client(server.url)
        client.record({"type": "score", "name": "parent", "value": 1, "image_id": "i"})
        child = os.fork()
        if child == 0:
            client.record({"type": "score", "name": "child", "value": 1, "image_id": "i"})
            os._exit(0 if client.flush(60) else 1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertTrue(client.flush(60))
        self.assertEqual(sorted(record["name"] for record in server.records()), ["child", "parent"])


class DiskTest(Base):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "buffer"

    def disk_client(self, url: str, **more: Any) -> Client:
        return self.client(url, buffer_dir=str(self.folder), **more)

    def fill(self, client: Client, count: int, start: int = 0) -> None:
        for number in range(start, start + count):
            client.record({"type": "score", "name": "a", "value": number, "image_id": "i"})

    def test_what_cannot_be_sent_outlives_the_process_and_is_sent_by_the_next(self) -> None:
        first = self.disk_client(f"http://127.0.0.1:{free_port()}")
        self.fill(first, 1_500)
        first.close()
        self.assertEqual(first.stats()["dropped"], {})
        self.assertEqual(
            [file.stat().st_mode & 0o777 for file in self.folder.iterdir()], [0o600] * len(list(self.folder.iterdir()))
        )
        server = self.server()
        second = self.disk_client(server.url)
        self.assertTrue(eventually(lambda: second.stats()["sent"].get("records") == 1_500))
        self.assertEqual({record["value"] for record in server.records()}, set(range(1_500)))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_long_outage_goes_to_disk_and_memory_stays_free(self) -> None:
        client = self.disk_client(f"http://127.0.0.1:{free_port()}", max_items=1_200)
        for start in range(0, 6_000, 500):
            self.fill(client, 500, start)
            self.assertTrue(eventually(lambda: len(client.records._fresh) < lanes.BATCH_ITEMS))
        self.assertEqual(client.stats()["dropped"], {})
        client.close()
        server = self.server()
        again = self.disk_client(server.url)
        self.assertTrue(eventually(lambda: again.stats()["sent"].get("records") == 6_000))
        self.assertEqual({record["value"] for record in server.records()}, set(range(6_000)))

    def test_the_disk_is_bounded_and_its_oldest_go_first_counted(self) -> None:
        client = self.disk_client(f"http://127.0.0.1:{free_port()}", buffer_mb=0.2)
        for start in range(0, 3_072, 512):
            self.fill(client, 512, start)
            eventually(lambda: len(client.records._fresh) < lanes.BATCH_ITEMS)
        client.close()
        size = sum(file.stat().st_size for file in self.folder.iterdir())
        self.assertLessEqual(size, 100_000)
        dropped = client.stats()["dropped"]["records.disk_full"]
        kept = [json.loads(line)["value"] for file in self.folder.iterdir() for line in file.read_bytes().splitlines()]
        self.assertEqual(dropped + len(kept), 3_072)
        self.assertIn(3_071, kept)
        self.assertNotIn(0, kept)

    def test_a_folder_that_cannot_be_written_leaves_memory(self) -> None:
        self.folder.parent.mkdir(exist_ok=True)
        self.folder.write_text("a file, no folder")
        server = self.server()
        client = self.disk_client(server.url)
        self.fill(client, 3)
        self.assertTrue(client.flush(60))
        self.assertEqual(client.stats()["sent"], {"records": 3})

    def test_foreign_and_torn_files_in_the_folder_are_left_alone(self) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "notes.txt").write_text("mine")
        (self.folder / ".00000000000000000001-1-0-1.records.part").write_text("torn")
        server = self.server()
        client = self.disk_client(server.url)
        self.fill(client, 1)
        self.assertTrue(client.flush(60))
        self.assertEqual(len(server.received), 1)
        self.assertTrue((self.folder / "notes.txt").exists())


class ExitTest(unittest.TestCase):
    def test_a_script_that_just_ends_has_sent_everything(self) -> None:
        server = FakeServer()
        self.addCleanup(server.close)
        script = (
            "import pegbar\n"
            f"pegbar.init({server.url!r}, otlp_url={server.url!r}, service='s')\n"
            "with pegbar.request('r') as r:\n"
            "    with pegbar.stage('generate', steps=4): pass\n"
            "pegbar.feedback('accept', image_id='i')\n"
        )
        folder = Path(__file__).resolve().parents[1]
        done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([record["type"] for record in server.records()], ["feedback"])
        self.assertEqual(len(server.bodies("/v1/traces")), 1)


if __name__ == "__main__":
    unittest.main()
