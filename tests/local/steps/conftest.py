"""A repository behind a server that wants a token, and the real command as processes beside it."""

import base64
import contextlib
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contract.forge.git_http import GitServer, bare_repository

TOKEN = "t-reader"
APP = "import collections\n\nbatch = []\n\n\ndef flush(sink):\n    sink.extend(batch)\n"
MARK = "setpoint-result:"


def git(folder: Path, *arguments: str) -> str:
    """What git prints for somebody in a repository."""
    who = ("-c", "user.name=A User", "-c", "user.email=user@example.com", "-c", "protocol.file.allow=always")
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@dataclass
class Took:
    """What a step left when it had ended."""

    code: int
    out: str
    err: str
    ending: dict[str, Any]

    @property
    def result(self) -> Any:
        """The result, read with the standard library alone."""
        return unpacked(self.out)


def unpacked(out: str) -> Any:
    """What the last line of an output says."""
    last = out.splitlines()[-1]
    assert last.startswith(MARK)
    return json.loads(gzip.decompress(base64.b64decode(last.removeprefix(MARK))))


@dataclass
class Steps:
    """Runs `setpoint step …` as processes; none of them outlives the test."""

    folder: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)
    count: int = 0

    def take(self, name: str, order: dict[str, Any], environment: dict[str, str] | None = None, **how: Any) -> Took:
        """Carry an order out to its end."""
        file, ending = self.write(order)
        done = self.run(name, "--order", str(file), "--ending", str(ending), environment=environment, **how)
        return Took(done.returncode, done.stdout, done.stderr, json.loads(ending.read_text()))

    def write(self, order: dict[str, Any]) -> tuple[Path, Path]:
        """The files for an order and for the word about its end."""
        self.count += 1
        file = self.folder / f"order-{self.count}.json"
        file.write_text(json.dumps(order))
        return file, self.folder / f"ending-{self.count}.json"

    def run(
        self, *arguments: str, environment: dict[str, str] | None = None, inside: Sequence[str] = ()
    ) -> "subprocess.CompletedProcess[str]":
        """Any step, to its end; `inside` a command that makes its surroundings."""
        command = [*inside, sys.executable, "-m", "setpoint", "step", *arguments]
        whole = {**os.environ, **(environment or {})}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=whole, timeout=240)

    def start(self, name: str, order: dict[str, Any], *more: str) -> tuple["subprocess.Popen[str]", Path]:
        """A step that goes on."""
        file, ending = self.write(order)
        command = [sys.executable, "-m", "setpoint", "step", name, "--order", str(file), "--ending", str(ending), *more]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.running.append(process)
        return process, ending

    def end(self) -> None:
        """All that go on: gently, so that they take their folders with them."""
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


@pytest.fixture
def steps(tmp_path: Path) -> Iterator[Steps]:
    """The command."""
    (tmp_path / "orders").mkdir()
    steps = Steps(tmp_path / "orders")
    yield steps
    steps.end()


def free_port() -> int:
    """One that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Repository:
    """A repository on a server, and a person's clone of it."""

    server: GitServer
    bare: Path
    clone: Path
    token_file: Path

    @property
    def hosting(self) -> dict[str, Any]:
        """Where it is, for an order."""
        return {"kind": "git", "repository": f"{self.server.url}/{self.bare.name}", "tokenFile": str(self.token_file)}

    @property
    def head(self) -> str:
        """The commit of main."""
        return git(self.bare, "rev-parse", "main")

    def commit(self) -> str:
        """Commit and push all that is in the clone; the commit's id."""
        git(self.clone, "add", "--all", "--force")
        git(self.clone, "commit", "--quiet", "--message", "More")
        git(self.clone, "push", "--quiet", "origin", "HEAD:main")
        return self.head


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    """One that only those with a token may read."""
    service, root = tmp_path / "service", tmp_path / "forge"
    (service / "src").mkdir(parents=True)
    (service / "src" / "app.py").write_text(APP)
    root.mkdir()
    bare = bare_repository(root, "checkout.git", service)
    git(tmp_path, "clone", "--quiet", str(bare), str(tmp_path / "clone"))
    (tmp_path / "token").write_text(TOKEN + "\n")
    with GitServer(root, {TOKEN: "reader"}) as server:
        server.private = True
        yield Repository(server, bare, tmp_path / "clone", tmp_path / "token")


@pytest.fixture
def serve(steps: Steps, repository: Repository) -> Callable[..., str]:
    """serve(commit): a source that serves it; its address."""

    def start(commit: str | None = None) -> str:
        port = free_port()
        order = {"hosting": repository.hosting, "branch": "main", "commit": commit or repository.head}
        steps.start("source", order, "--port", str(port))
        wait_for(f"http://127.0.0.1:{port}/healthz", steps.running[-1])
        return f"http://127.0.0.1:{port}"

    return start


def wait_for(url: str, process: "subprocess.Popen[str]", seconds: float = 60.0) -> None:
    """Until something answers there."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert process.poll() is None, process.communicate()
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing answers at {url}")


def end_gently(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """By SIGTERM; exit code and what it printed."""
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    return process.returncode, out, err
