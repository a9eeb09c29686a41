"""People win: what they do with the pull request, with annotations, with the spec and with the cluster."""

import threading
import time

import pytest

from apiserver.operator.conftest import KIND
from apiserver.operator.repair.conftest import ALLOWED, Repaired, eventually, numbered
from apiserver.scripted import loads
from apiserver.scripted.repairs import COMMIT, verified

AT_ONCE = {"lookEvery": "1s", "lookLater": "1s"}


@pytest.fixture
def watched(repaired: Repaired) -> Repaired:
    """What people do is looked for every second, and verifications take their time."""
    repaired.shop.configure(**ALLOWED, repair=AT_ONCE)
    return repaired


def verifying(repaired: Repaired) -> None:
    """Hold a remediation at its verification."""
    repaired.repairs.answers["verify"] = lambda *_: time.sleep(600)
    repaired.apply()
    repaired.reaches("Verifying", 60)
    eventually(lambda: "verify" in repaired.repairs.seen, 30)


@pytest.mark.parametrize(
    ("act", "ended", "escalation"),
    [
        (lambda forge: setattr(forge, "state", "Closed"), "Escalated", "PullRequestClosed"),
        (lambda forge: setattr(forge, "state", "Merged"), "Merged", None),
        (lambda forge: setattr(forge, "head", "c" * 40), "Escalated", "ForeignCommit"),
        (
            lambda forge: forge.commands.append({"verb": "stop", "author": "kim", "comment": 7, "at": "x"}),
            "Rejected",
            None,
        ),
    ],
    ids=["closed", "merged", "pushed", "stop"],
)
def test_what_people_do_meanwhile_ends_it(watched: Repaired, act, ended, escalation) -> None:
    """F27: never overridden, and the copies go at once."""
    verifying(watched)
    act(watched.repairs.forge)
    found = watched.ends(40)
    assert (found["ended"], found.get("escalation")) == (ended, escalation)
    assert watched.repairs.forge.draft
    if escalation == "ForeignCommit":
        assert watched.repairs.forge.names() == ["publish"]  # a branch that is theirs is not touched again
    watched.leaves_nothing()


def test_copies_wait_for_approval(watched: Repaired) -> None:
    """verify.approval BeforeCanary: by the annotation, for this attempt alone."""
    watched.apply(verify={"approval": "BeforeCanary"})
    watched.reaches("AwaitingApproval", 60)
    assert "copy" not in watched.repairs.seen
    name = f"{watched.remediation['id']}-1"
    watched.shop.kubectl("annotate", f"{KIND}/checkout", f"setpoint.dev/approve={name[:-1]}9")
    time.sleep(3)
    assert "copy" not in watched.repairs.seen
    watched.shop.kubectl("annotate", "--overwrite", f"{KIND}/checkout", f"setpoint.dev/approve={name}")
    assert watched.ends(60)["ended"] == "Verified"


def test_a_merge_is_seen_and_the_rollout_after_it_closes_the_case(watched: Repaired) -> None:
    """Merged in the status and in history; True by the next run."""
    watched.apply()
    assert watched.ends()["ended"] == "Verified"
    watched.repairs.forge.state = "Merged"
    eventually(lambda: watched.remediation.get("ended") == "Merged", 20)
    assert watched.shop.condition("Remediating") == ("False", "Merged")
    assert watched.shop.status()["history"][0]["reason"] == "Merged"
    watched.shop.node.load = loads.completes()
    watched.shop.deploy(image=f"checkout:{'d' * 40}")
    watched.shop.becomes("Compliant", "True", "WithinSetpoints")


def test_while_a_pull_request_awaits_its_merge_there_is_no_second_one(watched: Repaired) -> None:
    """The same breach of the same commit was answered."""
    watched.apply()
    assert watched.ends()["ended"] == "Verified"
    watched.shop.kubectl("annotate", f"{KIND}/checkout", "setpoint.dev/run=again")
    watched.shop.ends(2)
    assert watched.shop.condition("Compliant") == ("False", "SetpointBreached")
    assert watched.shop.condition("Remediating") == ("False", "Verified")
    assert watched.repairs.forge.names() == ["publish", "report"]


