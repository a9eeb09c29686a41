"""Growth of the retained heap of one instance, beside an unchanged copy where there is one."""

import numpy as np

from setpoint.api.reasons import Reason
from setpoint.judge import anytime, slope
from setpoint.judge.finding import OPEN, Finding, Terms, Unfit, above, unfit
from setpoint.judge.series import Series
from setpoint.judge.wording import interval, more, number, span

SMALLEST = 1.0  # MB/h that matter ...
SMALLEST_SHARE = 0.02  # ... or this share of the level for each hour, whichever is more


def heap_finding(series: Series, control: Series | None, terms: Terms, smallest: float | None) -> Finding:
    """Whether the heap (MB) grows by more than the limit (MB/h); `smallest`: the growth beyond it that matters."""
    level = float(np.median(series.values))
    matters = smallest if smallest is not None else max(SMALLEST, SMALLEST_SHARE * level)
    alone = _grown(series, terms, matters)
    if control is None:
        return alone
    difference = _difference(series, control)
    if isinstance(difference, Unfit):
        return unfit(difference)
    return _grown(difference, terms, matters, " more than its control")


def _grown(series: Series, terms: Terms, matters: float, beside: str = "") -> Finding:
    points, share = anytime.look(len(series.values)) if terms.sequential else (len(series.values), 1.0)
    if len(series.values) < slope.FEWEST:
        why = f"{len(series.values)} points after the warm-up; at least {slope.FEWEST} are needed"
        return unfit(Unfit(Reason.TOO_FEW_SAMPLES, why))
    times, values = series.times[:points], series.values[:points]
    growth = slope.slope_of(times, values, series.step)
    low, high = growth.bounds(terms.alpha * share)
    bounds = (low - terms.noise, high + terms.noise)
    observed = growth.estimate
    decision = above(observed, bounds, terms.limit, matters)
    seconds = float(times[-1] - times[0])
    message = (
        f"heap grew {number(observed)} MB/h{beside} {interval(*bounds)} over {span(seconds)}; "
        f"limit {number(terms.limit)} MB/h, smallest effect {number(matters)}"
    )
    if decision is OPEN:
        gap = max(abs(observed - terms.limit - matters / 2), matters / 2)
        message += f"; {more(seconds, max(1.1, ((high - low) / 2 / gap) ** (2 / 3)))}"
    return Finding(decision.result, decision.reason, message, observed, bounds, points)


def _difference(series: Series, control: Series) -> Series | Unfit:
    """The series less its control, where both were seen."""
    both = (series.times >= control.times[0] - control.step) & (series.times <= control.times[-1] + control.step)
    if both.sum() < 0.95 * len(both):
        return Unfit(Reason.PARTIAL_DATA, "the control was not seen over the same window")
    times = series.times[both]
    values = series.values[both] - np.interp(times, control.times, control.values)
    return Series(times, values, series.step, series.before)
