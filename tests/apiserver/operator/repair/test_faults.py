"""What goes wrong beside a repair: it is forbidden meanwhile, its Secret is missing, its copies die."""

import threading
import time

import pytest

from apiserver.operator.conftest import eventually
from apiserver.operator.repair.conftest import ALLOWED, Repaired
from apiserver.scripted.node import Stage
from apiserver.scripted.repairs import Repairs, verified


@pytest.mark.parametrize("role", ["agent", "verify"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"repositories": ["https://elsewhere.example.com/*"]}, "is not on the operator's list of repositories"),
        ({"ceilings": {"rate": 10}}, "above the operator's ceiling"),
    ],
    ids=["the repository is taken from the list", "the ceiling is lowered"],
)
def test_what_the_configuration_forbids_meanwhile_ends_and_is_cleaned_up(
    repaired: Repaired, role: str, change: dict, words: str
) -> None:
    """F32: with the reason where people look, and no pull request of ours left open."""
    repaired.held_at(role)
    repaired.shop.configure(**{**ALLOWED, **change})
    repaired.shop.becomes("Stalled", "True", "PolicyDenied", seconds=60)
    assert words in repaired.shop.message("Stalled")
    assert repaired.ends(60)["ended"] == "Superseded"
    assert words in repaired.remediation["message"]
    assert repaired.repairs.forge.names() == ([] if role == "agent" else ["publish", "close"])
    repaired.leaves_nothing()


def test_a_secret_without_the_key_is_told_by_its_name(repaired: Repaired) -> None:
    """F33: as kubelet leaves it, in ContainerCreating; nothing was fetched, nobody else is asked."""
    repaired.shop.configure(**ALLOWED, runner={"startWithin": "5s"})
    play = repaired.repairs.play

    def without_secret(stage: Stage) -> None:
        mounted = [one.get("secret", {}).get("secretName") for one in stage.pod["spec"].get("volumes", [])]
        if "checkout-git" not in mounted:
            play(stage)
            return
        stage.waiting("ContainerCreating")
        stage.wait(600)

    repaired.shop.node.others = without_secret
    repaired.apply()
    repaired.ends(90)
    message = repaired.remediation["message"]
    assert "Secret checkout-git" in message and "setpoint-git-token" in message, message
    assert repaired.repairs.forge.names() == []
    repaired.leaves_nothing()


def test_a_copy_that_was_ready_and_dies_under_the_load_is_not_a_repair(repaired: Repaired) -> None:
    """F28: whatever the requests that it did answer looked like."""

    def copies(stage: Stage) -> None:
        if not stage.name.partition("-verify-")[2].startswith("candidate"):
            Repairs(None).copies(stage)
        stands(stage, "10.0.0.9")
        while "verify" not in repaired.repairs.seen:
            stage.wait(0.2)
        restarted(stage)
        stage.wait(600)

    def measured(order, key):
        time.sleep(3)  # the copy dies meanwhile
        return verified(order)

    repaired.repairs.copies = copies
    repaired.repairs.answers["verify"] = measured
    repaired.apply(repair={"escalateAfter": 1, "maxIterations": 1})
    found = repaired.ends(90)
    assert found["ended"] == "Escalated", found
    assert repaired.repairs.forge.draft
    assert "restart" in found["message"], found["message"]
    repaired.leaves_nothing()


def test_a_copy_whose_node_is_lost_under_the_load_is_no_word_about_the_repair(repaired: Repaired) -> None:
    """F16: another pod takes its place, which nothing was sent to. The verification is made again."""
    lost: list[str] = []

    def copies(stage: Stage) -> None:
        if "-candidate-" not in stage.name or len(lost) > 1:
            Repairs(None).copies(stage)
        lost.append(stage.name)
        stands(stage, f"10.0.1.{len(lost)}")
        if len(lost) > 1:  # the pod that takes the first one's place
            stage.wait(600)
        while "verify" not in repaired.repairs.seen:
            stage.wait(0.2)
        stage.lose(120)

    def measured(order, key):
        eventually(lambda: len(lost) > 1, 30)
        return verified(order, candidate=3000)

    repaired.repairs.copies = copies
    repaired.repairs.answers["verify"] = lambda order, key: measured(order, key) if not lost[1:] else verified(order)
    repaired.apply()
    found = repaired.ends(120)
    assert found["ended"] == "Verified", found
    assert repaired.repairs.seen.count("verify") == 2
    assert repaired.repairs.seen.count("agent") == 1


