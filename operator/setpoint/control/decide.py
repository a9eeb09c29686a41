"""The decision: a flat tuple of small rules over what was observed; the first with an opinion wins.

Pure: no clock, no I/O, no exceptions. The same observation gives the same decision on a laptop and in a cluster.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from setpoint.api.ports import Progress
from setpoint.api.reasons import Ending, Escalation, Reason, Result, Step
from setpoint.api.remedy import Outcome
from setpoint.control.record import STEP_OF, Action, Attempt, Decision, Record, Remediation, Stage


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user allows (repair.mode and its limits)."""

    mode: Literal["Observe", "Diagnose", "Propose", "Verify"] = "Observe"
    max_iterations: int = 5
    escalate_after: int = 3
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Observed:
    """All that a decision rests on. `progress` is of the pending slow thing, when there is one."""

    policy: Policy
    record: Record
    progress: Progress[Any] | None = None


Rule = Callable[[Observed], Decision | None]


def decide(seen: Observed) -> Decision:
    """Choose the next action; the first rule with an opinion wins, and signs it."""
    for rule in RULES:
        if decision := rule(seen):
            return decision.model_copy(update={"rule": rule.__name__})
    raise AssertionError("the last rule always has an opinion")


def stay_finished(seen: Observed) -> Decision | None:
    if not seen.record.finished:
        return None
    return Decision(action=Action.FINISH, reason="Finished", message="this run has ended")


def hold_when_suspended(seen: Observed) -> Decision | None:
    if not seen.policy.suspended:
        return None
    return Decision(action=Action.WAIT, reason="Suspended", message="suspended by its owner", after=10)


def start_pending(seen: Observed) -> Decision | None:
    """Written down but not there: the first time, or after a crash. Starting it again is harmless by its key."""
    pending = seen.record.pending
    if pending is None or seen.progress is None or seen.progress.phase != "Absent":
        return None
    return _start(pending.stage, f"{pending.stage} was written down and is not there yet")


def wait_for_pending(seen: Observed) -> Decision | None:
    if seen.record.pending is None or seen.progress is None or seen.progress.phase != "Running":
        return None
    stage = seen.record.pending.stage
    return Decision(action=Action.WAIT, stage=stage, reason=_step(stage), message=f"{stage} is running", after=1)


def settle_failure(seen: Observed) -> Decision | None:
    """A slow thing that failed: what that means depends on what it was."""
    pending = seen.record.pending
    if pending is None or seen.progress is None or seen.progress.phase != "Failed":
        return None
    message = f"{pending.stage} failed: {seen.progress.message}"
    if pending.stage in (Stage.PUBLISH, Stage.ANNOUNCE):
        return _end(Ending.ESCALATED, message, Escalation.FOREIGN_COMMIT)
    if pending.stage is Stage.PROPOSE:
        return _end(Ending.ESCALATED, message, Escalation.MODEL_UNAVAILABLE)
    return _settle(Outcome.DROPPED, message)


def take_result(seen: Observed) -> Decision | None:
    if seen.record.pending is None or seen.progress is None:
        return None
    stage = seen.record.pending.stage
    return Decision(action=Action.TAKE, stage=stage, reason="Done", message=f"{stage} is done")


def measure_first(seen: Observed) -> Decision | None:
    if seen.record.verdict is not None:
        return None
    return _start(Stage.MEASURE, "run the load and judge")


def finish_unless_breached(seen: Observed) -> Decision | None:
    """Only a confirmed breach may start a repair; unknown is neither a pass nor a breach."""
    verdict = seen.record.verdict
    if verdict is None or verdict.result is Result.BREACHED:
        return None
    if verdict.result is Result.WITHIN:
        return _finish(Reason.WITHIN_SETPOINTS, "every setpoint is met")
    row = next(row for row in verdict.rows if row.result is Result.INCONCLUSIVE)
    return _finish(row.reason, f"no verdict on {row.constraint}: {row.message}")


def finish_when_observing(seen: Observed) -> Decision | None:
    if seen.policy.mode != "Observe":
        return None
    return _finish(Ending.DISABLED, "repair.mode is Observe: the breach is reported, nothing is changed")


