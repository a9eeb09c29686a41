"""A real API server with the CRD, constraints whose status the test writes, and the commands that people call."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from setpoint.api.resource import API_VERSION, PLURAL
from setpoint.cli.main import main
from setpoint.kube.cluster import Cluster, connect, path_of
from testbed.control_plane import ControlPlane

ROOT = Path(__file__).parents[3]
SETPOINT = Path(sys.executable).with_name("setpoint")
KIND = f"{PLURAL}.setpoint.dev"
AT = "2026-01-01T00:00:00Z"
SPEC = {
    "target": {"deployment": "checkout", "service": "checkout", "port": 80},
    "load": {"http": {"path": "/", "rate": 10}},
    "constraints": {"memory": {"maxMb": 300}, "errors": {"budgetPercent": 1}},
}


@dataclass
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Made:
    """A constraint in the API server, written to as the operator does."""

    def __init__(self, api: ControlPlane, cluster: Cluster, namespace: str, name: str) -> None:
        self.api, self.namespace, self.name, self._cluster = api, namespace, name, cluster
        self._path = path_of(API_VERSION, PLURAL, namespace, name)

    def object(self) -> dict[str, Any]:
        """As the server has it."""
        return self._cluster.get(self._path)

    def says(self, **status: Any) -> None:
        """Writes the whole status; `conditions` as {type: (status, reason, message)}."""
        found = self.object()
        generation = found["metadata"]["generation"]
        made = [
            {
                "type": kind,
                "status": truth,
                "reason": reason,
                "message": message,
                "lastTransitionTime": AT,
                "observedGeneration": generation,
            }
            for kind, (truth, reason, message) in status.pop("conditions", {}).items()
        ]
        whole = {"observedGeneration": generation, **({"conditions": made} if made else {}), **status}
        self._cluster.replace(f"{self._path}/status", {**found, "status": whole})

    def patch(self, body: dict[str, Any]) -> None:
        """A merge patch."""
        self._cluster.merge(self._path, body)

    def delete(self) -> None:
        """Gone when this returns."""
        self._cluster.delete(self._path)


@pytest.fixture(scope="session")
def served(api: ControlPlane) -> ControlPlane:
    """The API server, which serves our kind."""
    api.kubectl("apply", "--filename", str(ROOT / "crds" / f"{KIND}.yaml"), "--server-side")
    api.kubectl("wait", "--for=condition=Established", f"crd/{KIND}", "--timeout=30s")
    return api


@pytest.fixture
def made(served: ControlPlane, namespace: str) -> Callable[..., Made]:
    """Makes a constraint in the test's namespace, with that status."""
    cluster = connect(str(served.kubeconfig))

    def _made(name: str = "checkout", spec: dict[str, Any] | None = None, **status: Any) -> Made:
        body = {"apiVersion": API_VERSION, "kind": "PerformanceConstraint", "metadata": {"name": name}}
        cluster.create(path_of(API_VERSION, PLURAL, namespace), {**body, "spec": {**SPEC, **(spec or {})}})
        constraint = Made(served, cluster, namespace, name)
        if status:
            constraint.says(**status)
        return constraint

    return _made


@pytest.fixture
def kube(served: ControlPlane, namespace: str, capsys, monkeypatch) -> Callable[..., Said]:
    """`setpoint kube ...` in this process, in the test's namespace unless the words name another."""
    monkeypatch.setenv("KUBECONFIG", str(served.kubeconfig))
    monkeypatch.setenv("COLUMNS", "120")

    def _kube(*words: str) -> Said:
        here = () if {"-n", "-A", "--namespace"} & set(words) else ("-n", namespace)
        code = main(["kube", *words, *here])
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return _kube


class Started:
    """A command as a process, whose lines are read as they come."""

    def __init__(self, words: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, bufsize=1
        )
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()

    def wait_for(self, part: str, seconds: float = 30) -> str:
        """The first line with that part."""
        with self._news:
            found = self._news.wait_for(lambda: next((line for line in self.lines if part in line), None), seconds)
        assert found, f"no line with {part!r} in {self.lines}"
        return found

    def ended(self, seconds: float = 30) -> Said:
        """After it has ended."""
        code = self.process.wait(seconds)
        self._reader.join(5)
        assert self.process.stderr
        return Said(code, "\n".join(self.lines), self.process.stderr.read())


@pytest.fixture
def start(served: ControlPlane, namespace: str) -> Iterator[Callable[..., Started]]:
    """`setpoint kube ...` as a process in the test's namespace; killed at the test's end."""
    running: list[Started] = []

    def _start(*words: str) -> Started:
        environment = {**os.environ, "KUBECONFIG": str(served.kubeconfig), "COLUMNS": "120"}
        here = [] if "-A" in words else ["-n", namespace]
        running.append(Started([str(SETPOINT), "kube", *words, *here], environment))
        return running[-1]

    yield _start
    for one in running:
        one.process.kill()
        one.process.wait()
        for stream in (one.process.stdout, one.process.stderr):
            if stream:
                stream.close()
