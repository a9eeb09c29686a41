"""A server that answers as a test wants, and what tests of this folder share."""

import contextlib
import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs

import pytest


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Starts servers on 127.0.0.1 that send given bytes to every connection; gives their URL."""
    with contextlib.ExitStack() as ends:

        def start(answer: bytes, *, drip_seconds: float = 0.0) -> str:
            server = ends.enter_context(Bytes(answer, drip_seconds))
            return f"http://127.0.0.1:{server.server_address[1]}"

        yield start


class Bytes(socketserver.ThreadingTCPServer):
    """The same bytes for everybody.

    Its end waits for the loop that accepts: a thread that is left in accept(2) on a number of a file that was closed
    takes the connections of whatever server gets that number next.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, answer: bytes, drip_seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), BytesHandler)
        self.answer, self.drip_seconds, self.over = answer, drip_seconds, threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


class BytesHandler(socketserver.BaseRequestHandler):
    """One connection."""

    server: Bytes

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.request.recv(65536)
            _send(self.request, self.server.answer, self.server.drip_seconds, self.server.over)
            self.request.shutdown(socket.SHUT_WR)
            self.request.recv(65536)


def _send(connection: socket.socket, answer: bytes, drip_seconds: float, over: threading.Event) -> None:
    if not drip_seconds:
        connection.sendall(answer)
        return
    for byte in answer:
        connection.sendall(bytes([byte]))
        if over.wait(drip_seconds):
            return


@pytest.fixture
def respond(serve: Callable[..., str]) -> Callable[..., str]:
    """As `serve`, with the head of an HTTP answer made from status, content type and further headers."""

    def start(body: bytes, status: str = "200 OK", kind: str = "text/plain", headers: str = "", **how: float) -> str:
        length = "" if "Content-Length" in headers or "chunked" in headers else f"Content-Length: {len(body)}\r\n"
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{length}{headers}\r\n"
        return serve(head.encode() + body, **how)

    return start


@pytest.fixture
def prometheus() -> Iterator["FakePrometheus"]:
    """A server that speaks Prometheus's query API, with the answers that a test gives it."""
    fake = FakePrometheus()
    server = ThreadingHTTPServer(("127.0.0.1", 0), fake.handler())
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield fake
    server.shutdown()
    thread.join()
    server.server_close()


class FakePrometheus:
    """Answers a query with the series of all texts in `series` that the query holds, in their order.

    `histograms`: the same, with series as they are to be sent.
    """

    def __init__(self) -> None:
        self.url = ""
        self.series: dict[str, list[tuple[dict[str, str], list[tuple[float, str]]]]] = {}
        self.histograms: dict[str, list[dict[str, object]]] = {}
        self.extra: dict[str, object] = {}
        self.asked: list[dict[str, str]] = []
        self.before: Callable[[dict[str, str]], None] = lambda form: None

    def answer(self, form: dict[str, str], instant: bool) -> dict[str, object]:
        self.asked.append(form)
        self.before(form)
        found = [each for text, some in self.series.items() if text in form["query"] for each in some]
        result = [{"metric": labels, **self._points(points, instant)} for labels, points in found]
        result += [each for text, some in self.histograms.items() if text in form["query"] for each in some]
        kind = "vector" if instant else "matrix"
        return {"status": "success", "data": {"resultType": kind, "result": result}, **self.extra}

    def _points(self, points: list[tuple[float, str]], instant: bool) -> dict[str, object]:
        return {"value": points[-1]} if instant else {"values": points}

    def handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), strict_parsing=True)
                answer = fake.answer({key: values[0] for key, values in form.items()}, self.path.endswith("/query"))
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        return Handler
