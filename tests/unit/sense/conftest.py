"""A server that answers as a test wants, and what tests of this folder share."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Starts servers on 127.0.0.1 that send given bytes to every connection; gives their URL."""
    over = threading.Event()
    listeners: list[socket.socket] = []

    def start(answer: bytes, *, drip_seconds: float = 0.0) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=_serve, args=(listener, answer, drip_seconds, over), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    over.set()
    for listener in listeners:
        listener.close()


def _serve(listener: socket.socket, answer: bytes, drip_seconds: float, over: threading.Event) -> None:
    while not over.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                connection.recv(65536)
                _send(connection, answer, drip_seconds, over)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)
            except OSError:
                continue


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
