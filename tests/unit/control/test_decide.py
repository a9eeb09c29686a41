"""The decision by itself: total, pure, and never moved by a label."""

import itertools

import pytest

from setpoint.api.ports import Progress
from setpoint.api.reasons import Ending, Result
from setpoint.api.remedy import Evidence, GateReport, Outcome, Proposal, TestReport, Verification
from setpoint.control.decide import RULES, decide
from setpoint.control.observed import Observed, Policy
from setpoint.control.record import Attempt, Pending, Record, Remediation, Stage

EMPTY = Record(uid="u", name="n", generation="g", number=1, run="r", commit="c", started_at=0)
OUTCOMES = (None, *Outcome)


def attempt(proposal, gate, test, published, verification, outcome):
    return Attempt(
        number=1,
        proposal=Proposal(patch="p") if proposal else None,
        gate=GateReport(passed=True) if gate else None,
        test=TestReport(passed=True, command=("t",)) if test else None,
        published=published,
        verification=Verification(outcome=Outcome.DROPPED, why="w") if verification else None,
        outcome=outcome,
    )


def test_every_combination_of_steps_gets_a_decision_signed_by_a_known_rule(make_verdict):
    """No record, however odd, leaves the loop without an answer."""
    names = {rule.__name__ for rule in RULES}
    flags = itertools.product((False, True), repeat=5)
    for mode, steps, outcome, ended in itertools.product(
        ("Observe", "Diagnose", "Propose", "Verify"), flags, OUTCOMES, (None, Ending.VERIFIED)
    ):
        remediation = Remediation(
            id="x", opened_at=0, evidence=Evidence(), attempts=(attempt(*steps, outcome),), ended=ended
        )
        record = EMPTY.model_copy(update={"verdict": make_verdict(), "remediation": remediation})
        assert decide(Observed(Policy(mode=mode), record)).rule in names


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize(
    ("phase", "rule"), [("Absent", "start_pending"), ("Running", "wait_for_pending"), ("Done", "take_result")]
)
def test_what_is_pending_is_started_awaited_and_taken(stage, phase, rule):
    """The same for every slow thing."""
    record = EMPTY.model_copy(update={"pending": Pending(stage=stage, key="k")})
    assert decide(Observed(Policy(), record, Progress(phase))).rule == rule


def test_suspension_holds_everything_but_a_finished_run(make_verdict):
    """The kill switch comes before any effect."""
    assert decide(Observed(Policy(suspended=True), EMPTY)).rule == "hold_when_suspended"
    finished = EMPTY.model_copy(update={"finished": True, "verdict": make_verdict(Result.WITHIN)})
    assert decide(Observed(Policy(suspended=True), finished)).rule == "stay_finished"


def test_the_same_observation_gives_the_same_decision(make_verdict):
    """Pure: nothing but the observation counts."""
    seen = Observed(Policy(mode="Verify"), EMPTY.model_copy(update={"verdict": make_verdict()}))
    assert decide(seen) == decide(seen)
