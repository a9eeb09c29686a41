"""Rules of a remediation: diagnose, attempt, gate, test, publish, verify, and how it ends."""

from setpoint.api.reasons import Ending, Escalation, Reason, Step
from setpoint.api.remedy import Outcome
from setpoint.control.observed import Observed, end, finish, settle, start
from setpoint.control.record import Action, Attempt, Decision, Remediation, Stage

# A host that is too noisy for three loads will be so for the fourth.
MORE_ROUNDS = 2


def announce_ending(seen: Observed) -> Decision | None:
    """People read the pull request: it says how the remediation ended before the run is finished."""
    remediation = seen.record.remediation
    if remediation is None or remediation.ended is None or remediation.announced or not remediation.pull_request:
        return None
    return start(Stage.ANNOUNCE, f"the pull request must say how it ended: {remediation.ended}")


def finish_when_ended(seen: Observed) -> Decision | None:
    remediation = seen.record.remediation
    if remediation is None or remediation.ended is None:
        return None
    return finish(remediation.escalation or remediation.ended, remediation.message)


def open_remediation(seen: Observed) -> Decision | None:
    if seen.record.remediation is not None or seen.record.verdict is None:
        return None
    names = ", ".join(row.constraint for row in seen.record.verdict.breached())
    return Decision(action=Action.OPEN, reason=Reason.SETPOINT_BREACHED, message=f"confirmed breach of {names}")


def diagnose_first(seen: Observed) -> Decision | None:
    if _open(seen).evidence is not None:
        return None
    return start(Stage.DIAGNOSE, "find out what the breached rows rest on")


def finish_after_diagnosis(seen: Observed) -> Decision | None:
    if seen.policy.mode != "Diagnose":
        return None
    return finish(Ending.DISABLED, "repair.mode is Diagnose: the cause is reported, no change is proposed")


def accept_attempt(seen: Observed) -> Decision | None:
    attempt = _open(seen).current
    if attempt is None or attempt.outcome is not Outcome.ACCEPTED:
        return None
    return end(Ending.VERIFIED, attempt.why)


def end_when_not_reproduced(seen: Observed) -> Decision | None:
    attempt = _open(seen).current
    if attempt is None or attempt.outcome is not Outcome.NOT_REPRODUCED:
        return None
    return end(Ending.NOT_REPRODUCED, attempt.why)


def escalate_when_undecided(seen: Observed) -> Decision | None:
    """Where unchanged copies cannot be judged, no other change will be: it is the host or the load, not the patch."""
    attempt = _open(seen).current
    if attempt is None or attempt.outcome is not Outcome.INCONCLUSIVE:
        return None
    message = f"attempt {attempt.number} could not be judged in {attempt.rounds} rounds; the last: {attempt.why}"
    return end(Ending.ESCALATED, message, Escalation.NO_IMPROVEMENT)


def escalate_without_proposal(seen: Observed) -> Decision | None:
    attempt = _open(seen).current
    if attempt is None or attempt.proposal is None or attempt.patch:
        return None
    said = attempt.proposal.explanation or "the proposer has nothing (more) to propose"
    return end(Ending.ESCALATED, f"no proposal: {said}", Escalation.NO_IMPROVEMENT)


def escalate_when_nothing_helps(seen: Observed) -> Decision | None:
    """Three dropped in a row, or as many attempts as allowed: people are called with everything that was tried."""
    attempts = _open(seen).attempts
    if not attempts or attempts[-1].outcome is None:
        return None
    dropped = _dropped_in_a_row(attempts)
    if len(dropped) < seen.policy.escalate_after and len(attempts) < seen.policy.max_iterations:
        return None
    counted = f"{len(attempts)} attempts, the last {len(dropped)} of them dropped"
    return end(Ending.ESCALATED, f"{counted}; last: {attempts[-1].why}", _why_escalated(dropped or attempts))


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
    return start(
        Stage.PROPOSE,
        f"attempt {attempt.number}: ask for a change{', on top of the last' if attempt.base_patch else ''}",
    )


def drop_repetition(seen: Observed) -> Decision | None:
    """A proposer that does not listen: the same change would fail in the same way."""
    attempt = _attempt(seen)
    same = next(
        (tried for tried in _open(seen).tried() if attempt.outcome is None and tried.patch == attempt.patch), None
    )
    return settle(Outcome.DROPPED, f"the same change as attempt {same.number}") if same else None


def gate_proposal(seen: Observed) -> Decision | None:
    attempt = _attempt(seen)
    if attempt.gate is not None or attempt.proposal is None:
        return None
    return start(Stage.GATE, f"gate the proposal: {attempt.proposal.title}")


def drop_at_gate(seen: Observed) -> Decision | None:
    gate = _attempt(seen).gate
    if gate is None or gate.passed:
        return None
    return settle(Outcome.DROPPED, "refused by the gate: " + "; ".join(gate.violations[:5]))


def test_proposal(seen: Observed) -> Decision | None:
    if _attempt(seen).test is not None:
        return None
    return start(Stage.TEST, "run the project's own tests on the change")


def drop_when_tests_fail(seen: Observed) -> Decision | None:
    test = _attempt(seen).test
    if test is None or test.passed:
        return None
    last = test.output.strip().splitlines()[-1:] or ["no output"]
    return settle(Outcome.DROPPED, f"the project's tests fail with it: {last[0][:200]}")


def publish_proposal(seen: Observed) -> Decision | None:
    if _attempt(seen).published:
        return None
    return start(Stage.PUBLISH, "open the draft pull request")


def finish_when_proposed(seen: Observed) -> Decision | None:
    if seen.policy.mode != "Propose":
        return None
    return finish(Step.AWAITING_MERGE, "repair.mode is Propose: the pull request is open, its effect is not verified")


def verify_proposal(seen: Observed) -> Decision | None:
    if _attempt(seen).verification is not None:
        return None
    return start(Stage.VERIFY, "run the candidate beside an unchanged copy under the same load")


def verify_again(seen: Observed) -> Decision | None:
    """What could not be compared says nothing of the candidate: more rounds, so many in the whole remediation."""
    attempt = _attempt(seen)
    if attempt.verification is None or attempt.verification.outcome is not Outcome.INCONCLUSIVE:
        return None
    if sum(each.rounds - 1 for each in _open(seen).attempts) >= MORE_ROUNDS:
        return None
    return start(Stage.VERIFY, f"round {attempt.rounds + 1}, since nothing is known: {attempt.verification.why}")


def settle_verified(seen: Observed) -> Decision | None:
    verification = _attempt(seen).verification
    if verification is None:
        return None
    return settle(verification.outcome, verification.why)


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