def announce_ending(seen: Observed) -> Decision | None:
    """People read the pull request: it says how the remediation ended before the run is finished."""
    remediation = seen.record.remediation
    if remediation is None or remediation.ended is None or remediation.announced or not remediation.pull_request:
        return None
    return _start(Stage.ANNOUNCE, f"the pull request must say how it ended: {remediation.ended}")


def finish_when_ended(seen: Observed) -> Decision | None:
    remediation = seen.record.remediation
    if remediation is None or remediation.ended is None:
        return None
    return _finish(remediation.escalation or remediation.ended, remediation.message)


def open_remediation(seen: Observed) -> Decision | None:
    if seen.record.remediation is not None or seen.record.verdict is None:
        return None
    names = ", ".join(row.constraint for row in seen.record.verdict.breached())
    return Decision(action=Action.OPEN, reason=Reason.SETPOINT_BREACHED, message=f"confirmed breach of {names}")


def diagnose_first(seen: Observed) -> Decision | None:
    if _open(seen).evidence is not None:
        return None
    return _start(Stage.DIAGNOSE, "find out what the breached rows rest on")


def finish_after_diagnosis(seen: Observed) -> Decision | None:
    if seen.policy.mode != "Diagnose":
        return None
    return _finish(Ending.DISABLED, "repair.mode is Diagnose: the cause is reported, no change is proposed")


def accept_attempt(seen: Observed) -> Decision | None:
    attempt = _open(seen).current
    if attempt is None or attempt.outcome is not Outcome.ACCEPTED:
        return None
    return _end(Ending.VERIFIED, attempt.why)


def end_when_not_reproduced(seen: Observed) -> Decision | None:
    attempt = _open(seen).current
    if attempt is None or attempt.outcome is not Outcome.NOT_REPRODUCED:
        return None
    return _end(Ending.NOT_REPRODUCED, attempt.why)


def escalate_without_proposal(seen: Observed) -> Decision | None:
    attempt = _open(seen).current
    if attempt is None or attempt.proposal is None or attempt.patch:
        return None
    said = attempt.proposal.explanation or "the proposer has nothing (more) to propose"
    return _end(Ending.ESCALATED, f"no proposal: {said}", Escalation.NO_IMPROVEMENT)


def escalate_when_nothing_helps(seen: Observed) -> Decision | None:
    """Three dropped in a row, or as many attempts as allowed: people are called with everything that was tried."""
    attempts = _open(seen).attempts
    if not attempts or attempts[-1].outcome is None:
        return None
    dropped = _dropped_in_a_row(attempts)
    if len(dropped) < seen.policy.escalate_after and len(attempts) < seen.policy.max_iterations:
        return None
    counted = f"{len(attempts)} attempts, the last {len(dropped)} of them dropped"
    return _end(Ending.ESCALATED, f"{counted}; last: {attempts[-1].why}", _why_escalated(dropped or attempts))


def begin_attempt(seen: Observed) -> Decision | None:
    remediation = _open(seen)
    if remediation.current is not None and remediation.current.outcome is None:
        return None
    number = len(remediation.attempts) + 1
    on = f", on attempt {base.number}, which improved it" if (base := remediation.base()) else ""
    return Decision(action=Action.ATTEMPT, reason=Step.PROPOSING, message=f"attempt {number}{on}")


def propose(seen: Observed) -> Decision | None:
    if _attempt(seen).proposal is not None:
        return None
    attempt = _attempt(seen)
    return _start(
        Stage.PROPOSE,
        f"attempt {attempt.number}: ask for a change{', on top of the last' if attempt.base_patch else ''}",
    )


def drop_repetition(seen: Observed) -> Decision | None:
    """A proposer that does not listen: the same change would fail in the same way."""
    attempt = _attempt(seen)
    same = next(
        (tried for tried in _open(seen).tried() if attempt.outcome is None and tried.patch == attempt.patch), None
    )
    return _settle(Outcome.DROPPED, f"the same change as attempt {same.number}") if same else None


