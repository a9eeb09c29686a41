"""The whole loop in a real cluster: Gitea, pods with separate powers, copies under a real load, people who merge.

How each step can fail is tried on a scripted node (tests/apiserver/operator/repair); the playbook is in
`make cluster-demo REPAIR=1`. Here proposers of the project's own are wrong, half right or idle, and all of it goes on
at the same time, each in a namespace and a repository of its own: a test waits for the end of its own.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cluster.conftest import Cluster
from cluster.test_operator import LOAD as OFFICE_LOAD
from testbed.gitea_cluster import ClusterGitea
from testbed.install import NAMESPACE as SYSTEM
from testbed.install import VALUES, install
from testbed.repaired import CONFIGURATION, DEMO, Repaired

# Run in the toolbox, in the service's own image, with the brief at hand. TRIES: what is put after the line that hands
# a batch over, by how often it was tried before; a half is looked for in what the last attempt left.
PROPOSE = """
import json, os, pathlib
tried = len(json.load(open(os.environ["SETPOINT_BRIEF_JSON"]))["tried"])
title, old, new = TRIES[min(tried, len(TRIES) - 1)]
file = pathlib.Path("processor.py")
text = file.read_text()
assert old in text, text
file.write_text(text.replace(old, new, 1))
print(title)
"""
FLUSH = "            self._flush()\n"
HALF, WHOLE = "            del self.events[: self.received % 2]\n", "            self.events.clear()\n"
RIGHT = ("Empty the batch", FLUSH, FLUSH + WHOLE)
WRONG = [(f"Say so, {words}", FLUSH, f"            self._flush()  # {words}\n") for words in ("once", "twice", "again")]
PROPOSERS = {
    "wrong-then-right": [WRONG[0], RIGHT],
    "half-then-whole": [("Keep every other", FLUSH, FLUSH + HALF), ("Keep none", HALF, WHOLE)],
    "three-wrong": WRONG,
    "not-reproduced": [("Say so", "BATCH = 100\n", "BATCH = 100  # events\n")],  # the tree does not leak
    "stopped": WRONG,
    "superseded": [RIGHT],
    "namespace-goes": [RIGHT],
}
# Nine services, their copies and their loads share two cores: little is asked for, so that all find a place.
SMALL = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}}
BUSY = {
    "ceilings": {"concurrentLoads": 8},  # those of repairs count too
    "repair": {"lookLater": "5s", "lookEvery": "10s", "resources": SMALL},
    "retryAfter": "20s",  # a load that was not reached, for want of a core, is tried again
}
# Loads of thirty requests a second, judged by the heap alone: how fast answers are says little on such a node.
LOAD = {"http": {**OFFICE_LOAD["http"], "rate": 30}, "warmup": "5s", "duration": "40s"}
TOO_SHORT = {**LOAD, "warmup": "1s", "duration": "3s"}
HEAP = {"heap": {"maxRetainedGrowthSlope": 0, "smallestEffectMbPerHour": 150}}

# Run in a container of the service: what it has in its hands, and what the API server says to it.
HANDS = """
import json, os, pathlib, ssl, urllib.error, urllib.request
namespace = NAMESPACE
address = f"https://kubernetes.default.svc/api/v1/namespaces/{namespace}/secrets"
try:
    said = urllib.request.urlopen(address, timeout=5, context=ssl._create_unverified_context()).status
except urllib.error.HTTPError as refused:
    said = refused.code
except OSError:
    said = None  # a cluster that enforces the policies
