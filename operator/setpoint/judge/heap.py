"""Growth of the retained heap of one instance, beside an unchanged copy where there is one."""

import math
from dataclasses import dataclass, replace

import numpy as np

from setpoint.api.reasons import Reason, Result
from setpoint.judge import anytime, slope
from setpoint.judge.finding import BREACHED, OPEN, Finding, Terms, Unfit, above, too_noisy, unfit
from setpoint.judge.mixture import Mixture
from setpoint.judge.series import Series, too_few
from setpoint.judge.shapes import WHOLE, Beliefs
from setpoint.judge.tails import Floats
from setpoint.judge.warmup import found_warmup
from setpoint.judge.wording import interval, more, number, span

SMALLEST = 1.0  # MB/h that matter ...
SMALLEST_SHARE = 0.02  # ... or this share of the level for each hour, whichever is more
BLOCK = 0.125  # MB: allocators ask for memory in such blocks, so that much may have leaked and not show in residence
# Looks on the way hold all noise equally likely. Growth that ended is for the planned end to find: alone nothing is
# called before a cache would be full, and beside a control both fill theirs, all but for APART of what they grow.
SOON = Beliefs(rise=0.0, on_top=0.2, ended=0.03)
SOON_BESIDE = Beliefs(rise=0.0, on_top=0.05, ended=0.001)
APART = 0.05
SAW = 1 / 4  # of the planned window: what grows for less may be one tooth, where garbage is in the figure


@dataclass(frozen=True, slots=True)
class Growth:
    """What growth is held to: `smallest`, the MB/h beyond the limit that matter; `hidden`, MB that may not show yet.

    `saw`: what is not collected yet is in the figure.
    """

    terms: Terms
    smallest: float
    hidden: float
    saw: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the difference: the candidate itself and its control, at the same times."""

    candidate: Floats
    control: Floats


def heap_finding(series: Series, control: Series | None, terms: Terms, smallest: float | None, kind: str) -> Finding:
    """Whether the heap (MB) grows by more than the limit (MB/h), beside the control's where there is one.

    `smallest`: the growth beyond the limit that matters, by default a share of the level. `kind`: what a point is, as
    in metrics.json.
    """
    level = float(np.median(series.values))
    matters = smallest if smallest is not None else max(SMALLEST, SMALLEST_SHARE * level)
    held = Growth(terms, matters, BLOCK if kind == "rss" else 0.0, kind == "live")
    return _grown(series, held, None) if control is None else _paired(series, control, held)


def _paired(series: Series, control: Series, held: Growth) -> Finding:
    """What grows in both is not the candidate's; but a leak in both must not pass either."""
    pair = _pair(series, control)
    if isinstance(pair, Unfit):
        return unfit(pair)
    difference, beside = pair
    found = _grown(difference, held, beside)
    if found.result is Result.WITHIN:
        alone = _grown(series, held, None)
        if alone.result is Result.BREACHED:
            message = f"{found.message}; but both grow: {alone.message}"
            return replace(found, result=Result.INCONCLUSIVE, reason=Reason.NOT_DECIDED, message=message)
    return found


def _grown(series: Series, held: Growth, beside: Beside | None) -> Finding:
    terms, matters = held.terms, held.smallest
    look = anytime.look(series, terms, rising=beside is not None)
    if isinstance(look, Unfit):
        return unfit(look)
    if not look.early and look.points < slope.FEWEST:
        return unfit(too_few(look.points, slope.FEWEST))
    seen = replace(series, times=series.times[: look.points], values=series.values[: look.points])
    growth = _slope(seen, look, beside)
    low, high = growth.bounds(terms.alpha * look.share)
    apart = APART * max(0.0, _line(seen.times, beside.control[: look.points])) if beside and look.early else 0.0
    plain = low - apart, high + 3600 * held.hidden / seen.seconds
    bounds, observed = (plain[0] - terms.noise, plain[1] + terms.noise), growth.estimate
    decision = above(observed, bounds, terms.limit, matters)
    open_yet = _may_end(seen.times, look, held, beside) if decision is BREACHED else ""
    message = (
        f"heap grew {number(observed)} MB/h{' more than its control' if beside else ''} {interval(*bounds)} over "
        f"{span(seen.seconds)}; limit {number(terms.limit)} MB/h, smallest effect {number(matters)}"
    )
    if open_yet:
        decision, message = OPEN, f"{message}; {open_yet}"
    elif decision is OPEN:
        without = above(observed, plain, terms.limit, matters)
        message += f"; {too_noisy(terms, without) or _longer(seen, held, observed, bounds)}"
    message += "" if decision is BREACHED else _warmed(seen, look, beside)
    return Finding(decision.result, decision.reason, message, observed, bounds, look.points)


def _longer(seen: Series, held: Growth, observed: float, bounds: tuple[float, float]) -> str:
    gap = max(abs(observed - held.terms.limit - held.smallest / 2), held.smallest / 2)
    return more(seen.seconds, max(1.1, abs((bounds[1] - bounds[0]) / 2 / gap) ** (2 / 3)))


def _warmed(seen: Series, look: anytime.Look, beside: Beside | None) -> str:
    """What is to be said of a start that differs from the rest, as of a cache that filled; empty where none does."""
    cut = 0 if beside or look.early else found_warmup(seen.values)
    if not cut:
        return ""
    return f"; it was still warming up in the first {span(float(seen.times[cut] - seen.times[0]))}"


def _slope(seen: Series, look: anytime.Look, beside: Beside | None) -> Mixture:
    """The growth; on the way a few points may lie on a line because they were rounded."""
    times, values, step = seen.times, seen.values, seen.step
    if not look.early:
        return slope.slope_of(times, values, step, WHOLE)
    if beside is None:
        return slope.slope_of(times, values, step, SOON, grain=slope.grain_of(values))
    both = beside.candidate[: look.points], beside.control[: look.points]
    grain = math.hypot(*map(slope.grain_of, both))
    return slope.slope_of(times, values, step, SOON_BESIDE, both[0] + both[1], grain)


def _may_end(times: Floats, look: anytime.Look, held: Growth, beside: Beside | None) -> str:
    """Why growth so far is not called yet; empty when it is."""
    if not look.early:
        return ""
    if beside is None:
        return "" if look.ripe else "it may still end: a cache would be full after three quarters of the window"
    if held.saw and look.passed < SAW:
        return "it may be garbage that is not collected yet"
    if _line(times, beside.candidate[: look.points]) < held.terms.limit + held.smallest:
        return "it is the control that shrinks so far"
    return ""


def _line(times: Floats, values: Floats) -> float:
    """Growth in MB/h by least squares, for what is not decided by it alone."""
    since = times - times.mean()
    return 3600 * float(since @ values) / max(float(since @ since), 1e-9)


def _pair(series: Series, control: Series) -> tuple[Series, Beside] | Unfit:
    """The series less its control, where both were seen; and what both together say."""
    both = (series.times >= control.times[0] - control.step) & (series.times <= control.times[-1] + control.step)
    if both.sum() < 0.95 * len(both):
        return Unfit(Reason.PARTIAL_DATA, "the control was not seen over the same window")
    times, values = series.times[both], series.values[both]
    other = np.interp(times, control.times, control.values)
    return Series(times, values - other, series.step), Beside(values, other)
