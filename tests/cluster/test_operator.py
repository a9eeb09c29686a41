"""The operator in a real cluster: real Jobs, real k6, a real Prometheus; loads of twenty seconds."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from cluster.conftest import Cluster
from testbed.install import NAMESPACE as SYSTEM
from testbed.install import VALUES, install
from testbed.places import TOP

KIND = "performanceconstraints.setpoint.dev"
DEMO = list(yaml.safe_load_all((TOP / "manifests" / "demo" / "cluster" / "demo.yaml").read_text()))
ITEMS = [{"sku": f"SKU-{place}", "name": f"Tea {place}", "quantity": 1, "price": 4.35 + place} for place in range(16)]
LOAD: dict[str, Any] = {
    "http": {
        "method": "POST",
        "path": "/events",
        "rate": 60,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"kind": "order.placed", "customer": {"id": "c-1", "country": "PT"}, "items": ITEMS}),
    },
    "warmup": "5s",
    "duration": "20s",
}
LONG: dict[str, Any] = {**LOAD, "duration": "90s"}


@dataclass
class Office:
    """A namespace with the demo's service and one constraint on it."""

    cluster: Cluster
    namespace: str

    def kubectl(self, *words: str) -> str:
        """kubectl in the namespace."""
        return self.cluster.kubectl(*words, "--namespace", self.namespace)

    def deploy(self, image: str = "setpoint.dev/demo:leaky", memory: str = "512Mi") -> None:
        """The demo's Deployment and Service."""
        wanted = [one for one in DEMO if one["kind"] in ("Deployment", "Service")]
        documents = [json.loads(json.dumps(one)) for one in wanted]
        for one in documents:
            one["metadata"]["namespace"] = self.namespace
            if one["kind"] == "Deployment":
                container = one["spec"]["template"]["spec"]["containers"][0]
                container |= {"image": image}
                container["resources"] = {"limits": {"memory": memory}, "requests": {"memory": "16Mi", "cpu": "50m"}}
        self.cluster.kubectl.apply(*documents, namespace=self.namespace)
        self.kubectl("rollout", "status", "deployment/processor", "--timeout=60s")

    def constrain(self, load: dict[str, Any], **constraints: Any) -> None:
        """The constraint, by default on the retained heap; no request may fail."""
        heap = {"heap": {"maxRetainedGrowthSlope": 0, "smallestEffectMbPerHour": 400}, "errors": {"budgetPercent": 1}}
        spec = {
            "target": {"deployment": "processor", "service": "processor", "port": "http", "metrics": "/metrics"},
            "load": load,
            "constraints": constraints or heap,
            "telemetry": {"runtime": "python"},
        }
        body = {"apiVersion": "setpoint.dev/v1alpha1", "kind": "PerformanceConstraint", "metadata": {"name": "office"}}
        self.cluster.kubectl.apply({**body, "spec": spec}, namespace=self.namespace)

    def status(self) -> dict[str, Any]:
        """The constraint's status."""
        found: dict[str, Any] = self.cluster.kubectl.json("get", KIND, "office", "--namespace", self.namespace)
        return found.get("status") or {}

    def condition(self, kind: str) -> tuple[str, str]:
        """(status, reason) of a condition."""
        one = next((one for one in self.status().get("conditions", []) if one["type"] == kind), {})
        return one.get("status", ""), one.get("reason", "")

    def ends(self, number: int = 1, seconds: float = 120) -> dict[str, Any]:
        """The run of that number, when it has ended."""

        def over() -> Any:
            run = self.status().get("lastRun") or {}
            return run if run.get("number", 0) >= number and run.get("finishedAt") else None

        return self.cluster.eventually(over, seconds)

    def told(self, reason: str) -> list[str]:
        """Names of the Events of that reason on the constraint."""
        about = f"involvedObject.kind=PerformanceConstraint,reason={reason}"
        return self.kubectl("get", "events", "--field-selector", about, "--output", "name").split()

    def loaded(self) -> None:
        """Wait until requests arrive."""
        before = self.requests()
        self.cluster.eventually(lambda: self.requests() > before + 20, 60)

    def requests(self) -> float:
        """POST requests that the target has answered, as it counts them itself."""
        path = f"/api/v1/namespaces/{self.namespace}/services/processor:80/proxy/metrics"
        page = self.cluster.kubectl("get", "--raw", path)
        counts = re.findall(r"^http_requests_total\{[^}]*POST[^}]*\} (\S+)$", page, re.MULTILINE)
        return sum(float(count) for count in counts)

    def stands_still(self, seconds: float, within: float) -> None:
        """No request reaches the target for `seconds`, from `within` seconds after now at the latest."""
        time.sleep(within)
        before = self.requests()
        time.sleep(seconds)
        assert self.requests() == before


