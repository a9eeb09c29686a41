"""Growth of the retained heap of one instance, beside an unchanged copy where there is one."""

from dataclasses import dataclass, replace

import numpy as np

from setpoint.api.reasons import Reason, Result
from setpoint.judge import anytime, slope
from setpoint.judge.finding import BREACHED, OPEN, Finding, Terms, Unfit, above, unfit
from setpoint.judge.series import Series, too_few
from setpoint.judge.wording import interval, more, number, span

SMALLEST = 1.0  # MB/h that matter ...
SMALLEST_SHARE = 0.02  # ... or this share of the level for each hour, whichever is more
BLOCK = 0.125  # MB: allocators ask for memory in such blocks, so that much may have leaked and not show in residence


@dataclass(frozen=True, slots=True)
class Growth:
    """What growth is held to: `smallest`, the MB/h beyond the limit that matter; `hidden`, MB that may not show yet."""

    terms: Terms
    smallest: float
    hidden: float


def heap_finding(
    series: Series, control: Series | None, terms: Terms, smallest: float | None, resident: bool
) -> Finding:
    """Whether the heap (MB) grows by more than the limit (MB/h), beside the control's where there is one.

    `smallest`: the growth beyond the limit that matters, by default a share of the level. `resident`: the points are
    resident memory, not what is retained.
    """
    if len(series.values) < slope.FEWEST:
        return unfit(too_few(len(series.values), slope.FEWEST))
    level = float(np.median(series.values))
    matters = smallest if smallest is not None else max(SMALLEST, SMALLEST_SHARE * level)
    held = Growth(terms, matters, BLOCK if resident else 0.0)
    return _grown(series, held, beside=False) if control is None else _paired(series, control, held)


def _paired(series: Series, control: Series, held: Growth) -> Finding:
    """What grows in both is not the candidate's; but a leak in both must not pass either."""
    difference = _difference(series, control)
    if isinstance(difference, Unfit):
        return unfit(difference)
    found = _grown(difference, held, beside=True)
    if found.result is Result.WITHIN:
        alone = _grown(series, held, beside=False)
        if alone.result is Result.BREACHED:
            message = f"{found.message}; but both grow: {alone.message}"
            return replace(found, result=Result.INCONCLUSIVE, reason=Reason.NOT_DECIDED, message=message)
    return found


def _grown(series: Series, held: Growth, beside: bool) -> Finding:
    terms, matters = held.terms, held.smallest
    look = anytime.look(series, terms)
    times, values = series.times[: look.points], series.values[: look.points]
    growth = slope.slope_of(times, values, series.step)
    low, high = growth.bounds(terms.alpha * look.share)
    seconds = float(times[-1] - times[0])
    bounds = (low - terms.noise, high + terms.noise + 3600 * held.hidden / seconds)
    observed = growth.estimate
    decision = above(observed, bounds, terms.limit, matters)
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