def test_a_breach_that_returns_after_the_merge_is_answered_with_its_history(watched: Repaired) -> None:
    """A new remediation, whose pull request tells of the first."""
    watched.apply()
    first = watched.ends()
    watched.repairs.forge.state = "Merged"
    eventually(lambda: watched.remediation.get("ended") == "Merged", 20)
    watched.repairs.forge.__init__()
    watched.shop.deploy(image=f"checkout:{'d' * 40}")
    eventually(lambda: watched.remediation.get("id") != first["id"], 40)
    assert watched.ends()["ended"] == "Verified"
    assert "What was answered before" in watched.repairs.forge.body
    known = ("--selector", "setpoint.dev/role=people", "--output", "name")
    assert len(watched.shop.kubectl("get", "configmaps", *known).split()) == 1


def test_another_spec_supersedes_it(watched: Repaired) -> None:
    """F12: the pull request is closed with a word, and the new generation is judged."""
    verifying(watched)
    watched.apply(repair={"escalateAfter": 2})
    eventually(lambda: bool(watched.shop.status().get("history")), 30)
    assert watched.shop.status()["history"][0]["reason"] == "Superseded"
    assert watched.repairs.forge.state == "Closed"
    eventually(lambda: watched.shop.status()["lastRun"]["generation"] == 2, 20)


def test_another_rollout_supersedes_it(watched: Repaired) -> None:
    """What it repaired is not what runs any more."""
    verifying(watched)
    watched.shop.node.load = loads.completes()
    watched.shop.deploy(image=f"checkout:{'d' * 40}")
    eventually(lambda: bool(watched.shop.status().get("history")), 30)
    assert watched.shop.status()["history"][0]["reason"] == "Superseded"
    watched.shop.becomes("Compliant", "True", "WithinSetpoints")


def test_suspension_ends_the_load_and_the_copies_and_lets_it_go_on_later(watched: Repaired) -> None:
    """The kill switch of one constraint, in the middle of a verification."""
    verifying(watched)
    watched.shop.kubectl("annotate", f"{KIND}/checkout", "setpoint.dev/suspended=true")
    eventually(lambda: not [one for one in watched.left() if one.startswith(("Job", "Deployment"))], 10)
    watched.repairs.answers["verify"] = lambda order, _: verified(order)
    watched.shop.kubectl("annotate", f"{KIND}/checkout", "setpoint.dev/suspended-")
    assert watched.ends(60)["ended"] == "Verified"
    assert watched.repairs.forge.names() == ["publish", "report"]


def test_two_constraints_on_one_repository_take_turns(repaired: Repaired) -> None:
    """The second waits, and says for whom."""
    go_on = threading.Event()
    repaired.repairs.answers["verify"] = lambda order, _: go_on.wait(60) and verified(order)
    repaired.shop.deploy("basket", image=f"checkout:{COMMIT}")
    repaired.apply()
    eventually(lambda: bool(repaired.remediation.get("step")), 30)
    repaired.apply(name="basket", target="basket")
    eventually(lambda: repaired.shop.condition("Remediating", "basket") == ("Unknown", "Waiting"), 40)
    assert "repairs the same repository" in repaired.shop.message("Remediating", "basket")
    go_on.set()
    repaired.ends()
    eventually(lambda: bool((repaired.shop.status("basket").get("remediation") or {}).get("ended")), 90)


def test_a_retry_that_people_ask_for_is_made_at_once(watched: Repaired) -> None:
    """By a comment of somebody who may push: the cool-down is over, and the breach is measured and answered anew."""
    watched.repairs.answers["verify"] = lambda order, _: verified(order, candidate=600)
    watched.apply(repair={"escalateAfter": 1})
    first = watched.ends()
    assert first["ended"] == "Escalated"
    watched.repairs.answers["verify"] = lambda order, _: verified(order)
    watched.repairs.forge.commands.append({"verb": "retry", "author": "kim", "comment": 9, "at": "x"})
    eventually(lambda: watched.remediation.get("id") != first["id"], 40, lambda: str(watched.shop.status()))
    watched.repairs.forge.__init__()
    assert watched.ends()["ended"] == "Verified"


