"""Small real services, in the ways that services behave and misbehave, and a plant to run them."""

import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from setpoint.api.spec import LocalTarget
from setpoint.plant.process import ProcessPlant
from setpoint.plant.sweep import sweep

SERVE = """
import http.server, os, signal, socket, subprocess, sys, time

def serve(port=None, status=200):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status() if callable(status) else status)
            self.end_headers()
        def log_message(self, *args):
            pass
    http.server.HTTPServer(("127.0.0.1", port or int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout of the service."""
    tree = tmp_path / "check out"
    tree.mkdir()
    return tree


@pytest.fixture
def owner(request: pytest.FixtureRequest) -> Iterator[str]:
    """A mark of this test's own; whatever a failing test left behind is swept at its end."""
    mark = f"test-{os.getpid()}-{request.node.name}"
    yield mark
    sweep(mark)


@pytest.fixture
def plant_of(tree: Path, tmp_path: Path, owner: str) -> Callable[..., ProcessPlant]:
    """plant_of(code, …): a plant whose service is that Python program, started after the helpers above."""

    def make(code: str, *, ready_timeout: float = 20.0, **target: object) -> ProcessPlant:
        (tree / "app.py").write_text(SERVE + textwrap.dedent(code))
        # -S keeps the start short; nothing that is tested here depends on site-packages.
        spec = LocalTarget(command=(sys.executable, "-S", "app.py"), **target)
        return ProcessPlant(spec, tmp_path / "logs", owner=owner, ready_timeout=ready_timeout)

    return make


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], bool]:
    """eventually(condition): whether it became true within ten seconds."""

    def wait(condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.02)
        return condition()

    return wait
