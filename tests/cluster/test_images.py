"""The project's images work as a careful cluster runs them: nobody's user, no privileges, nothing to write to."""

import json

import pytest

OPERATOR = "setpoint.dev/operator:dev"
RUNNER = "setpoint.dev/runner:dev"


def container(image: str, **more: object) -> dict:
    return {
        "name": "main",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **more,
    }


def output(cluster, namespace: str, name: str, image: str, **more: object) -> str:
    """Runs a pod to its end in a namespace and gives what it wrote; it must have ended with 0."""
    spec = {"restartPolicy": "Never", "containers": [container(image, **more)]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    cluster.kubectl.apply(pod, namespace=namespace)
    phases = ("Succeeded", "Failed")

    def phase() -> str:
        status = cluster.kubectl.json("get", "pod", name, "--namespace", namespace)["status"]
        return status["phase"] if status["phase"] in phases else ""

    ended = cluster.eventually(phase)
    log = cluster.kubectl("logs", name, "--namespace", namespace)
    assert ended == "Succeeded", log
    return log


@pytest.fixture
def restricted(cluster) -> str:
    return cluster.namespace(**{"pod-security.kubernetes.io/enforce": "restricted"})


@pytest.mark.parametrize("image", [OPERATOR, RUNNER])
def test_the_image_runs_setpoint_as_its_entry_point(cluster, restricted, image):
    """Its arguments are setpoint's."""
    log = output(cluster, restricted, "asks-for-help", image, args=["--help"])
    assert "usage: setpoint" in log


def test_the_operator_has_no_tool_that_only_its_pods_need(cluster, restricted):
    """Neither k6 nor git nor an editor of code is there to be misused; all that judges is."""
    script = """
import importlib.util, json, os, shutil
found = {name: bool(shutil.which(name)) for name in ("k6", "git", "pip")}
found |= {name: bool(importlib.util.find_spec(name)) for name in ("libcst", "anthropic", "git", "kopf", "setpoint")}
print(json.dumps({**found, "user": os.getuid()}))
"""
    log = output(cluster, restricted, "lists", OPERATOR, command=["python3", "-c", script])
    absent = dict.fromkeys(("k6", "git", "pip", "libcst", "anthropic"), False)
    assert json.loads(log) == {**absent, "kopf": True, "setpoint": True, "user": 65532}


def test_the_runner_has_k6_and_git(cluster, restricted):
    """The pods that load and clone find their programs, as nobody and without a file system to write to."""
    log = output(cluster, restricted, "lists", RUNNER, command=["sh", "-c", "k6 version && git --version && id -u"])
    assert log.startswith("k6 v1.")
    assert "git version 2." in log
    assert log.rstrip().endswith("65532")


@pytest.mark.parametrize("variant", ["leaky", "healthy"])
def test_prometheus_sees_the_demo_service_and_its_container(cluster, restricted, variant):
    """Both what the service says of itself, every two seconds, and what the kubelet says of it."""
    port = {"containerPort": 8080, "name": "http"}
    metadata = {
        "name": variant,
        "labels": {"setpoint.dev/scrape": "fast"},
        "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"},
    }
    spec = {"containers": [container(f"setpoint.dev/demo:{variant}", ports=[port])]}
    cluster.kubectl.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, namespace=restricted)
    selector = f'{{namespace="{restricted}",pod="{variant}",container="main"}}'
    own = cluster.eventually(lambda: cluster.prometheus(f"process_resident_memory_bytes{selector}"))
    outside = cluster.eventually(lambda: cluster.prometheus(f"container_memory_working_set_bytes{selector}"))
    assert len(own) == len(outside) == 1
    assert float(own[0]["value"][1]) > 1e6
    assert float(outside[0]["value"][1]) > 1e6
    scrapes = f"count_over_time(process_resident_memory_bytes{selector}[10s])"
    assert cluster.eventually(lambda: float(cluster.prometheus(scrapes)[0]["value"][1]) >= 5)
