"""The operator as a process of its own, against a real API server, a scripted node and a scripted Prometheus."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from apiserver.installed import MADE, SYSTEM, install_powers, operators_kubeconfig
from apiserver.scripted import loads
from apiserver.scripted.node import Node, serves
from apiserver.scripted.prometheus import Prometheus
from setpoint.api.resource import API_VERSION, PLURAL
from setpoint.kube.cluster import Cluster, connect, path_of
from testbed.audit import Audit
from testbed.control_plane import ControlPlane

KIND = "performanceconstraints.setpoint.dev"
SETPOINT = Path(sys.executable).parent / "setpoint"


@dataclass
class Operator:
    """One process; it may be killed and started again."""

    kubeconfig: Path
    log: Path
    more: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    port: int = field(default_factory=lambda: _free_port())

    def start(self) -> None:
        """Start it, and wait until it watches."""
        command = [
            str(SETPOINT),
            "operator",
            "--kubeconfig",
            str(self.kubeconfig),
            "--listen",
            f"127.0.0.1:{self.port}",
        ]
        environment = {**os.environ, "SETPOINT_NAMESPACE": SYSTEM}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*command, *self.more], stdout=log, stderr=log, env=environment)
        eventually(lambda: self.ask("/readyz") == 200, 30)

    def ask(self, path: str) -> int:
        """The status that a path of its HTTP server gives; 0 where nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status
        except OSError:
            return 0

    def kill(self) -> None:
        """As when its node loses power."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)

    def logged(self) -> str:
        """All that it has said."""
        return self.log.read_text(errors="replace")


@dataclass
class Shop:
    """A namespace with a Deployment, its Service and whatever constraints a test makes."""

    plane: ControlPlane
    namespace: str
    node: Node
    prometheus: Prometheus
    operator: Operator
    cluster: Cluster

    def deploy(self, name: str = "checkout", image: str = "checkout:1", replicas: int = 1) -> None:
        """A Deployment of pods that stay, and a Service before it; waits until it is available, where it can be."""
        labels = {"app": name}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": image}]}}
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod}
        deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
        ports = [{"name": "http", "port": 80}]
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": labels, "ports": ports},
        }
        self.plane.kubectl.apply(deployment, service, namespace=self.namespace)
        if replicas:
            self.kubectl("rollout", "status", f"deployment/{name}", "--timeout=30s")
        self.prometheus.pods = self.pods(name)

    def pods(self, name: str = "checkout") -> tuple[str, ...]:
        """The names of its pods."""
        return tuple(pod["metadata"]["name"] for pod in self.objects("pods", labels=f"app={name}"))

    def constrain(self, name: str = "checkout", target: str = "checkout", **changes: Any) -> None:
        """Apply a constraint: memory under 300 MB at 50 requests a second for a minute; `changes` are of its spec."""
        load = {"http": {"path": "/", "rate": 50}, "warmup": "5s", "duration": "55s"}
        spec = {
            "target": {"deployment": target, "service": target, "port": "http"},
            "load": load,
            "constraints": {"memory": {"maxMb": 300}, "errors": {"budgetPercent": 1}},
            **changes,
        }
        body = {"apiVersion": "setpoint.dev/v1alpha1", "kind": "PerformanceConstraint", "metadata": {"name": name}}
        self.plane.kubectl.apply(
            {**body, "spec": {k: v for k, v in spec.items() if v is not None}}, namespace=self.namespace
        )

    def kubectl(self, *words: str) -> str:
        """kubectl in the namespace."""
        return self.plane.kubectl(*words, "--namespace", self.namespace)

    def status(self, name: str = "checkout") -> dict[str, Any]:
        """The status of a constraint."""
        return self.cluster.get(path_of(API_VERSION, PLURAL, self.namespace, name)).get("status") or {}

    def objects(self, plural: str, api: str = "v1", labels: str = "") -> list[dict[str, Any]]:
        """Objects of the namespace, read without the cost of a kubectl: most tests look several times a second."""
        return self.cluster.list(path_of(api, plural, self.namespace), labels=labels)

    def condition(self, kind: str, name: str = "checkout") -> tuple[str, str]:
        """(status, reason) of a condition; empty where there is none."""
        one = next((one for one in self.status(name).get("conditions", []) if one["type"] == kind), {})
        return one.get("status", ""), one.get("reason", "")

    def message(self, kind: str, name: str = "checkout") -> str:
        """What a condition says."""
        return next((one["message"] for one in self.status(name).get("conditions", []) if one["type"] == kind), "")

    def becomes(self, kind: str, status: str, reason: str, name: str = "checkout", seconds: float = 40) -> None:
        """Wait until a condition is that."""
        eventually(
            lambda: self.condition(kind, name) == (status, reason), seconds, lambda: json.dumps(self.status(name))
        )

    def ends(self, number: int = 1, name: str = "checkout", seconds: float = 40) -> dict[str, Any]:
        """Wait until the run of that number has ended; it."""

        def over() -> bool:
            run = self.status(name).get("lastRun") or {}
            return run.get("number", 0) >= number and bool(run.get("finishedAt"))

        eventually(over, seconds, lambda: json.dumps(self.status(name)))
        run: dict[str, Any] = self.status(name)["lastRun"]
        return run

    def jobs(self) -> list[str]:
        """The names of the Jobs that there are."""
        return [job["metadata"]["name"] for job in self.objects("jobs", "batch/v1")]

    def loading(self) -> int:
        """How many load pods run."""
        loads = self.objects("pods", labels="setpoint.dev/role=load")
        return len([pod for pod in loads if pod["status"].get("phase") == "Running"])

    def managed(self, labels: str = "app.kubernetes.io/managed-by=setpoint") -> list[tuple[str, dict[str, str]]]:
        """What of ours is in the namespace: "Kind name", and the labels."""
        return [
            (f"{kind} {one['metadata']['name']}", one["metadata"]["labels"])
            for kind, (api, plural) in MADE.items()
            for one in self.objects(plural, api, labels)
        ]

    def configure(self, **settings: Any) -> None:
        """Change the operator's configuration."""
        configure(self.plane, self.prometheus.url, **settings)


