"""Rules of a run: suspension, what is pending, the measurement and its verdict."""

from setpoint.api.errors import BudgetExhausted, ForeignCommit, NetworkNotEnforced, PullRequestClosed, Superseded
from setpoint.api.reasons import Ending, Escalation, Reason, Result
from setpoint.api.remedy import Outcome
from setpoint.control.observed import Observed, end, finish, settle, start, step_name
from setpoint.control.record import Action, Decision, Stage


def stay_finished(seen: Observed) -> Decision | None:
    if not seen.record.finished:
        return None
    return Decision(action=Action.FINISH, reason="Finished", message="this run has ended")


def end_when_halted(seen: Observed) -> Decision | None:
    """People win, and so does a change of what the remediation is about: nothing that is under way is waited for."""
    halt, remediation = seen.policy.halt, seen.record.remediation
    if halt is None or remediation is None or remediation.ended is not None:
        return None
    return end(halt.ending, halt.message, halt.escalation)


def hold_when_suspended(seen: Observed) -> Decision | None:
    if not seen.policy.suspended:
        return None
    return Decision(action=Action.WAIT, reason="Suspended", message="suspended by its owner", after=10)


def start_pending(seen: Observed) -> Decision | None:
    """Written down but not there: the first time, or after a crash. Starting it again is harmless by its key."""
    pending = seen.record.pending
    if pending is None or seen.progress is None or seen.progress.phase != "Absent":
        return None
    return start(pending.stage, f"{pending.stage} was begun and has no result: begin it again")


def wait_for_pending(seen: Observed) -> Decision | None:
    if seen.record.pending is None or seen.progress is None or seen.progress.phase != "Running":
        return None
    stage = seen.record.pending.stage
    return Decision(action=Action.WAIT, stage=stage, reason=step_name(stage), message=f"{stage} is running", after=1)


def settle_failure(seen: Observed) -> Decision | None:
    """A slow thing that failed: what that means depends on what it was."""
    pending = seen.record.pending
    if pending is None or seen.progress is None or seen.progress.phase != "Failed":
        return None
    message = f"{pending.stage} failed: {seen.progress.message}"
    if ending := _ENDS.get(seen.progress.error):
        return end(ending[0], message, ending[1])
    if pending.stage in (Stage.PUBLISH, Stage.ANNOUNCE):
        return end(Ending.ESCALATED, message, Escalation.DEADLINE_EXCEEDED)
    if pending.stage is Stage.PROPOSE:
        return end(Ending.ESCALATED, message, Escalation.MODEL_UNAVAILABLE)
    return settle(Outcome.DROPPED, message)


# An error's class -> how the remediation ends for it. All others are about the attempt alone.
_ENDS: dict[str, tuple[Ending, Escalation | None]] = {
    BudgetExhausted.__name__: (Ending.ESCALATED, Escalation.BUDGET_EXHAUSTED),
    ForeignCommit.__name__: (Ending.ESCALATED, Escalation.FOREIGN_COMMIT),
    NetworkNotEnforced.__name__: (Ending.NETWORK_NOT_ENFORCED, None),
    PullRequestClosed.__name__: (Ending.ESCALATED, Escalation.PULL_REQUEST_CLOSED),
    Superseded.__name__: (Ending.SUPERSEDED, None),
}


def take_result(seen: Observed) -> Decision | None:
    if seen.record.pending is None or seen.progress is None:
        return None
    stage = seen.record.pending.stage
    return Decision(action=Action.TAKE, stage=stage, reason="Done", message=f"{stage} is done")


def measure_first(seen: Observed) -> Decision | None:
    if seen.record.verdict is not None:
        return None
    return start(Stage.MEASURE, "run the load and judge")


def finish_unless_breached(seen: Observed) -> Decision | None:
    """Only a confirmed breach may start a repair; unknown is neither a pass nor a breach."""
    verdict = seen.record.verdict
    if verdict is None or verdict.result is Result.BREACHED:
        return None
    if verdict.result is Result.WITHIN:
        return finish(Reason.WITHIN_SETPOINTS, "every setpoint is met")
    row = next(row for row in verdict.rows if row.result is Result.INCONCLUSIVE)
    return finish(row.reason, f"no verdict on {row.constraint}: {row.message}")


def finish_when_observing(seen: Observed) -> Decision | None:
    if seen.policy.mode != "Observe":
        return None
    return finish(Ending.DISABLED, "repair.mode is Observe: the breach is reported, nothing is changed")
