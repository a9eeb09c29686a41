"""A forge inside the cluster: pods reach it, and tests reach it from outside."""

import pytest

from testbed.gitea_cluster import ClusterGitea
from testbed.places import TOP

RUNNER = "setpoint.dev/runner:dev"


@pytest.fixture(scope="module")
def gitea(cluster):
    with ClusterGitea(cluster.kubectl) as server:
        yield server


def test_a_pod_clones_what_was_put_there_from_outside(cluster, namespace, gitea):
    """The repository of a folder, by the address that pods use."""
    address = gitea.inside(gitea.repository(namespace, "checkout", TOP / "manifests" / "demo"))
    assert address == f"http://gitea.forge:3000/{namespace}/checkout.git"
    script = f"git clone --quiet {address} /tmp/checkout && ls /tmp/checkout"
    container = {"name": "main", "image": RUNNER, "command": ["sh", "-c", script]}
    spec = {"restartPolicy": "Never", "containers": [container]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "clones"}, "spec": spec}
    cluster.kubectl.apply(pod, namespace=namespace)
    wait = ("--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
    cluster.kubectl("wait", "pod/clones", "--namespace", namespace, *wait)
    assert "processor.py" in cluster.kubectl("logs", "clones", "--namespace", namespace)


def test_a_pull_request_is_opened_by_the_bot(namespace, gitea):
    """Its token may do that much."""
    gitea.repository(namespace, "other", TOP / "manifests" / "demo")
    path = f"/repos/{namespace}/other"
    change = {"content": "", "message": "Add a file", "branch": "main", "new_branch": "change"}
    gitea.ask("POST", f"{path}/contents/new.txt", change, person=gitea.bot)
    request = {"title": "WIP: Add a file", "head": "change", "base": "main"}
    opened = gitea.ask("POST", f"{path}/pulls", request, person=gitea.bot)
    assert opened["draft"] is True
    assert opened["user"]["login"] == gitea.bot.name