def eventually(look: Callable[[], bool], seconds: float, shown: Callable[[], str] = lambda: "") -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < until, f"not so within {seconds:g} s {shown()}"
        time.sleep(0.2)


def configure(plane: ControlPlane, prometheus: str, **settings: Any) -> None:
    """Write the operator's configuration; runs that could not be judged are not tried again within a test."""
    own = {"prometheus": {"default": {"url": prometheus, "timeout": "2s"}}, "retryAfter": "1h", **settings}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "setpoint-config"}}
    plane.kubectl.apply({**config, "data": {"config.yaml": json.dumps(own)}}, namespace=SYSTEM)


@pytest.fixture(scope="session")
def plane(api: ControlPlane) -> ControlPlane:
    """The API server with the CRD, the operator's namespace and account, its rights and the policies that bind it."""
    install_powers(api)
    return api


@pytest.fixture(scope="session")
def node(plane: ControlPlane) -> Iterator[Node]:
    """The scripted node."""
    with Node(connect(str(plane.kubeconfig), user_agent="scripted-node")) as node:
        yield node


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    """The scripted Prometheus."""
    with Prometheus() as prometheus:
        yield prometheus


@pytest.fixture
def operator(plane: ControlPlane, namespace: str, prometheus: Prometheus, tmp_path: Path) -> Iterator[Operator]:
    """An operator of the test's namespace alone, running, with the rights that the chart gives it and no other."""
    configure(plane, prometheus.url)
    kubeconfig = operators_kubeconfig(plane, tmp_path / "kubeconfig")
    operator = Operator(kubeconfig, tmp_path / "operator.log", ("--namespace", namespace))
    operator.start()
    yield operator
    if operator.process and operator.process.poll() is None:
        operator.stop()
    assert "a fault of the operator" not in operator.logged()
    assert "whether the CRD is of this version cannot be seen" not in operator.logged()


@pytest.fixture
def shop(plane: ControlPlane, namespace: str, node: Node, prometheus: Prometheus, operator: Operator) -> Shop:
    """Everything, with loads that complete in a second and pods that have been there for long."""
    node.load, node.others = loads.completes(), serves
    return Shop(plane, namespace, node, prometheus, operator, connect(str(plane.kubeconfig)))


@pytest.fixture
def audit(plane: ControlPlane) -> Audit:
    """Requests to the API server from now on."""
    return Audit(plane.audit_log).now()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return int(opened.getsockname()[1])
