"""Every way in which a remediation can end, and what people are told then."""

import pytest

from apiserver.operator.repair.conftest import FORGES, Repaired, eventually, numbered
from apiserver.scripted import loads
from apiserver.scripted.repairs import VANISH, never_ready, proposal, verified
from setpoint.api.errors import BudgetExhausted, ForgeBusy, ForgeDenied, ModelFailed, NetworkNotEnforced, Superseded
from setpoint.api.remedy import GateReport, Proposal


def test_a_cause_is_reported_and_nothing_is_proposed(repaired: Repaired) -> None:
    """repair.mode Diagnose."""
    repaired.apply("Diagnose")
    assert repaired.ends()["ended"] == "Disabled"
    assert "app.py line 1 leaks" in repaired.remediation["cause"]
    assert "agent" not in repaired.repairs.seen
    assert repaired.repairs.forge.orders == []
    repaired.leaves_nothing()


def test_a_pull_request_is_opened_and_nothing_is_verified(repaired: Repaired) -> None:
    """repair.mode Propose: it stays a draft, and people decide."""
    repaired.apply("Propose")
    assert repaired.ends()["ended"] == "AwaitingMerge"
    assert repaired.shop.condition("Remediating") == ("True", "AwaitingMerge")
    assert repaired.repairs.forge.names() == ["publish"]
    assert "copy" not in repaired.repairs.seen
    repaired.leaves_nothing()


def test_a_change_that_fails_the_tests_is_dropped_and_the_next_is_accepted(repaired: Repaired) -> None:
    """Nothing of the first is ever published."""
    numbered(repaired)
    repaired.repairs.answers["test"] = lambda order, key: "FAILED (failures=1)" if "-1-" in key else None
    repaired.apply()
    assert repaired.ends()["ended"] == "Verified"
    assert repaired.remediation["attempt"] == 2
    assert repaired.repairs.forge.names() == ["publish", "report"]


def test_half_a_repair_is_what_the_next_attempt_builds_on(repaired: Repaired) -> None:
    """The second proposer is given the first patch as its base, and why it was not enough."""
    numbered(repaired)
    repaired.repairs.answers["verify"] = lambda order, key: verified(order, candidate=300 if "-1-" in key else 0)
    repaired.apply()
    assert repaired.ends(90)["ended"] == "Verified"
    second = next(order for key, order in repaired.repairs.orders.items() if key.endswith("-2-propose"))
    assert "repaired1" in second["basePatch"]
    assert second["tried"][0]["number"] == 1


def test_three_changes_that_do_not_help_call_people(repaired: Repaired) -> None:
    """The pull request stays a draft with everything that was tried, and the next breach is not answered so soon."""
    numbered(repaired)
    repaired.repairs.answers["verify"] = lambda order, _: verified(order, candidate=600)
    repaired.apply()
    found = repaired.ends(120)
    assert (found["ended"], found["escalation"], found["attempt"]) == ("Escalated", "NoImprovement", 3)
    assert repaired.shop.condition("Escalated") == ("True", "NoImprovement")
    assert repaired.shop.condition("Remediating") == ("False", "CoolingDown")
    forge = repaired.repairs.forge
    assert forge.draft
    assert set(forge.statuses.values()) == {"failure"}
    told = next(iter(forge.comments.values()))
    assert all(f"try {number}" in told for number in (1, 2, 3))
    repaired.leaves_nothing()
    agents = repaired.repairs.seen.count("agent")
    repaired.shop.kubectl("annotate", "performanceconstraints.setpoint.dev/checkout", "setpoint.dev/run=again")
    repaired.shop.ends(2)
    assert repaired.shop.condition("Remediating") == ("False", "CoolingDown")
    assert repaired.repairs.seen.count("agent") == agents


def test_what_the_gate_refuses_is_never_published_and_an_issue_calls_people(repaired: Repaired) -> None:
    """There is no pull request to say it in."""
    numbered(repaired)
    repaired.repairs.answers["gate"] = lambda *_: GateReport(passed=False, violations=("tests/x.py is a test.",))
    repaired.apply()
    found = repaired.ends(90)
    assert (found["ended"], found["escalation"]) == ("Escalated", "GateViolation")
    assert repaired.repairs.forge.names() == ["report"]
    assert "is a test" in next(iter(repaired.repairs.forge.issues.values()))
    assert "test" not in repaired.repairs.seen


