"""A server that is away, slow or angry costs nothing but what the buffer cannot hold, and that is counted."""

import gzip
import http.server
import json
import os
import tempfile
import threading
import time
import unittest

import recording  # noqa: F401  (puts the node on the path)
from comfyui_pegbar.buffer import Buffer
from comfyui_pegbar.config import Config
from comfyui_pegbar.sender import Sender, retry_after
from comfyui_pegbar.worker import Worker, pack


class Server:
    """Answers with what it is told to, and remembers what it was sent."""

    def __init__(self):
        outer = self
        self.seen, self.answers, self.lock = [], [], threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                with outer.lock:
                    status, headers, answer = outer.answers.pop(0) if outer.answers else (200, {}, {})
                    outer.seen.append((self.command, self.path, dict(self.headers), body, status))
                if self.path == "/api/v1/me":
                    answer = {"otlp_http": outer.url}
                answer = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Sending(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.server = Server()
        self.addCleanup(self.server.close)
        self.now, self.dropped, self.said = 0.0, {}, []

    def drop(self, reason, count):
        self.dropped[reason] = self.dropped.get(reason, 0) + count

    def buffer(self, most_bytes=10_000_000):
        return Buffer(os.path.join(self.folder.name, "queue"), most_bytes, self.drop)

    def sender(self, buffer, url=None, **environment):
        config = Config({"PEGBAR_URL": url or self.server.url, **environment}, self.folder.name)
        return Sender(config, buffer, self.drop, lambda text, good=False: self.said.append(text), "test", clock=lambda: self.now, rand=lambda: 0.5)

    def test_bodies_arrive_in_their_order_with_key_and_coding(self):
        buffer = self.buffer()
        buffer.add("records", pack(b'{"a":1}'), 1)
        buffer.add("traces", pack(b'{"resourceSpans":[]}'), 1)
        sender = self.sender(buffer, PEGBAR_KEY="pk_test")
        sender.pump()
        self.assertEqual([(method, path) for method, path, *_ in self.server.seen], [("POST", "/api/v1/events"), ("GET", "/api/v1/me"), ("POST", "/v1/traces")])
        self.assertEqual(self.server.seen[0][3], b'{"a":1}')
        self.assertEqual({seen[2]["Authorization"] for seen in self.server.seen}, {"Bearer pk_test"})
        self.assertEqual((buffer.entries, os.listdir(buffer.folder), sender.sent), ([], [], 2))

    def test_a_thumbnail_goes_to_the_tenant_of_its_picture(self):
        buffer = self.buffer()
        buffer.add("thumbnail", b"webp", 1, subject="ab12")
        self.sender(buffer, PEGBAR_TENANT="studio a").pump()
        buffer.add("thumbnail", b"webp", 1, subject="ab12")
        self.sender(buffer, PEGBAR_TENANT="studio a", PEGBAR_KEY="pk_test").pump()
        self.assertEqual([seen[1] for seen in self.server.seen], ["/api/v1/thumbnails/ab12?tenant=studio%20a", "/api/v1/thumbnails/ab12"])
        self.assertEqual(self.server.seen[0][3], b"webp")

    def test_retry_after_is_honoured_and_the_body_is_sent_again(self):
        buffer = self.buffer()
        buffer.add("records", pack(b"{}"), 3)
        self.server.answers = [(429, {"Retry-After": "7"}, {}), (503, {}, {}), (200, {}, {})]
        sender = self.sender(buffer)
        sender.pump()
        self.assertEqual(sender.not_before, 7.5)
        self.now = 7.0
        sender.pump()
        self.assertEqual(len(self.server.seen), 1)
        self.now = 8.0
        sender.pump()
        self.now = 100.0
        sender.pump()
        self.assertEqual([seen[4] for seen in self.server.seen], [429, 503, 200])
        self.assertEqual((sender.sent, self.dropped), (3, {}))

    def test_waits_grow_with_chance_and_have_a_bound(self):
        buffer = self.buffer()
        buffer.add("records", pack(b"{}"), 1)
        sender, waits = self.sender(buffer, url="http://127.0.0.1:9"), []
        for _ in range(9):
            sender.pump()
            waits.append(sender.not_before - self.now)
            self.now = sender.not_before
        self.assertEqual(waits[:4], [0.75, 1.5, 3.0, 6.0])
        self.assertEqual(waits[-1], 45.0)
        self.assertEqual(len(self.said), 1)

    def test_what_the_server_refuses_for_good_is_counted_and_does_not_stop_the_rest(self):
        buffer = self.buffer()
        for _ in range(2):
            buffer.add("records", pack(b"{}"), 5)
        self.server.answers = [(400, {}, {"error": {"message": "no"}}), (200, {}, {"accepted": 4, "rejected": [{"message": "bad line"}]})]
        self.sender(buffer).pump()
        self.assertEqual((self.dropped, buffer.entries), ({"refused": 5, "rejected": 1}, []))

    def test_a_wrong_key_is_waited_for(self):
        buffer = self.buffer()
        buffer.add("records", pack(b"{}"), 1)
        self.server.answers = [(401, {}, {"error": {"message": "who are you"}})]
        sender = self.sender(buffer)
        sender.pump()
        self.assertEqual((len(buffer.entries), self.dropped), (1, {}))
        self.assertIn("who are you", self.said[0])
        self.now = 61.0
        sender.pump()
        self.assertEqual(sender.sent, 1)

    def test_the_oldest_go_first_when_the_disk_is_full_and_are_counted(self):
        buffer = self.buffer(most_bytes=1_000)
        for index in range(10):
            buffer.add("records", bytes([index]) * 300, 7)
        self.assertEqual(self.dropped, {"buffer_full": 49})
        self.assertEqual([entry.read()[0] for entry in buffer.entries], [7, 8, 9])
        self.assertEqual(len(os.listdir(buffer.folder)), 3)

    def test_what_is_on_disk_survives_the_process(self):
        first = self.buffer()
        first.add("records", pack(b'{"n":1}'), 2)
        with open(os.path.join(first.folder, "000000000009.records.1.body.part"), "wb") as file:
            file.write(b"half")
        second = self.buffer()
        self.assertEqual([(entry.seq, entry.items) for entry in second.entries], [(1, 2)])
        second.add("records", pack(b'{"n":2}'), 1)
        self.sender(second).pump()
        self.assertEqual([seen[3] for seen in self.server.seen], [b'{"n":1}', b'{"n":2}'])
        self.assertEqual(os.listdir(second.folder), [])

    def test_a_disk_that_takes_nothing_is_stood_in_for_by_memory(self):
        blocked = os.path.join(self.folder.name, "file")
        with open(blocked, "w", encoding="ascii"):
            pass
        buffer = Buffer(os.path.join(blocked, "queue"), 1_000_000, self.drop)
        for _ in range(120):
            buffer.add("records", pack(b"{}"), 1)
        self.assertEqual((len(buffer.entries), self.dropped), (100, {"buffer_full": 20}))
        self.sender(buffer).pump()
        self.assertEqual(len(self.server.seen), 100)

    def test_a_key_that_may_only_send_takes_the_usual_otlp_port(self):
        config = Config({"PEGBAR_URL": "https://pegbar.example/"}, self.folder.name)
        self.assertEqual(config.otlp_fallback(), "https://pegbar.example:4318")
        self.assertFalse(config.with_thumbnails)

    def test_retry_after_is_read_as_seconds_or_date(self):
        self.assertEqual(retry_after({"Retry-After": "3"}), 3.0)
        self.assertEqual(retry_after({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), 0.0)
        self.assertIsNone(retry_after({"Retry-After": "soon"}))
        self.assertIsNone(retry_after({}))


class Settings(unittest.TestCase):
    def test_the_file_beside_the_node_is_read_and_the_environment_wins(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "pegbar.json"), "w", encoding="utf-8") as file:
                json.dump({"url": "http://render:4300", "tenant": "a", "prompts": "off", "colour": "red"}, file)
            config = Config({"PEGBAR_TENANT": "b", "PEGBAR_WORKLOAD": "film"}, folder)
        self.assertEqual((config.url, config.tags, config.with_prompts), ("http://render:4300", {"tenant": "b"}, False))
        self.assertEqual(len(config.problems), 2)

    def test_what_cannot_be_an_address_is_said_and_not_used(self):
        config = Config({"PEGBAR_URL": "render:4300"}, tempfile.gettempdir())
        self.assertEqual(config.url, "http://127.0.0.1:4300")
        self.assertIn("url is 'render:4300'", config.problems[0])


class Whole(unittest.TestCase):
    """The worker with a server that is away at first: all of it arrives, once."""

    def test_a_day_without_a_server_loses_nothing_that_fits(self):
        server = Server()
        url = server.url
        with tempfile.TemporaryDirectory() as folder:
            said = []
            config = Config({"PEGBAR_URL": "http://127.0.0.1:9", "PEGBAR_BUFFER_DIR": folder}, folder)
            worker = Worker(config, "0", lambda text, good=False: said.append(text))
            worker.start()
            for fact in recording.observed():
                worker.facts.put(fact)
            deadline = time.monotonic() + 90
            while (worker.facts.qsize() or worker.assembler.runs) and time.monotonic() < deadline:
                time.sleep(0.05)
            worker.stop()
            self.assertEqual((worker.dropped, worker.sender.sent), ({}, 0))
            kept = worker.buffer.items
            self.assertGreater(kept, 200)
            again = Worker(Config({"PEGBAR_URL": url, "PEGBAR_BUFFER_DIR": folder}, folder), "0", lambda text, good=False: said.append(text))
            again.start()
            while (not again.sender or again.sender.sent < kept) and time.monotonic() < deadline:
                time.sleep(0.05)
            again.stop()
            self.assertEqual(again.sender.sent, kept)
        server.close()
        lines = sum(len(seen[3].splitlines()) for seen in server.seen if seen[1] == "/api/v1/events")
        spans = sum(len(json.loads(seen[3])["resourceSpans"][0]["scopeSpans"][0]["spans"]) for seen in server.seen if seen[1] == "/v1/traces")
        self.assertEqual(lines + spans, kept)


class Killed(unittest.TestCase):
    def test_prompts_that_a_killed_process_left_open_are_closed_at_the_next_start(self):
        facts = list(recording.observed())
        cut = next(index for index, fact in enumerate(facts) if fact[0] == "node_finish")
        with tempfile.TemporaryDirectory() as folder:
            environment = {"PEGBAR_URL": "http://127.0.0.1:9", "PEGBAR_BUFFER_DIR": folder}
            first = Worker(Config(environment, folder), "0", lambda *args, **more: None)
            first._open()
            for fact in facts[:cut]:
                first._take(fact)
            first._mark()
            # kill -9: nothing more is written
            second = Worker(Config(environment, folder), "0", lambda *args, **more: None)
            second._open()
            bodies = [json.loads(gzip.decompress(entry.read())) for entry in second.buffer.entries if entry.door == "traces"]
            self.assertFalse(os.path.exists(second.marker))
        spans = bodies[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]
        attributes = {one["key"]: one["value"] for one in spans[0]["attributes"]}
        self.assertEqual(attributes["pegbar.outcome"], {"stringValue": "failed"})
        self.assertEqual(attributes["pegbar.error.code"], {"stringValue": "internal"})
        self.assertEqual(attributes["pegbar.sampler"], {"stringValue": "euler"})
        self.assertEqual(spans[0]["spanId"], next(iter(first.assembler.runs.values())).root_span)


if __name__ == "__main__":
    unittest.main()
