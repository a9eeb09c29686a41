"""Growth of the retained heap of one instance, beside an unchanged copy where there is one."""

from dataclasses import replace

import numpy as np

from setpoint.api.reasons import Reason, Result
from setpoint.judge import anytime, slope
from setpoint.judge.finding import BREACHED, OPEN, Finding, Terms, Unfit, above, unfit
from setpoint.judge.series import Series
from setpoint.judge.wording import interval, more, number, span

SMALLEST = 1.0  # MB/h that matter ...
SMALLEST_SHARE = 0.02  # ... or this share of the level for each hour, whichever is more


def heap_finding(series: Series, control: Series | None, terms: Terms, smallest: float | None) -> Finding:
    """Whether the heap (MB) grows by more than the limit (MB/h); `smallest`: the growth beyond it that matters."""
    if len(series.values) < slope.FEWEST:
        why = f"{len(series.values)} points after the warm-up; at least {slope.FEWEST} are needed"
        return unfit(Unfit(Reason.TOO_FEW_SAMPLES, why))
    level = float(np.median(series.values))
    matters = smallest if smallest is not None else max(SMALLEST, SMALLEST_SHARE * level)
    if control is None:
        return _grown(series, terms, matters, beside=False)
    return _paired(series, control, terms, matters)


def _paired(series: Series, control: Series, terms: Terms, matters: float) -> Finding:
    """What grows in both is not the candidate's; but a leak in both must not pass either."""
    difference = _difference(series, control)
    if isinstance(difference, Unfit):
        return unfit(difference)
    found = _grown(difference, terms, matters, beside=True)
    if found.result is Result.WITHIN:
        alone = _grown(series, terms, matters, beside=False)
        if alone.result is Result.BREACHED:
            message = f"{found.message}; but both grow: {alone.message}"
            return replace(found, result=Result.INCONCLUSIVE, reason=Reason.NOT_DECIDED, message=message)
    return found


def _grown(series: Series, terms: Terms, matters: float, beside: bool) -> Finding:
    look = anytime.look(series, terms)
    times, values = series.times[: look.points], series.values[: look.points]
    growth = slope.slope_of(times, values, series.step)
    low, high = growth.bounds(terms.alpha * look.share)
    bounds, observed = (low - terms.noise, high + terms.noise), growth.estimate
    decision = above(observed, bounds, terms.limit, matters)
    seconds = float(times[-1] - times[0])
    message = (
        f"heap grew {number(observed)} MB/h{' more than its control' if beside else ''} {interval(*bounds)} over "
        f"{span(seconds)}; limit {number(terms.limit)} MB/h, smallest effect {number(matters)}"
    )
    if decision is BREACHED and not (look.ripe or beside):
        decision = OPEN
        message += "; it may still end: most of the window is to come"
    elif decision is OPEN:
        gap = max(abs(observed - terms.limit - matters / 2), matters / 2)
        message += f"; {more(seconds, max(1.1, ((bounds[1] - bounds[0]) / 2 / gap) ** (2 / 3)))}"
    return Finding(decision.result, decision.reason, message, observed, bounds, look.points)


def _difference(series: Series, control: Series) -> Series | Unfit:
    """The series less its control, where both were seen."""
    both = (series.times >= control.times[0] - control.step) & (series.times <= control.times[-1] + control.step)
    if both.sum() < max(slope.FEWEST, 0.95 * len(both)):
        return Unfit(Reason.PARTIAL_DATA, "the control was not seen over the same window")
    times = series.times[both]
    values = series.values[both] - np.interp(times, control.times, control.values)
    return Series(times, values, series.step)
