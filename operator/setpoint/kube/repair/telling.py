"""What the status says of a remediation: from its record to words. Pure."""

import hashlib

from setpoint.api.reasons import Ending, Escalation, Step
from setpoint.api.status import (
    BudgetStatus,
    CanaryStatus,
    LastRun,
    PastRemediation,
    ProposalStatus,
    PullRequestStatus,
    RemediationStatus,
)
from setpoint.control.observed import step_name
from setpoint.control.record import Attempt, Record, Stage
from setpoint.kube.draft import iso
from setpoint.kube.kept import Told
from setpoint.kube.plan import Plan
from setpoint.kube.repair.allowed import WAITING, cools_for
from setpoint.report.text import clean

LONGEST_MESSAGE, LONGEST_CAUSE = 500, 500
MOST_HISTORY = 10
# Reasons of Remediating=False (contract section 7); an escalation is told by a condition of its own.
_ENDINGS = frozenset(Ending) - {Ending.ESCALATED}


def opened(record: Record, run: LastRun) -> RemediationStatus:
    """The status of a remediation that has just been opened by `run`."""
    assert record.remediation is not None
    about = RemediationStatus(
        id=record.remediation.id,
        run=run.id,
        generation=run.generation,
        images=run.images,
        revision=run.revision,
        step=Step.DIAGNOSING,
    )
    return shown(about, record)


def shown(before: RemediationStatus, record: Record, message: str = "", step: str = "") -> RemediationStatus:
    """The status of an open remediation."""
    remediation = record.remediation
    if remediation is None:
        return before
    attempt = remediation.current
    pending = record.pending.stage if record.pending else None
    last = record.decisions[-1].message if record.decisions else ""
    proposal = attempt.proposal if attempt else None
    cause = (proposal.cause if proposal else "") or _cause(record)
    return before.model_copy(
        update={
            "attempt": attempt.number if attempt else 0,
            "step": step or _step(before, pending),
            "started_at": iso(remediation.opened_at),
            "cause": clean(cause, LONGEST_CAUSE) or before.cause,
            "proposal": _proposal(attempt) or before.proposal,
            "pull_request": _pull_request(record, before),
            "canary": _canary(before, attempt),
            "budget": BudgetStatus(attempts=len(remediation.attempts)),
            "message": clean(message or last, LONGEST_MESSAGE),
        }
    )


def _step(before: RemediationStatus, pending: Stage | None) -> str:
    if pending is not None and pending is not Stage.MEASURE:
        return step_name(pending)
    return Step.DIAGNOSING if before.step == WAITING else before.step


def _cause(record: Record) -> str:
    evidence = record.remediation.evidence if record.remediation else None
    return next(iter((*evidence.words, *evidence.notes)), "") if evidence else ""


def _proposal(attempt: Attempt | None) -> ProposalStatus | None:
    if attempt is None or attempt.proposal is None or not attempt.patch:
        return None
    gate = attempt.gate
    return ProposalStatus(
        title=clean(attempt.proposal.title, 200),
        digest=hashlib.sha256(attempt.patch.encode()).hexdigest(),
        files=gate.files if gate else 0,
        additions=gate.additions if gate else 0,
        deletions=gate.deletions if gate else 0,
        gate=("Passed" if gate.passed else clean("; ".join(gate.violations), 300)) if gate else None,
    )


def _pull_request(record: Record, before: RemediationStatus) -> PullRequestStatus | None:
    found = record.remediation.pull_request if record.remediation else None
    if found is None:
        return before.pull_request
    state = before.pull_request.state if before.pull_request and before.pull_request.state else "Open"
    return PullRequestStatus(
        url=found.url, number=found.number, branch=found.branch, head=found.head, state=state, draft=found.draft
    )


def _canary(before: RemediationStatus, attempt: Attempt | None) -> CanaryStatus | None:
    if attempt is None or attempt.verification is None:
        return before.canary if attempt and attempt.published else None
    names = before.canary or CanaryStatus()
    said = attempt.verification
    return names.model_copy(update={"outcome": said.outcome.value, "message": clean(said.why, LONGEST_MESSAGE)})


def concluded(status: RemediationStatus) -> tuple[Told, Told | None]:
    """The conditions Remediating and Escalated."""
    message = status.message or f"remediation {status.id}"
    if status.ended is None:
        if status.step == WAITING:
            return Told(status="Unknown", reason=WAITING, message=message), None
        return Told(status="True", reason=status.step or Step.DIAGNOSING, message=message), None
    if status.ended == Step.AWAITING_MERGE:
        return Told(status="True", reason=Step.AWAITING_MERGE, message=message), None
    if status.ended in _ENDINGS:
        return Told(status="False", reason=status.ended, message=message), None
    reason = status.escalation or Escalation.NO_IMPROVEMENT
    cooling = Told(status="False", reason=Ending.COOLING_DOWN, message=f"people were called ({reason}): {message}")
    return cooling, Told(status="True", reason=reason, message=message)


def closed(
    status: RemediationStatus,
    ended: str,
    escalation: Escalation | None,
    history: tuple[PastRemediation, ...],
    plan: Plan,
    now: float,
) -> tuple[RemediationStatus, PastRemediation]:
    """The status of a remediation that has ended, and what history keeps of it."""
    seconds = cools_for(ended, history, plan.configuration)
    pull_request = status.pull_request
    after = status.model_copy(
        update={
            "ended": ended,
            "step": "",
            "escalation": escalation.value if escalation else None,
            "cools_until": iso(now + seconds) if seconds else None,
            "pull_request": pull_request.model_copy(
                update={"state": _state_after(ended, escalation, pull_request.state)}
            )
            if pull_request
            else None,
        }
    )
    past = PastRemediation(
        id=status.id,
        ended=ended,
        reason=str(escalation or ended),
        message=status.message,
        attempts=status.budget.attempts if status.budget else 0,
        pull_request=pull_request.url or pull_request.branch if pull_request else "",
        at=iso(now),
    )
    return after, past


def _state_after(ended: str, escalation: Escalation | None, before: str) -> str:
    if ended == Ending.MERGED:
        return "Merged"
    if ended == Ending.SUPERSEDED or escalation is Escalation.PULL_REQUEST_CLOSED:
        return "Closed"
    return before