@pytest.fixture(scope="module", autouse=True)
def operator(cluster: Cluster) -> Iterator[None]:
    """The chart, with the images of this checkout."""
    install(cluster.kubeconfig)
    cluster.kubectl("rollout", "restart", "deployment/setpoint", "--namespace", SYSTEM)
    cluster.kubectl("rollout", "status", "deployment/setpoint", "--namespace", SYSTEM, "--timeout=90s")
    yield
    log = cluster.kubectl("logs", "deployment/setpoint", "--namespace", SYSTEM, "--tail=-1")
    assert "a fault of the operator" not in log


@pytest.fixture
def office(cluster: Cluster) -> Iterator[Office]:
    """A namespace in which only what is restricted may run."""
    name = cluster.namespace("office", **{"pod-security.kubernetes.io/enforce": "restricted"})
    yield Office(cluster, name)
    cluster.kubectl.attempt("delete", "namespace", name, "--wait=false")


@pytest.fixture
def configured(cluster: Cluster) -> Iterator[Callable[..., None]]:
    """Changes the operator's configuration by the chart's values, and puts it back."""

    def change(**settings: Any) -> None:
        install(cluster.kubeconfig, {**VALUES, "configuration": {**VALUES["configuration"], **settings}})

    yield change
    install(cluster.kubeconfig)


def test_a_leak_is_a_breach_and_its_repaired_twin_complies(office: Office) -> None:
    """The rollout alone begins the second run."""
    office.deploy()
    office.constrain(LOAD)
    office.ends(1)
    assert office.condition("Compliant") == ("False", "SetpointBreached")
    assert office.condition("MetricsAvailable") == ("True", "Fresh")
    office.kubectl("set", "image", "deployment/processor", "processor=setpoint.dev/demo:healthy")
    run = office.ends(2)
    assert run["trigger"] == "Rollout"
    assert office.condition("Compliant") == ("True", "WithinSetpoints")


def test_no_request_comes_fifteen_seconds_after_a_constraint_was_deleted(office: Office) -> None:
    """In the middle of its load; and nothing of it is left."""
    office.deploy()
    office.constrain(LONG)
    office.loaded()
    office.kubectl("delete", KIND, "office", "--timeout=10s")
    office.stands_still(5, within=15)
    ours = ["--selector", "app.kubernetes.io/managed-by=setpoint", "--output", "name"]
    assert office.kubectl("get", "jobs,pods,configmaps", *ours).split() == []


def test_no_request_comes_ten_seconds_after_the_kill_switch(office: Office, configured: Callable[..., None]) -> None:
    """And the operator was not restarted for it."""
    office.deploy()
    office.constrain(LONG)
    office.loaded()
    operators = office.cluster.kubectl("get", "pods", "--namespace", SYSTEM, "--output", "name")
    configured(suspended=True)
    office.stands_still(5, within=10)
    assert office.condition("Ready") == ("True", "Suspended")
    assert office.cluster.kubectl("get", "pods", "--namespace", SYSTEM, "--output", "name") == operators


