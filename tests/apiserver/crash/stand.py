"""One run in a namespace of its own: from a constraint that is breached to the merge of its proven repair."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apiserver.crash import outcome
from apiserver.crash.pods import CountedForge, Players, QuickPrometheus
from apiserver.crash.relay import Relay
from apiserver.crash.runner import Nursery, Runner
from apiserver.crash.seen import Plan, Recorder, Seen
from apiserver.scripted.repairs import COMMIT, Repairs
from setpoint.api.resource import API_VERSION, KIND, PLURAL
from setpoint.kube.cluster import Cluster, path_of

END_SECONDS, SETTLE_SECONDS = 240.0, 30.0
REPOSITORY = "https://git.example.com/shop/checkout.git"
NAME = "checkout"
CONSTRAINT = path_of(API_VERSION, PLURAL)


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a run. `met`: whether the plan's moment came."""

    end: outcome.End
    faults: list[str]
    seen: list[Seen]
    met: bool
    seconds: float
    starts: int
    log: str


@dataclass
class Stand:
    """Where runs are made, several at a time: one API server, one node."""

    cluster: Cluster
    kubeconfig: Path
    players: Players
    nursery: Nursery
    folder: Path
    logs: Path | None = None

    def run(self, namespace: str, plan: Plan | None) -> Finished:
        """Make it."""
        recorder = Recorder(plan)
        repairs = Repairs(self.cluster)
        repairs.forge = forge = CountedForge(recorder)
        began = time.monotonic()
        place = self.folder / namespace
        place.mkdir()
        self.players.add(namespace, repairs)
        self._make_namespace(namespace)
        try:
            with QuickPrometheus() as prometheus, Relay(recorder, prometheus.url) as queries:
                self._apply(namespace, queries.url)
                status, remaining, starts = self._operate(namespace, recorder, place)
        finally:
            self.cluster.delete(path_of("v1", "namespaces", None, namespace))
            self.players.remove(namespace)
        log = (place / "operator.log").read_text(errors="replace")
        end = outcome.end_of(status, forge, recorder, remaining)
        faults = outcome.faults_of(recorder, log)
        if not _is_over(status):
            faults.insert(0, f"it did not end: {json.dumps(status)[:1500]}")
        return Finished(end, faults, recorder.seen, recorder.met, time.monotonic() - began, starts, log)

    def _operate(self, namespace: str, recorder: Recorder, place: Path) -> tuple[dict[str, Any], list[str], int]:
        """Let the operator work until the remediation is over and nothing moves any more."""
        with Relay(recorder, kubeconfig=self.kubeconfig) as relay:
            relay.oldest = self._version(namespace)
            with Runner(self.nursery, namespace, relay.kubeconfig(place), place / "operator.log") as runner:
                recorder.kill = runner.kill
                self._constrain(namespace)
                status = self._until_over(namespace)
                remaining = self._settled(namespace)
                status = self._status(namespace) or status
            return status, remaining, runner.starts

    def _until_over(self, namespace: str) -> dict[str, Any]:
        until = time.monotonic() + END_SECONDS
        while not _cannot_change(status := self._status(namespace)) and time.monotonic() < until:
            time.sleep(0.5)
        return status

    def _settled(self, namespace: str) -> list[str]:
        """What is left once nothing changes any more: the controllers take a moment to remove pods."""
        until, same, before = time.monotonic() + SETTLE_SECONDS, 0, [""]
        while time.monotonic() < until and same < 2:
            now = outcome.left(self.cluster, namespace)
            same = same + 1 if now == before and not _fleeting(now) else 0
            before = now
            time.sleep(0.5)
        return before

    # ── what there is from the beginning ──

    def _make_namespace(self, namespace: str) -> None:
        about = {"name": namespace}
        self.cluster.create(path_of("v1", "namespaces"), {"apiVersion": "v1", "kind": "Namespace", "metadata": about})

    def _version(self, namespace: str) -> str:
        return self.cluster.listing(path_of("v1", "configmaps", namespace))[1]

    def _status(self, namespace: str) -> dict[str, Any]:
        found = self.cluster.get(path_of(API_VERSION, PLURAL, namespace, NAME)).get("status") or {}
        return dict(found)

    def _apply(self, namespace: str, prometheus: str) -> None:
        """The configuration and the target; returns when its pod is ready."""
        for api, plural, body in _target(prometheus):
            self.cluster.create(path_of(api, plural, namespace), {"apiVersion": api, **body})
        until = time.monotonic() + END_SECONDS
        path = path_of("apps/v1", "deployments", namespace, NAME)
        while not (self.cluster.get(path).get("status") or {}).get("availableReplicas"):
            assert time.monotonic() < until, "the target did not become available"
            time.sleep(0.2)

    def _constrain(self, namespace: str) -> None:
        body = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": NAME}, "spec": SPEC}
        self.cluster.create(path_of(API_VERSION, PLURAL, namespace), body)


SPEC = {
    "target": {"deployment": NAME, "service": NAME, "port": "http"},
    "load": {"http": {"path": "/", "rate": 50}, "warmup": "5s", "duration": "55s"},
    "constraints": {"errors": {"budgetPercent": 1}, "memory": {"maxMb": 300}},
    "repair": {
        "mode": "Verify",
        "source": {
            "repository": REPOSITORY,
            "branch": "main",
            "paths": ["app.py"],
            "secretRef": "checkout-git",
            "revision": {"imageTag": "{sha}"},
        },
        "test": {"command": ["python", "-m", "unittest"]},
    },
    "verify": {"source": {"mountPath": "/app"}},
}


def _target(prometheus: str) -> list[tuple[str, str, dict[str, Any]]]:
    labels = {"app": NAME}
    configuration = {
        "prometheus": {"default": {"url": prometheus, "timeout": "5s"}},
        "repositories": ["https://git.example.com/*"],
        "forges": {"git.example.com": {"kind": "gitea"}},
        "allowUnenforcedNetwork": True,
        "retryAfter": "1h",
        "repair": {"lookLater": "1s"},
    }
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": f"checkout:{COMMIT}"}]}}
    deployment = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
    service = {"selector": labels, "ports": [{"name": "http", "port": 80}]}
    data = {"config.yaml": json.dumps(configuration)}
    return [
        ("v1", "configmaps", {"kind": "ConfigMap", "metadata": {"name": "setpoint-config"}, "data": data}),
        ("v1", "services", {"kind": "Service", "metadata": {"name": NAME}, "spec": service}),
        ("apps/v1", "deployments", {"kind": "Deployment", "metadata": {"name": NAME}, "spec": deployment}),
    ]


def _is_over(status: dict[str, Any]) -> bool:
    """Proven, and merged."""
    return (status.get("remediation") or {}).get("ended") == "Merged"


def _cannot_change(status: dict[str, Any]) -> bool:
    """Over, or on a course that does not lead there."""
    ended, run = (status.get("remediation") or {}).get("ended"), status.get("lastRun") or {}
    lost = bool(run.get("finishedAt")) and run.get("result") != "Breached"
    return lost or _is_over(status) or ended not in (None, "Verified")


def _fleeting(remaining: list[str]) -> bool:
    return any(not name.startswith("configmaps") for name in remaining)
