"""The gateway as a process, between the real SDK and a scripted model, with a cluster that knows one agent."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest

from local.gateway.cluster import FakeCluster, running
from setpoint.repair.scripted.script import Script
from setpoint.repair.scripted.server import ScriptedServer, serving

MODEL, SERVICE_KEY = "claude-sonnet-5-5", "sk-of-the-installation"
PROMPT = "the words of the prompt"


class Process:
    """A gateway that runs. What it logs is in `log`."""

    def __init__(self, folder: Path, cluster: FakeCluster, upstream: str, *more: str) -> None:
        folder.mkdir(exist_ok=True)
        self._key = folder / "key"
        self._key.write_text(f"{SERVICE_KEY}\n")
        self._log = folder / "log"
        command = [sys.executable, "-m", "setpoint", "gateway", "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"]
        command += ["--upstream", upstream, "--key-file", str(self._key), *more]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*command, "--kubeconfig", str(cluster.kubeconfig(folder))], stderr=log, stdout=log, env=_environment()
            )
        self.url, self.health = self._addresses()

    @property
    def log(self) -> str:
        """All that it said."""
        return self._log.read_text()

    @property
    def lines(self) -> list[dict[str, str]]:
        """Its audit."""
        said = (json.loads(line) for line in self.log.splitlines())
        return [line for line in said if line["logger"] == "setpoint.gateway.audit"]

    def key(self, text: str) -> None:
        """Put another key into the Secret."""
        self._key.write_text(text)

    def page(self, path: str = "/metrics") -> str:
        """What Prometheus or the kubelet gets."""
        with urllib.request.urlopen(f"{self.health}{path}", timeout=10) as answer:
            return answer.read().decode()

    def kill(self) -> None:
        """As the kernel does it."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """In good order; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)

    def _addresses(self) -> tuple[str, str]:
        deadline = time.monotonic() + 60
        while True:
            said = [json.loads(line)["message"] for line in self.log.splitlines() if line.startswith("{")]
            found = [message for message in said if message.startswith("letting calls through")]
            if found:
                words = found[-1].split()
                return f"http://{words[4].rstrip(',')}", f"http://{words[-1]}"
            assert self._process.poll() is None and time.monotonic() < deadline, self.log
            time.sleep(0.05)


def _environment() -> dict[str, str]:
    hidden = ("ANTHROPIC", "KUBE", "SETPOINT")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}


@pytest.fixture(scope="module")
def cluster() -> Iterator[FakeCluster]:
    """One for the module."""
    with running() as cluster:
        yield cluster


class Upstream:
    """The model's service, whose script can be changed while it serves."""

    def __init__(self, stack: ExitStack) -> None:
        self.server: ScriptedServer = stack.enter_context(serving(_script([{"text": "unused"}])))

    def says(self, *turns: Any) -> None:
        """From now on."""
        self.server.play.script, self.server.play.given = _script(turns), 0
        self.server.play.requests.clear()

    @property
    def asked(self) -> list[Any]:
        """What reached it."""
        return self.server.play.requests


def _script(turns: Any) -> Script:
    return Script.model_validate({"turns": list(turns), "key": SERVICE_KEY})


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """One for the module."""
    with ExitStack() as stack:
        yield Upstream(stack)


@pytest.fixture(scope="module")
def process(cluster: FakeCluster, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One gateway for the module."""
    process = Process(tmp_path_factory.mktemp("gateway"), cluster, upstream.server.url)
    yield process
    assert process.stop() == 0
    assert "Traceback" not in process.log and SERVICE_KEY not in process.log and PROMPT not in process.log


@pytest.fixture
def gateway(process: Process, cluster: FakeCluster, upstream: Upstream) -> Process:
    """The gateway, with nothing spent by this test's constraint, and a model that says hello."""
    cluster.fresh()
    upstream.says({"text": "hello", "times": 100})
    return process


@contextmanager
def client(url: str, token: str = "agent-token", **more: Any) -> Iterator[anthropic.Anthropic]:
    """The real SDK, as an agent's pod has it."""
    with anthropic.Anthropic(auth_token=token, base_url=url, max_retries=0, timeout=60, **more) as made:
        yield made


def ask(url: str, token: str = "agent-token", **more: Any) -> anthropic.types.Message:
    """One answer, streamed."""
    request = {"model": MODEL, "max_tokens": 1000, "messages": [{"role": "user", "content": PROMPT}], **more}
    with client(url, token) as made, made.messages.stream(**request) as stream:
        return stream.get_final_message()


def post(url: str, body: Any, path: str = "/v1/messages", method: str = "POST", **headers: str) -> httpx2.Response:
    """Any request at all."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"authorization": "Bearer agent-token", "anthropic-version": "2023-06-01", **headers}
    return httpx2.request(method, f"{url}{path}", content=data, headers=sent, timeout=60)


class Holding:
    """A service that says how an answer begins, and goes on when it is told to."""

    def __init__(self) -> None:
        self.asked, self.go_on = threading.Event(), threading.Event()


@pytest.fixture
def hold(cluster: FakeCluster, tmp_path: Path) -> Iterator[Callable[..., tuple[Process, Holding]]]:
    """hold(): a gateway of the test's own before such a service."""
    from local.gateway.holding import holding

    cluster.fresh()
    with ExitStack() as stack:
        held, url = stack.enter_context(holding(Holding()))
        stack.callback(held.go_on.set)
        begun: list[Process] = []

        def begin(*more: str) -> tuple[Process, Holding]:
            begun.append(Process(tmp_path / f"gateway-{len(begun)}", cluster, url, *more))
            return begun[-1], held

        yield begin
        for process in begun:
            process.kill()