@pytest.mark.parametrize("which", ["candidate", "control"])
def test_a_copy_that_is_not_ready_for_a_while_under_a_long_load_is_judged_all_the_same(
    repaired: Repaired, which: str
) -> None:
    """Its probe did not answer in time: that is what loads bring about, and no failure to start."""
    repaired.shop.configure(**ALLOWED, runner={"startWithin": "5s"})
    unready: list[str] = []

    def copies(stage: Stage) -> None:
        if f"-{which}-" not in stage.name:
            Repairs(None).copies(stage)
        stands(stage, "10.0.1.1")
        while "verify" not in repaired.repairs.seen:
            stage.wait(0.2)
        stage.status("Running", {"running": {"startedAt": stage.started}}, ready=False)
        unready.append(stage.name)
        stage.wait(8)
        stands(stage, "10.0.1.1")
        stage.wait(600)

    def measured(order, key):
        eventually(lambda: bool(unready), 30)
        time.sleep(15)  # the operator looks at least once meanwhile
        return verified(order)

    repaired.repairs.copies = copies
    repaired.repairs.answers["verify"] = measured
    repaired.apply()
    found = repaired.ends(120)
    assert found["ended"] == "Verified", found
    assert repaired.repairs.seen.count("verify") == 1


def test_a_prometheus_that_fails_under_a_verification_is_asked_again_and_costs_no_attempt(repaired: Repaired) -> None:
    """F19: an error in place of an answer is no word about the candidate."""
    prometheus = repaired.shop.prometheus

    def measured(order, key):
        prometheus.mood = "failing"
        threading.Timer(8, lambda: setattr(prometheus, "mood", "well")).start()
        return verified(order)

    repaired.repairs.answers["verify"] = measured
    repaired.apply(constraints={"errors": {"budgetPercent": 1}, "memory": {"maxMb": 300}})
    found = repaired.ends(120)
    assert (found["ended"], found["attempt"]) == ("Verified", 1), found
    assert repaired.repairs.seen.count("agent") == 1


def test_a_prometheus_that_stays_away_leaves_a_verification_undecided(repaired: Repaired) -> None:
    """People are told, after some rounds; the candidate is not called worse than the control."""

    def measured(order, key):
        repaired.shop.prometheus.mood = "failing"
        return verified(order)

    repaired.repairs.answers["verify"] = measured
    repaired.apply(constraints={"errors": {"budgetPercent": 1}, "memory": {"maxMb": 300}})
    found = repaired.ends(200)
    assert (found["ended"], found["attempt"]) == ("Escalated", 1), found
    assert "Prometheus gave no whole answer" in found["message"]
    assert repaired.repairs.forge.draft


def test_copies_whose_tag_was_moved_between_them_are_not_compared(repaired: Repaired) -> None:
    """F28: what is between them would not be the repair alone. No load is sent."""

    def copies(stage: Stage) -> None:
        if "-candidate-" in stage.name:
            stage.image_id = "registry.example.com/x@sha256:2"
        Repairs(None).copies(stage)

    repaired.repairs.copies = copies
    repaired.apply(repair={"escalateAfter": 1, "maxIterations": 1})
    found = repaired.ends(90)
    assert found["ended"] == "Escalated", found
    assert "its tag was moved meanwhile" in found["message"], found["message"]
    assert "verify" not in repaired.repairs.seen
    repaired.leaves_nothing()


def stands(stage: Stage, address: str) -> None:
    """It serves there, and has for a while."""
    stage.patch({"podIP": address, "podIPs": [{"ip": address}]})
    stage.run(age=60)


def restarted(stage: Stage) -> None:
    """Its container ended and was begun again, as kubelet tells it."""
    how = {"exitCode": 139, "reason": "Error", "finishedAt": stage.started, "startedAt": stage.started}
    container = {
        "name": stage.container, "image": "x", "imageID": stage.image_id,
        "restartCount": 1, "ready": True, "started": True,
        "state": {"running": {"startedAt": stage.started}}, "lastState": {"terminated": how},
    }  # fmt: skip
    stage.patch({"containerStatuses": [container]})