def gate_proposal(seen: Observed) -> Decision | None:
    attempt = _attempt(seen)
    if attempt.gate is not None or attempt.proposal is None:
        return None
    return _start(Stage.GATE, f"gate the proposal: {attempt.proposal.title}")


def drop_at_gate(seen: Observed) -> Decision | None:
    gate = _attempt(seen).gate
    if gate is None or gate.passed:
        return None
    return _settle(Outcome.DROPPED, "refused by the gate: " + "; ".join(gate.violations[:5]))


def test_proposal(seen: Observed) -> Decision | None:
    if _attempt(seen).test is not None:
        return None
    return _start(Stage.TEST, "run the project's own tests on the change")


def drop_when_tests_fail(seen: Observed) -> Decision | None:
    test = _attempt(seen).test
    if test is None or test.passed:
        return None
    last = test.output.strip().splitlines()[-1:] or ["no output"]
    return _settle(Outcome.DROPPED, f"the project's tests fail with it: {last[0][:200]}")


def publish_proposal(seen: Observed) -> Decision | None:
    if _attempt(seen).published:
        return None
    return _start(Stage.PUBLISH, "open the draft pull request")


def finish_when_proposed(seen: Observed) -> Decision | None:
    if seen.policy.mode != "Propose":
        return None
    return _finish(Step.AWAITING_MERGE, "repair.mode is Propose: the pull request is open, its effect is not verified")


def verify_proposal(seen: Observed) -> Decision | None:
    if _attempt(seen).verification is not None:
        return None
    return _start(Stage.VERIFY, "run the candidate beside an unchanged copy under the same load")


def settle_verified(seen: Observed) -> Decision | None:
    verification = _attempt(seen).verification
    if verification is None:
        return None
    return _settle(verification.outcome, verification.why)


RULES: tuple[Rule, ...] = (
    stay_finished,
    hold_when_suspended,
    start_pending,
    wait_for_pending,
    settle_failure,
    take_result,
    measure_first,
    finish_unless_breached,
    finish_when_observing,
    announce_ending,
    finish_when_ended,
    open_remediation,
    diagnose_first,
    finish_after_diagnosis,
    accept_attempt,
    end_when_not_reproduced,
    escalate_without_proposal,
    escalate_when_nothing_helps,
    begin_attempt,
    propose,
    drop_repetition,
    gate_proposal,
    drop_at_gate,
    test_proposal,
    drop_when_tests_fail,
    publish_proposal,
    finish_when_proposed,
    verify_proposal,
    settle_verified,
)


def _start(stage: Stage, message: str) -> Decision:
    return Decision(action=Action.START, stage=stage, reason=_step(stage), message=message)


def _step(stage: Stage) -> str:
    return STEP_OF.get(stage, "Running")


def _settle(outcome: Outcome, why: str) -> Decision:
    return Decision(action=Action.SETTLE, reason=outcome, message=why, outcome=outcome)


def _end(ending: Ending, message: str, escalation: Escalation | None = None) -> Decision:
    return Decision(
        action=Action.END, reason=escalation or ending, message=message, ending=ending, escalation=escalation
    )


def _finish(reason: str, message: str) -> Decision:
    return Decision(action=Action.FINISH, reason=reason, message=message)


def _open(seen: Observed) -> Remediation:
    assert seen.record.remediation is not None, "open_remediation comes first"
    return seen.record.remediation


def _attempt(seen: Observed) -> Attempt:
    attempt = _open(seen).current
    assert attempt is not None, "begin_attempt comes first"
    return attempt


def _dropped_in_a_row(attempts: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    """The attempts after the last one that improved something."""
    kept = [place for place, attempt in enumerate(attempts) if attempt.outcome is Outcome.IMPROVED]
    return attempts[kept[-1] + 1 :] if kept else attempts


def _why_escalated(attempts: tuple[Attempt, ...]) -> Escalation:
    if all(attempt.gate and not attempt.gate.passed for attempt in attempts):
        return Escalation.GATE_VIOLATION
    if all(attempt.verification and attempt.verification.gaming for attempt in attempts):
        return Escalation.SUSPECTED_GAMING
    return Escalation.NO_IMPROVEMENT
