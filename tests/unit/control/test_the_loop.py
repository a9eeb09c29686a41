"""The loop over a scripted world: every path to an end, and every place to die on the way."""

import pytest

from setpoint.api.errors import BudgetExhausted, ForeignCommit, ModelFailed
from setpoint.api.reasons import Ending, Escalation, Result
from setpoint.api.remedy import GateReport, Outcome, Proposal, TestReport, Verification
from setpoint.control.observed import Policy

DROPPED = Verification(outcome=Outcome.DROPPED, why="did not move")
IMPROVED = Verification(outcome=Outcome.IMPROVED, why="half way")
ACCEPTED = Verification(outcome=Outcome.ACCEPTED, why="within")


def proposal(number):
    return Proposal(patch=f"diff {number}\n", title=f"change {number}")


def stages(world):
    return [effect.split()[0] for effect in world.effects]


def test_a_breach_is_repaired_verified_and_announced(make_world):
    """The straight path: one attempt, one pull request, which leaves draft at the end."""
    world = make_world()
    record = world.run()
    assert stages(world) == ["measure", "diagnose", "propose", "gate", "test", "publish", "verify", "publish"]
    assert record.remediation.ended is Ending.VERIFIED
    orders = list(world.slow["publish"].orders.values())
    assert [order.draft for order in orders] == [True, False]
    assert orders[0].branch == orders[1].branch == f"setpoint/demo/{record.remediation.id}"
    assert [order.expected_head for order in orders] == ["", "h"]


def test_within_ends_without_any_effect_but_the_load(make_world, make_verdict):
    """A healthy service is measured and left alone."""
    world = make_world(verdict=make_verdict(Result.WITHIN))
    assert world.run().remediation is None
    assert stages(world) == ["measure"]


def test_an_inconclusive_verdict_never_starts_a_repair(make_world, make_verdict):
    """Unknown is not a breach."""
    world = make_world(verdict=make_verdict(Result.INCONCLUSIVE))
    record = world.run()
    assert record.remediation is None
    assert record.decisions[-1].reason == "NoData"


def test_observe_reports_and_changes_nothing(make_world):
    """The default mode only looks."""
    world = make_world(policy=Policy(mode="Observe"))
    world.run()
    assert stages(world) == ["measure"]


def test_diagnose_stops_after_the_evidence(make_world):
    """Evidence and root cause, no patch."""
    world = make_world(policy=Policy(mode="Diagnose"))
    record = world.run()
    assert stages(world) == ["measure", "diagnose"]
    assert record.remediation.evidence.runtime == "python"


def test_propose_stops_at_the_draft(make_world):
    """A pull request without a canary stays a draft."""
    world = make_world(policy=Policy(mode="Propose"))
    record = world.run()
    assert stages(world)[-1] == "publish"
    assert record.remediation.ended is None
    assert record.decisions[-1].reason == "AwaitingMerge"


def test_no_proposal_calls_people(make_world):
    """When the proposer has nothing, nothing is pretended."""
    world = make_world(proposals=[Proposal(explanation="nothing fits")])
    record = world.run()
    assert record.remediation.escalation is Escalation.NO_IMPROVEMENT
    assert "nothing fits" in record.remediation.message
    assert "publish" not in stages(world)


def test_three_dropped_in_a_row_call_people_with_everything_tried(make_world):
    """The ledger of attempts reaches each next proposer and the pull request."""
    world = make_world(proposals=[proposal(1), proposal(2), proposal(3)], verifications=[DROPPED])
    record = world.run()
    assert record.remediation.escalation is Escalation.NO_IMPROVEMENT
    assert len(record.remediation.attempts) == 3
    told = list(world.slow["propose"].orders.values())[-1].tried
    assert [(tried.number, tried.why_not) for tried in told] == [(1, "did not move"), (2, "did not move")]
    assert list(world.slow["publish"].orders.values())[-1].draft


def test_an_improvement_becomes_the_base_of_the_next_attempt(make_world):
    """Attempt two builds on attempt one, and is told to beat it."""
    world = make_world(proposals=[proposal(1), proposal(2)], verifications=[IMPROVED, ACCEPTED])
    record = world.run()
    assert record.remediation.ended is Ending.VERIFIED
    assert list(world.slow["propose"].orders.values())[1].base_patch == "diff 1\n"
    assert list(world.slow["verify"].orders.values())[1].previous == IMPROVED


def test_an_improvement_resets_the_count_of_dropped_attempts(make_world):
    """Two dropped, one improved, two dropped: five attempts, and the limit of iterations ends it."""
    outcomes = [DROPPED, DROPPED, IMPROVED, DROPPED, DROPPED]
    world = make_world(proposals=[proposal(n) for n in range(6)], verifications=outcomes)
    record = world.run()
    assert len(record.remediation.attempts) == 5
    assert record.remediation.escalation is Escalation.NO_IMPROVEMENT


def test_people_are_left_with_the_best_attempt_not_the_last(make_world):
    """One improved, three after it did not: the branch goes back to the one that did."""
    world = make_world(proposals=[proposal(n) for n in range(5)], verifications=[IMPROVED, DROPPED])
    record = world.run()
    last = list(world.slow["publish"].orders.values())[-1]
    assert last.patch == "diff 0\n"
    assert last.draft
    assert record.remediation.escalation is Escalation.NO_IMPROVEMENT


def test_what_the_gate_refuses_is_neither_run_nor_published(make_world):
    """Three refusals in a row are called by their name."""
    refused = GateReport(passed=False, violations=("edits tests/",))
    world = make_world(proposals=[proposal(n) for n in range(3)], gates=[refused])
    record = world.run()
    assert record.remediation.escalation is Escalation.GATE_VIOLATION
    assert set(stages(world)) == {"measure", "diagnose", "propose", "gate"}


