"""`judge`: constraints and metrics in, a verdict out (contract section 2). Pure, and it never raises."""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Reason, Result
from setpoint.api.verdict import Row, Verdict, worst
from setpoint.judge.case import Case, case_of, concerns, limits_of
from setpoint.judge.finding import Finding, Terms, Unfit, unfit
from setpoint.judge.process_rows import killed
from setpoint.judge.reading import Unreadable, read_constraints, read_metrics
from setpoint.judge.rows import finding_of
from setpoint.judge.sources import disagreement
from setpoint.judge.wording import name, number

ALPHA = 0.01  # chance of a wrong Breached, and of a wrong Within, for the whole verdict
MOST_FAILED = 0.5  # of all requests, where no row is about them


def judge(constraints: Constraints | Mapping[str, object], metrics: Metrics | Mapping[str, object]) -> Verdict:
    """The verdict on `metrics` (metrics.json) under `constraints` (the block of a constraints file).

    Mappings may be in camelCase or snake_case. Whatever is given, there is a verdict: what cannot be judged is
    Inconclusive with its reason.
    """
    # Values of any size may come: where a sum overflows the result is no number, and no number decides anything.
    with np.errstate(all="ignore"):
        return _judged(constraints, metrics)


def _judged(constraints: object, metrics: object) -> Verdict:
    asked = read_constraints(constraints)
    if isinstance(asked, Unreadable):
        return _nothing(f"the constraints cannot be read: {name(asked.why, 300)}")
    reading = read_metrics(metrics)
    if isinstance(reading, Unreadable):
        why = unfit(Unfit(Reason.NO_DATA, f"the metrics cannot be read: {name(reading.why, 300)}"))
        rows = tuple(_row(terms, why) for terms in _terms(asked))
    else:
        case = case_of(asked, reading)
        rows = tuple(_row(terms, _finding(case, terms)) for terms in _terms_of(case))
    return Verdict(result=worst(tuple(row.result for row in rows)), rows=rows)


def _terms(asked: Constraints) -> Iterator[Terms]:
    alpha = ALPHA / len(asked.row_names())
    return (Terms(row, limit, unit, alpha, minutes=minutes) for row, limit, unit, minutes in limits_of(asked))


def _terms_of(case: Case) -> Iterator[Terms]:
    alpha, noise, window = ALPHA / len(case.asked.row_names()), case.metrics.noise, case.window
    for row, limit, unit, minutes in limits_of(case.asked):
        yield Terms(row, limit, unit, alpha, noise.get(row, 0.0), window.sequential, minutes, window.planned)


def _finding(case: Case, terms: Terms) -> Finding:
    if found := killed(case, terms):  # first: what is killed drops the load's requests as well
        return found
    if trouble := case.trouble or _fault(case, terms.row) or disagreement(case, terms):
        return unfit(trouble)
    if not (math.isfinite(terms.noise) and terms.noise >= 0):
        return unfit(Unfit(Reason.NON_FINITE, "the noise of this row is not a possible number"))
    found = finding_of(case, terms)
    return (_refused(case) or found) if found.result is Result.WITHIN else found


def _refused(case: Case) -> Finding | None:
    """A target that turns its load away does none of the work that memory and the like are judged under.

    Where a row is about the requests, that row says so.
    """
    asked, errors = case.asked, case.metrics.signals.errors
    about_requests = asked.errors or asked.latency or asked.throughput
    if case.metrics.load is None or about_requests or errors is None or not errors.total:
        return None
    if not (errors.failed or 0) > MOST_FAILED * errors.total:
        return None
    failed = f"{number(errors.failed or 0)} of {number(errors.total)} requests failed"
    message = f"{failed}, so the work was not done; see what load asks for, or allow it with errors.budget_percent"
    return unfit(Unfit(Reason.LOAD_NOT_REACHED, message))


def _fault(case: Case, row: str) -> Unfit | None:
    """What a sensor could not do that `row` rests on."""
    fault = next((fault for fault in case.metrics.faults if concerns(fault.signal, row)), None)
    if fault is None:
        return None
    said = name(fault.message, 300) or "a sensor could not do its work"
    return Unfit(fault.reason, f"{name(fault.signal)}: {said}")


def _row(terms: Terms, found: Finding) -> Row:
    return Row(
        constraint=terms.row,
        observed=_finite(found.observed),
        limit=terms.limit,
        unit=terms.unit,
        interval=None if found.interval is None else (_finite(found.interval[0]), _finite(found.interval[1])),
        confidence=1 - terms.alpha,
        samples=found.samples,
        instance=found.instance,
        result=found.result,
        reason=found.reason,
        message=found.message,
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _nothing(message: str) -> Verdict:
    row = _row(Terms("constraints", 0.0, "", ALPHA), unfit(Unfit(Reason.NO_DATA, message)))
    return Verdict(result=Result.INCONCLUSIVE, rows=(row,))
