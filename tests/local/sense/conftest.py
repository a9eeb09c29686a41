"""Real processes as copies of a service."""

import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SERVICE = Path(__file__).parent / "service.py"


@dataclass
class RunningCopy:
    """A child process as `setpoint.api.ports.Copy`."""

    name: str
    url: str
    process: subprocess.Popen[str]

    def alive(self) -> bool:
        return self.process.poll() is None

    def pids(self) -> list[int]:
        if not self.alive():
            return []
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def output(self) -> str:
        return ""

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=10) as response:
            return response.read()


@pytest.fixture
def start_copy() -> Iterator[Callable[[], RunningCopy]]:
    """Starts the service; every copy is ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def start() -> RunningCopy:
        process = subprocess.Popen([sys.executable, SERVICE], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        port = int(process.stdout.readline())
        return RunningCopy("checkout", f"http://127.0.0.1:{port}", process)

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def copy(start_copy: Callable[[], RunningCopy]) -> RunningCopy:
    """One running copy of the service."""
    return start_copy()