def test_an_approval_in_a_comment_counts_for_the_attempt_that_it_names(watched: Repaired) -> None:
    """And for no other."""
    watched.apply(verify={"approval": "BeforeCanary"})
    watched.reaches("AwaitingApproval", 60)
    comment = {"verb": "approve", "author": "kim", "comment": 3, "at": "x"}
    watched.repairs.forge.commands.append({**comment, "argument": ""})
    time.sleep(4)
    assert "copy" not in watched.repairs.seen
    watched.repairs.forge.commands.append({**comment, "comment": 4, "argument": f"{watched.remediation['id']}-1"})
    assert watched.ends(60)["ended"] == "Verified"


def test_the_image_of_a_repair_is_waited_for(watched: Repaired) -> None:
    """verify.image: until the repository's CI has published it; the control is that of the deployed commit."""
    images: list[str] = []
    published = threading.Event()
    stays = watched.repairs.copies

    def copies(stage) -> None:
        image = stage.pod["spec"]["containers"][0]["image"]
        images.append(image)
        if COMMIT not in image and not published.is_set():
            stage.waiting("ImagePullBackOff", "manifest unknown")
            while not published.is_set():
                stage.wait(0.5)
        stays(stage)

    watched.repairs.copies = copies
    watched.apply(verify={"source": None, "image": "registry.example.com/shop/checkout:{sha}"})
    watched.reaches("AwaitingImage", 60)
    published.set()
    assert watched.ends(60)["ended"] == "Verified"
    head = watched.remediation["pullRequest"]["head"]
    assert {image.rpartition(":")[2] for image in images} == {COMMIT, head}


def test_a_proposed_change_is_followed_until_people_merge_it(watched: Repaired) -> None:
    """repair.mode Propose: nothing is verified, and what becomes of it is seen all the same."""
    watched.apply("Propose")
    assert watched.ends()["ended"] == "AwaitingMerge"
    watched.repairs.forge.state = "Merged"
    eventually(lambda: watched.remediation.get("ended") == "Merged", 20, lambda: str(watched.shop.status()))
    assert watched.shop.condition("Remediating") == ("False", "Merged")


def test_people_are_shown_the_best_that_there_was(watched: Repaired) -> None:
    """Half a repair, then changes that help no more: the branch goes back to the first. The tag has a short commit."""
    watched.shop.deploy(image=f"checkout:{COMMIT[:9]}")
    numbered(watched)
    watched.repairs.answers["verify"] = lambda order, key: verified(order, candidate=300 if "-1-" in key else 600)
    watched.apply(repair={"escalateAfter": 1})
    assert watched.ends(90)["ended"] == "Escalated"
    orders = [order for name, order in watched.repairs.forge.orders if name == "publish"]
    assert ["repaired1" in order["patch"] for order in orders] == [True, False, True]
    assert {order["commit"] for order in orders} == {COMMIT}


def test_a_look_from_before_our_own_push_does_not_take_it_for_somebody_elses(watched: Repaired) -> None:
    """A look that takes its time, while the second attempt replaces the first one's commit."""
    numbered(watched)
    answer = watched.repairs.forge.answer

    def measured(order, key):
        time.sleep(5)  # there is a look meanwhile
        return verified(order, candidate=600 if "-1-" in key else 0)

    watched.repairs.answers["verify"] = measured

    def slowly(name, order):
        said = answer(name, order)
        if name == "poll" and watched.repairs.forge.names() == ["publish"]:
            time.sleep(12)  # until all that comes before the next push is done
        return said

    watched.repairs.forge.answer = slowly
    watched.apply()
    found = watched.ends(90)
    assert (found["ended"], found["attempt"]) == ("Verified", 2), found
