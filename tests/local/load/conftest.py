"""A small target, and loads on it by the real k6."""

import http.server
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from setpoint.api.ports import LoadFrame, LoadOrder, RunningLoad
from setpoint.api.spec import Http, Load
from setpoint.load.ceilings import Ceilings
from setpoint.load.k6 import K6Loader


@dataclass
class Target:
    """What was asked of the server, and how to let its hanging answers go."""

    url: str = ""
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


class Handler(http.server.BaseHTTPRequestHandler):
    """The path says how the answer is: /slow, /hang, /redirect, or /<status>."""

    protocol_version = "HTTP/1.1"
    target: Target

    def answer(self) -> None:
        """Answer with 100 bytes."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.target.requests.append((self.command, self.path, dict(self.headers), body))
        if self.path == "/hang":
            self.target.released.wait(30)
        if self.path == "/slow":
            time.sleep(0.3)
        last = self.path.rpartition("/")[2]
        self.send_response(302 if last == "redirect" else int(last) if last.isdigit() else 200)
        if last == "redirect":
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "100")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"x" * 100)

    do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    """A server whose clients may go away at any moment."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        """k6 was ended while it waited for an answer: that is what some tests do."""


@pytest.fixture
def target() -> Iterator[Target]:
    """A server on a free port of 127.0.0.1."""
    target = Target()
    server = Server(("127.0.0.1", 0), type("Handler", (Handler,), {"target": target}))
    target.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield target
    target.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


class Lab:
    """Starts loads on the target. `owner` marks the processes that come of them."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target, self.folder = target, folder
        self.owner = f"test-{uuid.uuid4()}"
        self.loader = K6Loader(
            environment={"SETPOINT_OWNER": self.owner, "SECRET": "s", "K6_VUS": "9"}, init_seconds=1.5
        )

    def limited(self, rate: float) -> K6Loader:
        """A loader of which nobody gets more than `rate` requests a second."""
        return K6Loader(environment={"SETPOINT_OWNER": self.owner}, ceilings=Ceilings(rate=rate))

    def order(self, what: Http | str, *, warmup: float, duration: float, limits: tuple[float, ...] = ()) -> LoadOrder:
        """An order for one request, or for a script given by its text."""
        if isinstance(what, str):
            (self.folder / "load.js").write_text(what)
            load = Load(script="load.js", warmup=warmup, duration=duration)
        else:
            load = Load(http=what, warmup=warmup, duration=duration)
        return LoadOrder(load, self.target.url, limits, self.folder, "seed")

    @contextmanager
    def load(
        self, what: Http | str, *, warmup: float = 0.0, duration: float = 2.0, limits: tuple[float, ...] = ()
    ) -> Iterator[RunningLoad]:
        """A load under way."""
        with self.loader.start(self.order(what, warmup=warmup, duration=duration, limits=limits)) as running:
            yield running

    def run(self, what: Http | str, *, patience: float = 40.0, **options: object) -> LoadFrame:
        """The last frame of a load that runs to its end."""
        with self.load(what, **options) as running:
            return self.wait(running, lambda frame: frame.finished, patience)

    @staticmethod
    def wait(running: RunningLoad, happened: object, patience: float = 40.0) -> LoadFrame:
        """The first frame for which `happened` is true."""
        until = time.monotonic() + patience
        while not happened(frame := running.frame()):
            assert time.monotonic() < until, frame
            time.sleep(0.05)
        return frame

    def processes(self) -> list[int]:
        """Processes that came of our loads and still live."""
        mark = f"SETPOINT_OWNER={self.owner}".encode()
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._has(entry, mark)]

    @staticmethod
    def _has(process: Path, mark: bytes) -> bool:
        try:
            return mark in (process / "environ").read_bytes().split(b"\0")
        except OSError:
            return False  # it has ended, or is not ours


@pytest.fixture
def lab(target: Target, tmp_path: Path) -> Iterator[Lab]:
    """Loads on the target; afterwards none of their processes may be left."""
    lab = Lab(target, tmp_path)
    yield lab
    assert lab.processes() == []
