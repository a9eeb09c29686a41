"""A small service on CPython whose memory behaves as its environment says. README.md lists the variables."""

import gc
import hashlib
import json
import os
import random
import resource
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

STARTED = time.monotonic()
TEXT = "text/plain; version=0.0.4"


def setting(name: str) -> int:
    """A whole number from the environment; 0 when it is not set."""
    return int(os.environ.get(name, "0"))


class Loop:
    """Garbage that only the cycle collector can free."""

    def __init__(self, size: int) -> None:
        self.itself = self
        self.content = bytearray(size)


class Memory:
    """What the service keeps, and what it throws away, on each request."""

    def __init__(self) -> None:
        self.leaked: list[bytes] = []
        self.cached: dict[int, bytes] = {}
        self.step: bytes | None = None
        self.lock = threading.Lock()
        self.leak, self.garbage = setting("LEAK_BYTES"), setting("GARBAGE_BYTES")
        self.cache_keys, self.cache_entry = setting("CACHE_KEYS"), setting("CACHE_ENTRY_BYTES")
        self.step_size, self.step_after = setting("STEP_BYTES"), setting("STEP_AFTER_SECONDS")

    def touch(self) -> None:
        """Behave as one request should. os.urandom, because pages of zeros need no memory."""
        with self.lock:
            if self.leak:
                self.leaked.append(os.urandom(self.leak))
            if self.cache_keys and (key := random.randrange(self.cache_keys)) not in self.cached:
                self.cached[key] = os.urandom(self.cache_entry)
            if self.step_size and self.step is None and time.monotonic() - STARTED >= self.step_after:
                self.step = os.urandom(self.step_size)
        if self.garbage:
            Loop(self.garbage)


MEMORY = Memory()


def work() -> str:
    """Some computation with short-lived objects: about 20 kB of them."""
    MEMORY.touch()
    order = [{"id": number, "amount": random.random()} for number in range(100)]
    return hashlib.sha256(json.dumps(order).encode()).hexdigest() + "\n"


def metrics() -> str:
    """What the Python client exports, in its names."""
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    collections = "".join(
        f'python_gc_collections_total{{generation="{number}"}} {one["collections"]}\n'
        for number, one in enumerate(gc.get_stats())
    )
    return (
        f"# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {resident}\n"
        f"# TYPE python_gc_collections_total counter\n{collections}"
    )


ROUTES: dict[str, Callable[[], str]] = {"/work": work, "/healthz": lambda: "ok\n", "/metrics": metrics}


class Handler(BaseHTTPRequestHandler):
    """One connection for each request: HTTP/1.0, so that idle connections hold no threads."""

    def do_GET(self) -> None:
        """Answer one of ROUTES."""
        answer = ROUTES.get(self.path)
        body = answer().encode() if answer else b""
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", TEXT)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """No access log."""


class Server(ThreadingHTTPServer):
    """Keeps no list of its threads."""

    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    Server(("127.0.0.1", setting("PORT")), Handler).serve_forever()
