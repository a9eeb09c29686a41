"""A model repairs a service in a real cluster: the real SDK in the agent's pod, the gateway, a scripted model.

The kubelet makes the agent's token and its API server reviews it; nobody but the gateway has the key.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from cluster.conftest import Cluster
from cluster.test_repair import BUSY, FLUSH, WHOLE, Scenes, _ended
from testbed.gitea_cluster import ClusterGitea
from testbed.install import NAMESPACE as SYSTEM
from testbed.install import VALUES, install
from testbed.repaired import CONFIGURATION, Repaired

KEY, MODEL, PORT = "sk-of-the-installation", "scripted-model", 8080
EDIT = {"path": "processor.py", "old": FLUSH, "new": FLUSH + WHOLE}
LAST = {"title": "Empty the batch", "cause": "processor.py: the batch is never emptied", "explanation": "It is now."}
SCRIPT = {
    "key": KEY,
    "turns": [
        {"tools": [{"name": "grep", "input": {"text": "_flush"}}]},
        {"tools": [{"name": "edit", "input": EDIT}]},
        {"tools": [{"name": "run_tests", "input": {}}]},
        {"tools": [{"name": "finish", "input": LAST}]},
    ],
}
CALLS, COST = 4, Decimal("0.003")  # of a turn: a thousand tokens in, a hundred out


def the_model(namespace: str) -> list[dict[str, Any]]:
    """The scripted model as a service of the cluster."""
    labels = {"app": MODEL}
    command = ["python3", "-m", "setpoint.repair.scripted", "/script/script.json", "--host=0.0.0.0", f"--port={PORT}"]
    box = {
        "name": "model",
        "image": "setpoint.dev/runner:dev",
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "volumeMounts": [{"name": "script", "mountPath": "/script"}],
        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
    }
    pod = {"containers": [box], "volumes": [{"name": "script", "configMap": {"name": MODEL}}]}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    about = {"name": MODEL, "namespace": namespace}
    data = {"script.json": json.dumps(SCRIPT)}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": data},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about, "spec": spec},
        {"apiVersion": "v1", "kind": "Service", "metadata": about, "spec": {"selector": labels, "ports": [_port()]}},
    ]


def _port() -> dict[str, Any]:
    return {"name": "http", "port": PORT, "targetPort": PORT}


@pytest.fixture(scope="module")
def service(cluster: Cluster) -> Iterator[Repaired]:
    """A leaking service whose repair is a model's, with the gateway installed."""
    kubectl, model = cluster.kubectl, cluster.namespace("model")
    kubectl.apply(*the_model(model), namespace=model)
    kubectl("rollout", "status", f"deployment/{MODEL}", "--namespace", model, "--timeout=90s")
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "setpoint-model"},
        "stringData": {"api-key": KEY},
    }
    kubectl.attempt("create", "namespace", SYSTEM)
    kubectl.apply(secret, namespace=SYSTEM)
    upstream = f"http://{MODEL}.{model}.svc:{PORT}"
    gateway = {"enabled": True, "upstream": upstream}
    more = {"gateway": gateway, "networkPolicy": {"model": {"ports": [PORT]}}}
    install(cluster.kubeconfig, {**VALUES, **more, "configuration": {**CONFIGURATION, **BUSY}})
    for name in ("setpoint", "setpoint-gateway"):
        kubectl("rollout", "restart", f"deployment/{name}", "--namespace", SYSTEM)
        kubectl("rollout", "status", f"deployment/{name}", "--namespace", SYSTEM, "--timeout=90s")
    with ClusterGitea(kubectl) as gitea:
        scenes = Scenes(cluster, gitea)
        yield scenes.begin("by-a-model", repair={"proposer": "anthropic", "budget": {"usd": "1.00"}})
    install(cluster.kubeconfig)
    kubectl("delete", "secret", "setpoint-model", "--namespace", SYSTEM)


@pytest.mark.timeout(900)
def test_a_model_repairs_a_service_without_a_key_in_its_pod(cluster: Cluster, service: Repaired) -> None:
    """Its change is proven and its money counted, to the cent, by the gateway."""
    pods: list[dict[str, Any]] = []

    def agent() -> bool:
        chosen = ("--namespace", service.namespace, "--selector", "setpoint.dev/role=agent")
        pods.extend(cluster.kubectl.json("get", "pods", *chosen)["items"])
        return bool(pods)

    cluster.eventually(agent, 300)
    assert KEY not in json.dumps(pods)
    found = _ended(cluster, service, 600)
    assert (found["ended"], found["attempt"]) == ("Verified", 1), found
    assert Decimal(found["budget"]["usd"]) == CALLS * COST
    [pull] = service.pulls()
    assert (pull["draft"], LAST["title"] in pull["title"]) == (False, True)
    log = cluster.kubectl("logs", "deployment/setpoint-gateway", "--namespace", SYSTEM, "--tail=-1")
    lines = [json.loads(line) for line in log.splitlines()]
    calls = [line for line in lines if line["logger"] == "setpoint.gateway.audit"]
    assert [(line["outcome"], line["namespace"]) for line in calls] == [("Answered", service.namespace)] * CALLS
    assert KEY not in log and "_flush" not in log