def test_a_change_that_breaks_the_tests_is_dropped(make_world):
    """Failing tests are a reason that the next proposer reads."""
    world = make_world(
        proposals=[proposal(1), proposal(2)],
        tests=[TestReport(passed=False, command=("t",), output="boom\n"), TestReport(passed=True, command=("t",))],
    )
    record = world.run()
    assert record.remediation.attempts[0].why == "the project's tests fail with it: boom"
    assert record.remediation.ended is Ending.VERIFIED


def test_the_same_change_again_is_dropped_unseen(make_world):
    """A proposer that repeats itself costs no load."""
    world = make_world(verifications=[DROPPED])
    record = world.run()
    assert [attempt.why for attempt in record.remediation.attempts[1:]] == ["the same change as attempt 1"] * 2
    assert stages(world).count("verify") == 1


def test_a_breach_that_the_control_does_not_show_ends_as_not_reproduced(make_world):
    """Nothing leaves draft."""
    world = make_world(verifications=[Verification(outcome=Outcome.NOT_REPRODUCED, why="control is fine")])
    record = world.run()
    assert record.remediation.ended is Ending.NOT_REPRODUCED
    assert all(order.draft for order in world.slow["publish"].orders.values())


def test_a_foreign_commit_is_left_alone(make_world):
    """A branch that somebody else wrote to is not touched again, not even to say so."""
    world = make_world(published=[ForeignCommit("abc is on the branch")])
    record = world.run()
    assert record.remediation.escalation is Escalation.FOREIGN_COMMIT
    assert stages(world).count("publish") == 1


@pytest.mark.parametrize(
    ("error", "escalation"),
    [
        (ModelFailed("no answer"), Escalation.MODEL_UNAVAILABLE),
        (BudgetExhausted("5.00 USD are spent"), Escalation.BUDGET_EXHAUSTED),
    ],
)
def test_a_proposer_that_cannot_go_on_calls_people(make_world, error, escalation):
    """A model that does not answer, or a budget that is spent."""
    record = make_world(proposals=[error]).run()
    assert record.remediation.escalation is escalation
    assert str(error) in record.remediation.message


def test_less_work_in_every_attempt_is_called_gaming(make_world):
    """People are told that the proposer met setpoints by doing less."""
    gamed = Verification(outcome=Outcome.DROPPED, why="less work", gaming=True)
    world = make_world(proposals=[proposal(n) for n in range(4)], verifications=[gamed])
    assert world.run().remediation.escalation is Escalation.SUSPECTED_GAMING


def test_every_decision_is_signed_by_the_rule_that_won(make_world):
    """`setpoint explain` has its answer in the record."""
    record = make_world().run()
    assert [decision.rule for decision in record.decisions][:4] == [
        "measure_first",
        "take_result",
        "open_remediation",
        "diagnose_first",
    ]
    assert all(decision.rule for decision in record.decisions)


def run_through_deaths(world, killed):
    """Start again, as after a kill, until the loop ends."""
    for _ in range(100):
        try:
            return world.engine().run()
        except killed:
            continue
    raise AssertionError("the loop never ended")


def essence(record):
    """The record without the log of decisions, in which a repeated start is another line."""
    return record.model_copy(update={"decisions": ()})


def test_killed_before_or_after_any_save_the_end_is_the_same(make_world, killed):
    """Two attempts, so that every kind of step is among them; each effect happens once."""
    two = {"proposals": [proposal(1), proposal(2)], "verifications": [IMPROVED, ACCEPTED]}
    reference = make_world(**two)
    expected = essence(reference.run())
    for before in (True, False):
        for save in range(1, reference.store.saves + 1):
            world = make_world(**two)
            world.store.die_at, world.store.die_before = save, before
            assert essence(run_through_deaths(world, killed)) == expected, (before, save)
            assert world.effects == reference.effects, (before, save)


def test_killed_before_or_after_any_effect_the_end_is_the_same(make_world, killed):
    """An effect that happened is found again by its key and not repeated."""
    two = {"proposals": [proposal(1), proposal(2)], "verifications": [IMPROVED, ACCEPTED]}
    reference = make_world(**two)
    expected = essence(reference.run())
    for effect in range(1, reference.effect_count + 1):
        world = make_world(**two)
        world.die_at_effect = effect
        assert essence(run_through_deaths(world, killed)) == expected, effect
        assert world.effects == reference.effects, effect


def test_what_could_not_be_compared_is_verified_again(make_world):
    """A noisy minute says nothing of the candidate: the next round has copies of its own."""
    unknown = Verification(outcome=Outcome.INCONCLUSIVE, why="this host is too noisy to decide heap.growth")
    world = make_world(verifications=[unknown, Verification(outcome=Outcome.ACCEPTED, why="better")])
    record = world.run()
    assert record.remediation.ended is Ending.VERIFIED
    assert [key.partition("-")[2] for key in world.slow["verify"].done] == ["1-verify", "1-verify-2"]
    assert stages(world).count("propose") == 1


def test_a_host_that_stays_too_noisy_calls_people(make_world):
    """So many rounds in the whole remediation, and nothing leaves draft."""
    unknown = Verification(outcome=Outcome.INCONCLUSIVE, why="this host is too noisy to decide heap.growth")
    world = make_world(verifications=[unknown])
    record = world.run()
    assert (record.remediation.ended, record.remediation.escalation) == (Ending.ESCALATED, Escalation.NO_IMPROVEMENT)
    assert stages(world).count("verify") == 3
    assert "3 rounds" in record.remediation.message and "too noisy" in record.remediation.message
    assert stages(world).count("propose") == 1
    assert all(order.draft for order in world.slow["publish"].orders.values())
