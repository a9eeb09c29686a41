"""From a decision to the next record, and from a record to the order of its pending stage. Pure."""

from collections.abc import Callable
from typing import Any

from setpoint.api.metrics import Metrics
from setpoint.api.ports import (
    DiagnoseOrder,
    MeasureOrder,
    PatchOrder,
    Progress,
    ProposeOrder,
    PublishOrder,
    VerifyOrder,
)
from setpoint.api.reasons import Ending, Escalation
from setpoint.api.remedy import Evidence, PullRequest
from setpoint.api.verdict import Verdict
from setpoint.control.ids import remediation_id
from setpoint.control.record import Action, Attempt, Decision, Pending, Record, Remediation, Stage

Describe = Callable[[Record], tuple[str, str]]  # title and body of the pull request
Judge = Callable[[Metrics], Verdict]


def advance(record: Record, decision: Decision, progress: Progress[Any] | None, judge: Judge) -> Record:
    """The record after `decision`; what it starts is pending in it, so that it is written before it is done."""
    record = record.model_copy(update={"decisions": (*record.decisions, decision)[-1000:]})
    match decision.action:
        case Action.START:
            assert decision.stage is not None
            record = _again(record) if decision.stage is Stage.VERIFY else record
            return record.model_copy(
                update={"pending": Pending(stage=decision.stage, key=_key(record, decision.stage))}
            )
        case Action.TAKE:
            assert decision.stage is not None and progress is not None
            return _take(record.model_copy(update={"pending": None}), decision.stage, progress.result, judge)
        case Action.OPEN:
            opened = Remediation(id=remediation_id(record.uid, record.generation, record.number), opened_at=decision.at)
            return record.model_copy(update={"remediation": opened})
        case Action.ATTEMPT:
            return _next_attempt(record)
        case Action.SETTLE:
            return _settle(record.model_copy(update={"pending": None}), decision)
        case Action.END:
            return _end(record, decision)
        case Action.FINISH:
            return record.model_copy(update={"finished": True})
        case Action.WAIT:
            return record


def _again(record: Record) -> Record:
    """A verification that decided nothing gives way to the next round, which has a key of its own."""
    assert record.remediation is not None and record.remediation.current is not None
    attempt = record.remediation.current
    if attempt.verification is None:
        return record
    return record.with_current(verification=None, rounds=attempt.rounds + 1)


def _key(record: Record, stage: Stage) -> str:
    if stage is Stage.MEASURE:
        return f"{record.run}-measure"
    assert record.remediation is not None
    attempt = record.remediation.current
    if stage in (Stage.DIAGNOSE, Stage.ANNOUNCE) or attempt is None:
        return f"{record.remediation.id}-{stage}"
    return record.remediation.key_of(attempt, stage)


def _take(record: Record, stage: Stage, result: Any, judge: Judge) -> Record:
    match stage:
        case Stage.MEASURE:
            return record.model_copy(update={"verdict": judge(result)})
        case Stage.DIAGNOSE:
            return record.with_remediation(evidence=result)
        case Stage.PROPOSE:
            return record.with_current(proposal=result)
        case Stage.GATE:
            return record.with_current(gate=result)
        case Stage.TEST:
            return record.with_current(test=result)
        case Stage.PUBLISH:
            return record.with_remediation(pull_request=result).with_current(published=True)
        case Stage.VERIFY:
            return record.with_current(verification=result)
        case Stage.ANNOUNCE:
            return record.with_remediation(pull_request=result, announced=True)


def _end(record: Record, decision: Decision) -> Record:
    # A branch that somebody else has written to is theirs: it is not touched again, not even to say so. And what
    # could not be said now is not tried for ever.
    unsaid = record.pending is not None and record.pending.stage is Stage.ANNOUNCE
    silent = decision.escalation is Escalation.FOREIGN_COMMIT or unsaid
    return record.model_copy(update={"pending": None}).with_remediation(
        ended=decision.ending, escalation=decision.escalation, message=decision.message, announced=silent
    )


def _next_attempt(record: Record) -> Record:
    assert record.remediation is not None
    base = record.remediation.base()
    attempt = Attempt(number=len(record.remediation.attempts) + 1, base_patch=base.patch if base else "")
    return record.model_copy(update={"remediation": record.remediation.with_attempt(attempt)})


def _settle(record: Record, decision: Decision) -> Record:
    remediation = record.remediation
    assert remediation is not None
    if remediation.current is None:  # the diagnosis failed: go on without evidence
        return record.with_remediation(evidence=Evidence(notes=(decision.message,)))
    return record.with_current(outcome=decision.outcome, why=decision.message)


def order_for(record: Record, describe: Describe) -> Any:
    """All that the pending stage needs to know."""
    assert record.pending is not None
    stage = record.pending.stage
    if stage is Stage.MEASURE:
        return MeasureOrder(record.commit)
    remediation = record.remediation
    assert remediation is not None and record.verdict is not None
    if stage is Stage.DIAGNOSE:
        return DiagnoseOrder(record.commit, record.verdict)
    if stage in (Stage.PUBLISH, Stage.ANNOUNCE):
        return _publish_order(record, describe)
    attempt = remediation.current
    assert attempt is not None
    if stage is Stage.PROPOSE:
        evidence = remediation.evidence or Evidence()
        return ProposeOrder(record.commit, attempt.base_patch, record.verdict, evidence, remediation.tried())
    if stage is Stage.VERIFY:
        base = remediation.base()
        previous = base.verification if base else None
        return VerifyOrder(record.commit, attempt.patch, record.verdict, previous, seed=record.pending.key)
    return PatchOrder(record.commit, attempt.patch)


def _publish_order(record: Record, describe: Describe) -> PublishOrder:
    """The branch's one commit: the current attempt's patch, or, at the end, the best that there is."""
    remediation = record.remediation
    assert remediation is not None
    shown = remediation.shown()
    assert shown is not None
    title, body = describe(record)
    before: PullRequest | None = remediation.pull_request
    return PublishOrder(
        branch=record.branch,
        commit=record.commit,
        patch=shown.patch,
        title=title,
        body=body,
        draft=remediation.ended is not Ending.VERIFIED,
        expected_head=before.head if before else "",
        at=int(remediation.opened_at),
    )