account = pathlib.Path("/var/run/secrets/kubernetes.io").exists()
print(json.dumps({"account": account, "secret": "EVENTS_TOKEN" in os.environ, "said": said}))
"""


class Scenes:
    """Every scenario's service, by the scenario's name."""

    def __init__(self, cluster: Cluster, gitea: ClusterGitea) -> None:
        self.cluster, self.gitea = cluster, gitea
        self.found: dict[str, Repaired] = {}

    def begin(self, name: str, **how: Any) -> Repaired:
        """Apply one."""
        namespace = self.cluster.namespace(name, **{"pod-security.kubernetes.io/enforce": "restricted"})
        made = self.found[name] = Repaired(self.cluster.kubectl, self.gitea, namespace)
        if tries := PROPOSERS.get(name):
            how["more"] = {**how.get("more", {}), "propose.py": f"TRIES = {tries!r}\n{PROPOSE}"}
            how["repair"] = {"proposer": "command", "command": ["python3", "propose.py"]}
        made.apply(**{**how, "spec": {"load": LOAD, "constraints": HEAP, **how.get("spec", {})}})
        return made

    def __getitem__(self, name: str) -> Repaired:
        return self.found[name]


@pytest.fixture(scope="module")
def scenes(cluster: Cluster) -> Iterator[Scenes]:
    """An operator that may repair, and every scenario under way."""
    install(cluster.kubeconfig, {**VALUES, "configuration": {**CONFIGURATION, **BUSY}})
    cluster.kubectl("rollout", "restart", "deployment/setpoint", "--namespace", SYSTEM)
    cluster.kubectl("rollout", "status", "deployment/setpoint", "--namespace", SYSTEM, "--timeout=90s")
    with ClusterGitea(cluster.kubectl) as gitea:
        scenes = Scenes(cluster, gitea)
        for name in ("stopped", "three-wrong", "namespace-goes", "half-then-whole", "wrong-then-right"):
            scenes.begin(name)
        _base_moves_on(scenes.begin("superseded"))
        # The deployed image leaks; the commit that it says it is built from does not.
        scenes.begin("not-reproduced", more={"processor.py": _source().replace(FLUSH, FLUSH + WHOLE)})
        scenes.begin("within", variant="healthy")
        scenes.begin("unknown", spec={"load": TOO_SHORT})
        yield scenes
    log = cluster.kubectl("logs", "deployment/setpoint", "--namespace", SYSTEM, "--tail=-1")
    install(cluster.kubeconfig)
    assert "a fault of the operator" not in log


def _source() -> str:
    return (DEMO / "processor.py").read_text()


def _base_moves_on(service: Repaired) -> None:
    """Somebody changes the file that the repair will touch, after the deployed commit."""
    at = f"{service.at}/contents/processor.py"
    known = service.gitea.ask("GET", at)
    text = base64.b64encode(_source().replace("BATCH = 100", "BATCH = 200").encode()).decode()
    change = {"content": text, "sha": known["sha"], "message": "Larger batches", "branch": "main"}
    service.gitea.ask("PUT", at, change, person=service.gitea.writer)


def _becomes(cluster: Cluster, service: Repaired, look: Callable[[], Any], seconds: float) -> None:
    """Wait until look() is true; a run that so many neighbours kept from a verdict is asked for again."""

    def seen() -> Any:
        run = service.status().get("lastRun") or {}
        if run.get("result") == "Inconclusive" and run.get("finishedAt"):
            service.measure_again(run["number"])
        return look()

    cluster.eventually(seen, seconds, service.story)


def _answered(cluster: Cluster, service: Repaired, seconds: float) -> None:
    """Wait until its breach is."""
    _becomes(cluster, service, lambda: service.status().get("remediation"), seconds)


def _ended(cluster: Cluster, service: Repaired, seconds: float) -> dict[str, Any]:
    """The remediation when it has ended and nothing of it is left."""

    def over() -> bool:
        return bool((service.status().get("remediation") or {}).get("ended"))

    _answered(cluster, service, seconds)
    cluster.eventually(over, seconds, service.story)
    cluster.eventually(lambda: not service.left() and not service.copies(), 90, lambda: str(service.left()))
    found: dict[str, Any] = service.status()["remediation"]
    print(f"{service.namespace}: {found['ended']} in attempt {found.get('attempt')}: {found.get('message')}")
    return found


@pytest.mark.timeout(420)  # the first test waits for images, Gitea and nine services too
def test_a_namespace_that_goes_takes_its_repair_along(cluster: Cluster, scenes: Scenes) -> None:
    """F13: in the middle of it, with pods that work; nothing makes them anew."""
    service = scenes["namespace-goes"]
    _answered(cluster, service, 240)
    cluster.eventually(lambda: service.left(), 60, service.story)
    cluster.kubectl("delete", "namespace", service.namespace, "--wait=false")
    gone = ("get", "namespace", service.namespace, "--ignore-not-found", "--output", "name")
    cluster.eventually(lambda: not cluster.kubectl(*gone).strip(), 120)


@pytest.mark.timeout(600)
def test_a_copy_has_nothing_of_the_targets_in_its_hands(cluster: Cluster, scenes: Scenes) -> None:
    """T1: the target got a Secret; inside of its running copies there is none, no account, and no answer to be had."""
    service = scenes["three-wrong"]
    target = _hands(cluster, service, "processor")
    assert target and target["secret"] is True

    def hands() -> list[dict[str, Any]] | None:
        found = [_hands(cluster, service, name) for name in service.copies(ready=True)]
        return [one for one in found if one] if all(found) else None  # a copy may go under our look

    for found in cluster.eventually(hands, 480, service.story):
        assert (found["account"], found["secret"]) == (False, False)
        assert found["said"] in (None, 401, 403)


def _hands(cluster: Cluster, service: Repaired, deployment: str) -> dict[str, Any] | None:
    """What a program in the deployment's container holds; None when it could not be run there."""
    program = HANDS.replace("NAMESPACE", repr(service.namespace))
    asked = ("exec", f"deployment/{deployment}", "--namespace", service.namespace, "--", "python3", "-c", program)
    done = cluster.kubectl.attempt(*asked)
    return json.loads(done.stdout) if done.returncode == 0 else None


