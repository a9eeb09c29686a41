"""Acceptance (contract section 6): what candidate and control showed becomes one outcome and its reason. Pure."""

from collections.abc import Mapping

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Result
from setpoint.api.remedy import Change, Outcome, Verification
from setpoint.api.verdict import Row, Verdict
from setpoint.judge import judge
from setpoint.judge.compare import compare


def accept(
    constraints: Constraints,
    breached: tuple[str, ...],
    control: Metrics,
    candidate: Metrics,
    missing_work: tuple[str, ...],
    previous: Verification | None = None,
    noise: Mapping[str, float] | None = None,
) -> Verification:
    """Judge both copies and compare them; `breached` are the rows that the remediation is about.

    `noise`: row -> what two unchanged copies differ by on this host, in the row's unit.
    """
    ours, theirs = judge(constraints, control), judge(constraints, candidate)
    changes = compare(constraints, control, candidate, noise)
    outcome, why = _too_noisy(breached, ours, noise or {}) or _outcome(
        breached, ours, theirs, changes, missing_work, previous
    )
    return Verification(
        outcome=outcome,
        why=why,
        changes=changes,
        control=ours,
        candidate=theirs,
        work=missing_work,
        gaming=outcome is Outcome.DROPPED and bool(missing_work),
    )


def _outcome(
    breached: tuple[str, ...],
    ours: Verdict,
    theirs: Verdict,
    changes: tuple[Change, ...],
    missing_work: tuple[str, ...],
    previous: Verification | None,
) -> tuple[Outcome, str]:
    if said := _not_reproduced(breached, ours):
        return said
    if missing_work:
        return Outcome.DROPPED, "the candidate did less work: " + "; ".join(missing_work[:5])
    if worse := [change for change in changes if change.moved == "Worse"]:
        return Outcome.DROPPED, "made it worse: " + "; ".join(_moved(change) for change in worse)
    if new := [row for row in theirs.breached() if not _is_breached(ours, row.constraint)]:
        return Outcome.DROPPED, "breaches what the control holds: " + "; ".join(
            f"{row.constraint}: {row.message}" for row in new
        )
    if unknown := _newly_unknown(ours, theirs):
        return Outcome.DROPPED, f"no verdict on {unknown.constraint}, unlike the control's: {unknown.message}"
    better = {change.constraint: change for change in changes if change.moved == "Better"}
    rows = [row for row in theirs.rows if row.constraint in breached]
    if all(row.result is Result.WITHIN and row.constraint in better for row in rows):
        return Outcome.ACCEPTED, "; ".join(_moved(better[row.constraint]) for row in rows)
    return _improved(breached, better, rows, previous)


def _too_noisy(breached: tuple[str, ...], ours: Verdict, noise: Mapping[str, float]) -> tuple[Outcome, str] | None:
    """When unchanged copies differ by more than the breach is deep, no comparison on this host means anything."""
    for row in ours.breached():
        depth = abs(row.observed - row.limit) if row.observed is not None else 0.0
        if row.constraint in breached and 0 < depth < noise.get(row.constraint, 0.0):
            return Outcome.INCONCLUSIVE, (
                f"this host is too noisy to decide {row.constraint}: two unchanged copies differ by "
                f"{noise[row.constraint]:.4g} {row.unit}, the breach is {depth:.4g} deep"
            )
    return None


def _not_reproduced(breached: tuple[str, ...], ours: Verdict) -> tuple[Outcome, str] | None:
    rows = [row for row in ours.rows if row.constraint in breached]
    if any(row.result is Result.BREACHED for row in rows):
        return None
    if unknown := next((row for row in rows if row.result is Result.INCONCLUSIVE), None):
        return Outcome.INCONCLUSIVE, f"the unchanged copy could not be judged: {unknown.message}"
    return Outcome.NOT_REPRODUCED, f"the unchanged copy does not breach {', '.join(breached)} under the same load"


def _is_breached(verdict: Verdict, constraint: str) -> bool:
    row = verdict.row(constraint)
    return row is not None and row.result is Result.BREACHED


def _newly_unknown(ours: Verdict, theirs: Verdict) -> Row | None:
    """The first row that is Inconclusive for the candidate, and was decided for the control."""
    known = {row.constraint for row in ours.rows if row.result is not Result.INCONCLUSIVE}
    unknown = (row for row in theirs.rows if row.result is Result.INCONCLUSIVE)
    return next((row for row in unknown if row.constraint in known), None)


def _improved(
    breached: tuple[str, ...], better: dict[str, Change], rows: list[Row], previous: Verification | None
) -> tuple[Outcome, str]:
    gains = [better[name] for name in breached if name in better and _beyond(better[name], previous)]
    still = "; ".join(row.message for row in rows if row.result is not Result.WITHIN)
    if gains:
        return Outcome.IMPROVED, f"{'; '.join(_moved(change) for change in gains)}; not yet within: {still}"
    return Outcome.DROPPED, f"did not move {', '.join(breached)} by more than the interval: {still or 'no change'}"


def _beyond(change: Change, previous: Verification | None) -> bool:
    """Better than what the attempt before had reached already, by more than half of the interval."""
    before = next((c for c in previous.changes if c.constraint == change.constraint), None) if previous else None
    if before is None or before.candidate is None or change.candidate is None or change.control is None:
        return True
    low, high = change.interval or (None, None)
    width = (high - low) / 2 if low is not None and high is not None else 0.0
    gain = before.candidate - change.candidate
    return (gain if change.candidate < change.control else -gain) > width


def _moved(change: Change) -> str:
    text = [f"{value:.4g}" if value is not None else "?" for value in (change.control, change.candidate)]
    return f"{change.constraint} {text[0]} → {text[1]} {change.unit}".rstrip()
