"""The node that this suite stands on is a real one: pods run, find each other by name, and are held to their rights."""

import json

SHELL = "setpoint.dev/testbed/shell:1"


def pod(name: str, script: str, **spec: object) -> dict:
    container = {
        "name": "main",
        "image": SHELL,
        "command": ["sh", "-c", script],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "resources": {"limits": {"memory": "32Mi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container], **spec},
    }


def ended(cluster, namespace: str, name: str) -> dict:
    """Waits for the pod's end; gives its container's end state."""
    phase = "jsonpath={.status.containerStatuses[0].state.terminated.reason}"
    cluster.kubectl("wait", f"pod/{name}", "--namespace", namespace, f"--for={phase}", "--timeout=60s")
    status = cluster.kubectl.json("get", "pod", name, "--namespace", namespace)["status"]
    return status["containerStatuses"][0]["state"]["terminated"]


def test_the_node_is_ready(cluster):
    """The kubelet says so itself."""
    nodes = cluster.kubectl.json("get", "nodes")["items"]
    ready = [c["status"] for node in nodes for c in node["status"]["conditions"] if c["type"] == "Ready"]
    assert ready == ["True"]


def test_a_pod_runs_and_resolves_a_service_by_its_name(cluster, namespace):
    """DNS and the service address work from within a pod; its log can be read."""
    name = "kubernetes.default.svc.cluster.local"
    script = f"nslookup {name} && nc -w 5 {name} 443 < /dev/null && echo reached"
    cluster.kubectl.apply(pod("looks-up", script), namespace=namespace)
    assert ended(cluster, namespace, "looks-up")["exitCode"] == 0
    log = cluster.kubectl("logs", "looks-up", "--namespace", namespace)
    assert "10.96.0.1" in log
    assert log.rstrip().endswith("reached")


def test_a_pod_cannot_reach_anything_outside(cluster, namespace):
    """Loads and mistakes stay on the node."""
    cluster.kubectl.apply(pod("leaves", "nc -w 3 192.0.2.1 80 < /dev/null"), namespace=namespace)
    assert ended(cluster, namespace, "leaves")["exitCode"] == 1
    assert "unreachable" in cluster.kubectl("logs", "leaves", "--namespace", namespace)


def test_a_pod_over_its_memory_limit_is_killed_for_it(cluster, namespace):
    """The kernel enforces the limit and the kubelet names the reason."""
    cluster.kubectl.apply(pod("grows", 'a=x; while true; do a="$a$a"; done'), namespace=namespace)
    assert ended(cluster, namespace, "grows")["reason"] == "OOMKilled"


def test_a_pod_that_asks_for_too_much_is_refused_where_the_namespace_is_restricted(cluster):
    """Pod security is enforced by the namespace's label."""
    restricted = cluster.namespace(**{"pod-security.kubernetes.io/enforce": "restricted"})
    privileged = pod("takes-over", "true", hostNetwork=True)
    given = json.dumps({**privileged, "metadata": {"name": "takes-over", "namespace": restricted}})
    refused = cluster.kubectl.attempt("apply", "--filename", "-", given=given)
    assert refused.returncode == 1
    assert "violates PodSecurity" in refused.stderr
    cluster.kubectl.apply(pod("behaves", "true"), namespace=restricted)