@pytest.mark.parametrize(
    ("answer", "ended", "escalation"),
    [
        (Proposal(explanation="no idea"), "Escalated", "NoImprovement"),
        (ModelFailed("the model cannot be reached"), "Escalated", "ModelUnavailable"),
        (BudgetExhausted("all is spent"), "Escalated", "BudgetExhausted"),
        (NetworkNotEnforced("the API server can be reached"), "NetworkNotEnforced", None),
    ],
)
def test_an_agent_without_a_proposal_ends_it(repaired: Repaired, answer, ended, escalation) -> None:
    """With the reason; people are called where it is theirs to do something."""
    repaired.repairs.answers["agent"] = lambda *_: answer
    repaired.apply()
    found = repaired.ends()
    assert (found["ended"], found.get("escalation")) == (ended, escalation)
    assert "publish" not in repaired.repairs.forge.names()
    repaired.leaves_nothing()


def test_a_breach_that_the_control_does_not_show_ends_without_a_word_to_reviewers(repaired: Repaired) -> None:
    """Nothing leaves draft."""
    repaired.repairs.answers["verify"] = lambda order, _: verified(order, control=0)
    repaired.apply()
    assert repaired.ends()["ended"] == "NotReproduced"
    assert repaired.repairs.forge.draft


def test_a_host_that_is_too_noisy_is_asked_again_and_then_people_are(repaired: Repaired) -> None:
    """F30: unchanged copies differ by more than the breach is deep, three times; nothing leaves draft."""
    repaired.repairs.answers["verify"] = lambda order, _: verified(order, control=60, twin=1500)
    repaired.apply()
    found = repaired.ends(120)
    assert (found["ended"], found["escalation"], found["attempt"]) == ("Escalated", "NoImprovement", 1)
    assert "too noisy" in found["message"] and "3 rounds" in found["message"]
    assert repaired.repairs.seen.count("verify") == 3
    assert repaired.repairs.seen.count("agent") == 1
    assert repaired.repairs.forge.draft
    repaired.leaves_nothing()


def test_a_candidate_that_does_not_start_is_dropped_with_its_last_words(repaired: Repaired) -> None:
    """F28: and its copies are removed."""

    def copies(stage):
        if stage.name.partition("-verify-")[2].startswith("candidate"):
            never_ready(stage)
        else:
            repaired.repairs.__class__(None).copies(stage)

    repaired.repairs.copies = copies
    repaired.apply(repair={"escalateAfter": 1})
    assert repaired.ends()["ended"] == "Escalated"
    assert "no module named x" in repaired.remediation["message"]
    repaired.leaves_nothing()


@pytest.mark.parametrize("counted", ["pods", "count/deployments.apps"])
def test_a_quota_that_leaves_no_room_is_what_people_are_told(repaired: Repaired, counted: str) -> None:
    """F28: in the quota's own words, wherever it bites."""
    used = {"pods": "4", "count/deployments.apps": "1"}[counted]
    repaired.shop.configure(
        repositories=["https://git.example.com/*"],
        forges=FORGES,
        allowUnenforcedNetwork=True,
        runner={"startWithin": "5s"},
    )
    repaired.shop.kubectl("create", "quota", "small", f"--hard={counted}={used}")
    quota = ("get", "quota", "small", "--output", "jsonpath={.status.used}")
    eventually(lambda: counted in repaired.shop.kubectl(*quota), 30)
    repaired.apply()
    found = repaired.ends(120)
    assert (found["ended"], found["escalation"]) == ("Escalated", "NoImprovement"), found
    assert "exceeded quota: small" in found["message"]
    repaired.leaves_nothing()


def test_a_candidate_that_does_less_work_is_suspected(repaired: Repaired) -> None:
    """However much better it looks."""
    repaired.repairs.answers["verify"] = lambda order, _: verified(order, missing=("answers 3 bytes a request",))
    repaired.apply(repair={"escalateAfter": 1})
    found = repaired.ends()
    assert (found["ended"], found["escalation"]) == ("Escalated", "SuspectedGaming")


