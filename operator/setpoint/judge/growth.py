"""Whether new time series keep arriving: bounded against unbounded cardinality.

A bounded set of labels fills up: its new values come ever more slowly. An unbounded one (an id in a label) brings as
many in the second half of a window as in the first. So two things must be shown before it is called a breach: that
more series arrive than a few late-comers, and that their moments lie later in the window than those of a set that
still fills (arrivals that decay so that the second half brings FADING of the first). It is within when the arrivals
at the end of the window could hardly be as many as matter. Arrivals that set in late are looked at from then on.
"""

import math
from dataclasses import dataclass

import numpy as np

from setpoint.judge.tails import Floats, normal_quantile, poisson_bounds

FADING = 0.35  # arrivals in the second half over those in the first: at most that is still "fills up"
BACKGROUND = 0.1  # new series a minute that are late-comers, not growth
SMALLEST = 0.5  # new series a minute that matter ...
FEWEST_ARRIVALS = 10  # ... and how many must have come before a short window says anything
FEWEST_SCRAPES = 3  # that brought new series: one or two may be a release


@dataclass(frozen=True, slots=True)
class Arrivals:
    """New series over `minutes`: how many, how many of them in the second half, a rate a minute with its bounds.

    `smallest`: the rate that matters in a window of this length. `unbounded`: more than a few come, and their moments
    lie later than those of a set that fills up. `began_late`: there were none for a good while before they set in.
    """

    count: int
    late: int
    minutes: float
    rate: float
    low: float
    high: float
    smallest: float
    unbounded: bool
    began_late: bool


def arrivals_of(times: Floats, values: Floats, tail: float) -> Arrivals:
    """What arrived, by the highest count so far: series that come and go are not new ones. `tail`: of each bound."""
    new = np.maximum(np.diff(np.maximum.accumulate(values)), 0)
    place = ((times[1:] + times[:-1]) / 2 - times[0]) / (times[-1] - times[0])
    quiet = _quiet(new)
    minutes, active = float(times[-1] - times[0]) / 60, float(times[-1] - times[quiet]) / 60
    count, late = float(new[quiet:].sum()), float(new[place > 0.5].sum())
    excess = _dispersion(new[quiet:])
    low, high = (bound * excess / active for bound in _bounds(count / excess, tail))
    at_the_end = _bounds(late / excess, tail)[1] * excess / (minutes / 2)
    growing = (
        low > BACKGROUND
        and count / active >= max(SMALLEST, FEWEST_ARRIVALS / active)
        and int((new[quiet:] > 0).sum()) >= FEWEST_SCRAPES
        and _later(times[quiet:], new[quiet:], excess, tail)
    )
    smallest = max(SMALLEST, FEWEST_ARRIVALS / minutes)
    high = high if quiet else max(low, min(high, at_the_end))
    return Arrivals(
        round(float(new.sum())), round(late), minutes, count / active, low, high, smallest, growing, quiet > 0
    )


def _quiet(new: Floats) -> int:
    """How many scrapes went by before growth set in, that scrape included; 0 when it was there from the start."""
    first = int(np.argmax(new > 0))
    few = new[first + 1 :].sum() < FEWEST_ARRIVALS
    return 0 if few or not max(10, len(new) // 10) < first < len(new) - FEWEST_SCRAPES else first + 1


def _bounds(count: float, tail: float) -> tuple[float, float]:
    """Bounds of a Poisson mean, also where scaling made the count a fraction."""
    return poisson_bounds(int(count), tail)[0], poisson_bounds(math.ceil(count), tail)[1]


def _dispersion(new: Floats) -> float:
    """How much more the arrivals vary from scrape to scrape than independent ones would; at least 1."""
    mean = float(new.mean())
    if mean == 0 or len(new) < 2:
        return 1.0
    return max(1.0, float(new.var(ddof=1)) / mean)


def _later(times: Floats, new: Floats, excess: float, tail: float) -> bool:
    """Whether the arrivals' mean moment is later than decaying arrivals would have, at `tail`."""
    place = ((times[1:] + times[:-1]) / 2 - times[0]) / (times[-1] - times[0])
    weights = np.exp(2 * math.log(FADING) * place)
    weights /= weights.sum()
    mean = float((weights * place).sum())
    spread = math.sqrt(max(float((weights * place**2).sum()) - mean**2, 0.0))
    count = float(new.sum())
    seen = float((new * place).sum()) / count
    return seen > mean + normal_quantile(tail) * spread / math.sqrt(count / excess)
