"""The whole loop in a real cluster: Gitea, pods with separate powers, copies under a real load, people who merge.

How each step can fail is tried on a scripted node (tests/apiserver/operator/repair); the playbook is in
`make cluster-demo REPAIR=1`. Here a proposer of the project's own is wrong first and right then.
"""

import time
from collections.abc import Iterator

import pytest

from cluster.conftest import Cluster
from testbed.gitea_cluster import ClusterGitea
from testbed.install import NAMESPACE as SYSTEM
from testbed.install import VALUES, install
from testbed.repaired import CONFIGURATION, Repaired

# Run in the toolbox, in the service's own image, with the brief at hand: how often was it tried before?
PROPOSE = """
import json, os, pathlib
tried = json.load(open(os.environ["SETPOINT_BRIEF_JSON"]))["tried"]
file, flush = pathlib.Path("processor.py"), "            self._flush()\\n"
right, wrong = flush + "            self.events.clear()\\n", flush.replace("\\n", "  # is enough\\n")
file.write_text(file.read_text().replace(flush, right if tried else wrong, 1))
print("Empty the batch" if tried else "Say that it is enough")
"""


@pytest.fixture(scope="module")
def repaired(cluster: Cluster) -> Iterator[Repaired]:
    """The demo service with its repository, and an operator that may repair it."""
    values = {**VALUES, "configuration": {**CONFIGURATION, "repair": {"lookLater": "5s", "lookEvery": "20s"}}}
    install(cluster.kubeconfig, values)
    cluster.kubectl("rollout", "restart", "deployment/setpoint", "--namespace", SYSTEM)
    cluster.kubectl("rollout", "status", "deployment/setpoint", "--namespace", SYSTEM, "--timeout=90s")
    with ClusterGitea(cluster.kubectl) as gitea:
        name = cluster.namespace("repaired", **{"pod-security.kubernetes.io/enforce": "restricted"})
        yield Repaired(cluster.kubectl, gitea, name)
    log = cluster.kubectl("logs", "deployment/setpoint", "--namespace", SYSTEM, "--tail=-1")
    install(cluster.kubeconfig)
    assert "a fault of the operator" not in log


@pytest.mark.timeout(900)  # a breach, two verifications and a rollout, each under a load of a minute
def test_a_wrong_change_is_dropped_a_right_one_is_verified_merged_and_rolled_out(
    cluster: Cluster, repaired: Repaired
) -> None:
    """One branch and one pull request for both attempts; nothing is left, and the constraint is met by itself."""
    propose = {"proposer": "command", "command": ["python3", "propose.py"]}
    repaired.apply(more={"propose.py": PROPOSE}, repair=propose)
    cluster.eventually(lambda: repaired.condition("Compliant") == ("False", "SetpointBreached"), 150)
    breached = time.monotonic()
    copies: set[str] = set()

    def ended() -> bool:
        copies.update(name.rpartition("-")[2] for name in repaired.copies())
        return bool((repaired.status().get("remediation") or {}).get("ended"))

    cluster.eventually(ended, 480)
    found = repaired.status()["remediation"]
    print(f"from the breach to the end of two attempts: {time.monotonic() - breached:.0f} s")
    assert (found["ended"], found["attempt"]) == ("Verified", 2), found
    assert {"control", "candidate"} <= copies
    [pull] = repaired.pulls()
    assert repaired.branches() == [pull["head"]["ref"]]
    assert pull["draft"] is False
    assert "heap.growth" in pull["body"]
    assert "Say that it is enough" in repaired.comments(pull["number"])[0]
    assert repaired.statuses(pull["head"]["sha"])[0] == "success"
    cluster.eventually(lambda: not repaired.left() and not repaired.copies(), 60)
    assert repaired.condition("Compliant") == ("False", "SetpointBreached")
    repaired.release("healthy", repaired.merge(pull["number"]))
    cluster.eventually(lambda: repaired.condition("Compliant") == ("True", "WithinSetpoints"), 180)
    cluster.eventually(lambda: repaired.status()["history"][0]["reason"] == "Merged", 90)