def test_a_pod_that_is_lost_is_tried_again(repaired: Repaired) -> None:
    """F24: an eviction is nobody's fault."""
    lost = []

    def once(order, key):
        lost.append(key)
        return VANISH if len(lost) == 1 else proposal()

    repaired.repairs.answers["agent"] = once
    repaired.apply()
    assert repaired.ends(90)["ended"] == "Verified"
    assert len(lost) == 2
    assert repaired.remediation["attempt"] == 1


@pytest.mark.parametrize(
    ("error", "ended", "escalation"),
    [
        (Superseded("branch main has other code now in app.py"), "Superseded", None),
        (ForgeDenied("the token may not push"), "Escalated", "DeadlineExceeded"),
    ],
)
def test_a_forge_that_refuses_ends_it(repaired: Repaired, error, ended, escalation) -> None:
    """F25: with the forge's own words."""
    forge = repaired.repairs.forge
    forge.answer = lambda name, order: error
    repaired.apply()
    found = repaired.ends()
    assert (found["ended"], found.get("escalation")) == (ended, escalation)
    assert str(error) in found["message"]
    repaired.leaves_nothing()


def test_a_busy_forge_is_asked_again(repaired: Repaired) -> None:
    """F25: and the pull request is opened once."""
    forge, busy = repaired.repairs.forge, []
    answer = forge.answer

    def at_first_busy(name, order):
        busy.append(name)
        return ForgeBusy("not now", 1.0) if len(busy) == 1 else answer(name, order)

    forge.answer = at_first_busy
    repaired.apply()
    assert repaired.ends(90)["ended"] == "Verified"
    assert forge.names() == ["publish", "report"]


def test_without_a_breach_there_is_no_agent(repaired: Repaired) -> None:
    """Within: ever."""
    repaired.shop.node.load = loads.completes()
    repaired.apply()
    repaired.shop.ends()
    assert repaired.shop.condition("Compliant") == ("True", "WithinSetpoints")
    assert repaired.repairs.seen == []
    assert repaired.shop.condition("Remediating") == ("False", "Idle")


def test_what_is_not_known_is_not_repaired(repaired: Repaired) -> None:
    """Inconclusive: no agent, ever."""
    repaired.shop.node.load = loads.fails("ScriptError", "no")
    repaired.apply()
    repaired.shop.ends()
    assert repaired.shop.condition("Compliant")[0] == "Unknown"
    assert repaired.repairs.seen == []


def test_an_unknown_commit_is_not_repaired(repaired: Repaired) -> None:
    """The breach is reported all the same."""
    repaired.shop.deploy(image="checkout:latest")
    repaired.apply()
    repaired.shop.becomes("Compliant", "False", "SetpointBreached")
    eventually(lambda: repaired.shop.condition("Remediating") == ("False", "RevisionUnknown"), 10)
    assert repaired.repairs.seen == []


def test_a_repository_that_is_not_on_the_list_is_refused(repaired: Repaired) -> None:
    """With the list."""
    repaired.shop.configure(repositories=["https://git.example.com/other/*"], forges={})
    repaired.apply()
    repaired.shop.becomes("Stalled", "True", "PolicyDenied")
    assert "not on the operator's list" in repaired.shop.message("Stalled")
    assert repaired.repairs.seen == []


def test_on_a_plain_git_remote_the_branch_is_the_repair(repaired: Repaired) -> None:
    """No pull request, nobody to listen to: it is pushed, verified, and said in the status."""
    repaired.shop.configure(repositories=["https://git.example.com/*"], forges={}, allowUnenforcedNetwork=True)
    repaired.apply()
    assert repaired.ends()["ended"] == "Verified"
    assert {order["hosting"]["kind"] for _, order in repaired.repairs.forge.orders} == {"git"}
    assert "poll" not in [name for name, _ in repaired.repairs.forge.orders]
    assert repaired.remediation["pullRequest"]["branch"].startswith("setpoint/checkout/")
