"""A server on loopback that answers as it is told: the other end of the sender, for tests."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple


class Received(NamedTuple):
    method: str
    path: str
    headers: Dict[str, str]
    body: bytes
    at: float


Reply = Tuple[int, Dict[str, str], bytes]


def accepted(request: Received) -> Reply:
    lines = request.body.count(b"\n") if request.path.endswith("events") else 0
    return (
        200,
        {"content-type": "application/json"},
        json.dumps({"accepted": lines, "duplicates": 0, "rejected": []}).encode(),
    )


def otlp_accepted(request: Received) -> Reply:
    return (200, {}, b"") if "/v1/" in request.path and "api" not in request.path else accepted(request)


class FakeServer:
    """`answer` may be exchanged at any time; `HANG` keeps the caller waiting."""

    HANG = object()

    def __init__(self, answer: Optional[Callable[[Received], Any]] = None, port: int = 0) -> None:
        self.answer: Callable[[Received], Any] = answer or otlp_accepted
        self.received: List[Received] = []
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Received(self.command, self.path, headers, body, time.monotonic())
                outer.received.append(request)
                reply = outer.answer(request)
                if reply is FakeServer.HANG:
                    outer.closing.wait(30)
                    self.close_connection = True
                    return
                status, more, said = reply
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_POST = do_PUT = do_GET = _serve

            def log_message(self, *_: Any) -> None:
                return

        self.http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def bodies(self, path: str) -> List[bytes]:
        return [request.body for request in self.received if request.path.split("?")[0] == path]

    def records(self) -> List[Dict[str, Any]]:
        return [json.loads(line) for body in self.bodies("/api/v1/events") for line in body.splitlines()]

    def close(self) -> None:
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()


def eventually(check: Callable[[], bool], timeout_s: float = 30.0) -> bool:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if check():
            return True
        time.sleep(0.01)
    return check()