def test_an_operator_whose_pod_dies_under_a_load_does_not_send_a_second_one(office: Office) -> None:
    """The next one takes the load's result."""
    office.deploy("setpoint.dev/demo:healthy")
    office.constrain(LOAD)
    office.loaded()
    [job] = office.cluster.kubectl.json("get", "jobs", "--namespace", office.namespace)["items"]
    kill = ["delete", "pod", "--selector", "app.kubernetes.io/name=setpoint", "--grace-period=0", "--force"]
    office.cluster.kubectl(*kill, "--namespace", SYSTEM)
    run = office.ends()
    assert run["number"] == 1
    assert office.condition("Compliant") == ("True", "WithinSetpoints")
    events = office.kubectl("get", "events", "--field-selector", "reason=SuccessfulCreate", "--output", "name")
    created = [one for one in events.split() if job["metadata"]["name"] in one]
    assert len(created) == 1


def test_a_target_that_is_killed_for_its_memory_reached_its_limit(office: Office) -> None:
    """A leak must not hide behind its own restarts."""
    office.deploy(memory="24Mi")
    office.constrain({**LOAD, "duration": "40s"}, memory={"maxMb": 20})
    office.ends(seconds=150)
    assert office.condition("Compliant") == ("False", "SetpointBreached")


def test_a_rollout_under_the_load_voids_the_run_and_begins_another(office: Office) -> None:
    """What was measured is gone."""
    office.deploy()
    office.constrain(LONG)
    office.loaded()
    office.kubectl("set", "image", "deployment/processor", "processor=setpoint.dev/demo:healthy")
    # An Event stays; the condition may have changed again, with the second run's end, when somebody looks.
    office.cluster.eventually(lambda: office.told("TargetChanged"), 180)
    office.cluster.eventually(lambda: office.status()["lastRun"]["number"] == 2, 60)
    assert office.status()["lastRun"]["trigger"] == "Rollout"


def test_a_load_without_an_image_says_so(office: Office, cluster: Cluster) -> None:
    """As kubelet sees it."""
    office.deploy()
    image = {"image": {"registry": "setpoint.dev", "repository": "nowhere", "tag": "dev"}}
    install(cluster.kubeconfig, {**VALUES, "runner": image})
    try:
        office.constrain(LOAD)
        office.ends()
        assert office.condition("LoadGenerated") == ("False", "ImagePullFailed")
        assert office.condition("Compliant") == ("Unknown", "LoadNotReached")
    finally:
        install(cluster.kubeconfig)


SCRIPTS = {
    "cannot be read": ("export default function () {", "ScriptError"),
    "asks for too much": (
        "export const options = {scenarios: {s: {executor: 'constant-arrival-rate', rate: 90000, duration: '20s',"
        " preAllocatedVUs: 1}}};\nexport default function () {}",
        "CeilingExceeded",
    ),
}


@pytest.mark.parametrize(("script", "reason"), SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_script_that_cannot_run_says_why(office: Office, script: str, reason: str) -> None:
    """No request is sent."""
    office.deploy()
    office.kubectl("create", "configmap", "load", f"--from-literal=load.js={script}")
    office.constrain({"script": {"configMap": "load", "key": "load.js"}, "warmup": "5s", "duration": "20s"})
    office.ends()
    assert office.condition("LoadGenerated") == ("False", reason)
    assert office.requests() == 0


def test_live_traffic_is_judged_without_a_load(office: Office) -> None:
    """On the target's own figures, once every pod has been there for the whole window."""
    office.deploy("setpoint.dev/demo:healthy")
    office.constrain(LOAD)
    office.ends(1)
    patch = {"spec": {"load": None, "window": "30s", "constraints": {"heap": None, "memory": {"maxMb": 300}}}}
    office.kubectl("patch", KIND, "office", "--type=merge", "--patch", json.dumps(patch))
    office.ends(2)
    assert office.condition("Compliant") == ("True", "WithinSetpoints")