@pytest.mark.timeout(600)
def test_who_may_push_may_stop_a_repair_and_who_may_only_read_may_not(cluster: Cluster, scenes: Scenes) -> None:
    """By a comment on the pull request, in the middle of a verification."""
    service = scenes["stopped"]
    _answered(cluster, service, 300)
    cluster.eventually(lambda: service.pulls(), 240, service.story)
    number = service.pulls()[0]["number"]
    service.say(number, "/setpoint stop", person=scenes.gitea.reader)
    time.sleep(25)  # two looks at what people said, and more
    assert not service.status()["remediation"].get("ended")
    service.say(number, "/setpoint stop")
    found = _ended(cluster, service, 60)
    assert (found["ended"], scenes.gitea.writer.name in found["message"]) == ("Rejected", True)
    assert service.pulls()[0]["draft"] is True


@pytest.mark.timeout(600)
def test_a_breach_that_the_control_does_not_show_ends_quietly(cluster: Cluster, scenes: Scenes) -> None:
    """What runs is not what the commit says."""
    service = scenes["not-reproduced"]
    assert _ended(cluster, service, 480)["ended"] == "NotReproduced"
    assert service.pulls()[0]["draft"] is True


@pytest.mark.timeout(600)
def test_where_the_branch_moved_on_in_the_same_file_nothing_is_proposed(cluster: Cluster, scenes: Scenes) -> None:
    """F25: the branch forks from the deployed commit, and that is not what people work on any more."""
    service = scenes["superseded"]
    assert _ended(cluster, service, 480)["ended"] == "Superseded"
    assert service.pulls() == []
    assert service.branches() == []


@pytest.mark.timeout(600)
def test_a_service_within_its_setpoints_is_left_alone(cluster: Cluster, scenes: Scenes) -> None:
    """No agent, ever."""
    service = scenes["within"]
    _becomes(cluster, service, lambda: service.condition("Compliant") == ("True", "WithinSetpoints"), 480)
    assert (service.left(), service.branches(), service.status().get("remediation")) == ([], [], None)


@pytest.mark.timeout(600)
def test_what_could_not_be_judged_is_left_alone(cluster: Cluster, scenes: Scenes) -> None:
    """A load too short to say anything, under a leak that is there: no agent, ever."""
    service = scenes["unknown"]
    cluster.eventually(lambda: service.condition("Compliant")[0] == "Unknown" and service.status().get("lastRun"), 480)
    cluster.eventually(lambda: service.status()["lastRun"].get("finishedAt"), 120)
    assert service.condition("Compliant")[0] == "Unknown"
    assert (service.left(), service.branches(), service.status().get("remediation")) == ([], [], None)


@pytest.mark.timeout(900)
def test_half_a_repair_is_built_upon(cluster: Cluster, scenes: Scenes) -> None:
    """One pull request, whose one commit holds both halves."""
    service = scenes["half-then-whole"]
    found = _ended(cluster, service, 600)
    assert (found["ended"], found["attempt"]) == ("Verified", 2), found
    [pull] = service.pulls()
    assert pull["draft"] is False
    assert service.branches() == [pull["head"]["ref"]]
    told = service.comments(pull["number"])[0]
    assert "Keep every other" in told and "not yet within" in told


@pytest.mark.timeout(900)
def test_three_wrong_changes_call_people_with_all_that_was_tried(cluster: Cluster, scenes: Scenes) -> None:
    """Nothing leaves draft, and the commit says that it failed."""
    service = scenes["three-wrong"]
    found = _ended(cluster, service, 700)
    assert (found["ended"], found["escalation"], found["attempt"]) == ("Escalated", "NoImprovement", 3), found
    assert service.condition("Escalated") == ("True", "NoImprovement")
    [pull] = service.pulls()
    assert pull["draft"] is True
    assert service.statuses(pull["head"]["sha"])[0] == "failure"
    told = service.comments(pull["number"])[0]
    assert all(words in told for words in ("once", "twice", "again"))


@pytest.mark.timeout(900)
def test_a_wrong_change_is_dropped_a_right_one_is_verified_merged_and_rolled_out(
    cluster: Cluster, scenes: Scenes
) -> None:
    """One branch and one pull request for both attempts; the constraint is met by itself once it is merged."""
    service = scenes["wrong-then-right"]
    found = _ended(cluster, service, 600)
    assert (found["ended"], found["attempt"]) == ("Verified", 2), found
    [pull] = service.pulls()
    assert service.branches() == [pull["head"]["ref"]]
    assert pull["draft"] is False
    assert "heap.growth" in pull["body"]
    assert "Say so, once" in service.comments(pull["number"])[0]
    assert service.statuses(pull["head"]["sha"])[0] == "success"
    assert service.condition("Compliant") == ("False", "SetpointBreached")
    service.release("healthy", service.merge(pull["number"]))
    _becomes(cluster, service, lambda: service.condition("Compliant") == ("True", "WithinSetpoints"), 240)
    cluster.eventually(lambda: service.status()["history"][0]["reason"] == "Merged", 90)
