"""Whether new time series keep arriving: bounded against unbounded cardinality.

A bounded set of labels fills up: its new values come ever more slowly. An unbounded one (an id in a label) brings as
many in the second half of a window as in the first. So two things must be shown before it is called a breach: that
more series arrive than a few late-comers, and that their moments lie later in the window than those of a set that
still fills (arrivals that decay so that the second half brings FADING of the first). It is within when the arrivals
at the end of the window could hardly be as many as matter.
"""

import math
from dataclasses import dataclass

import numpy as np

from setpoint.judge.tails import Floats, normal_quantile, poisson_bounds

FADING = 0.35  # arrivals in the second half over those in the first: at most that is still "fills up"
BACKGROUND = 0.1  # new series a minute that are late-comers, not growth
SMALLEST = 0.5  # new series a minute that matter ...
FEWEST_ARRIVALS = 10  # ... and how many must have come before a short window says anything


@dataclass(frozen=True, slots=True)
class Arrivals:
    """New series over a window of `minutes`; `rate` a minute, with its bounds; `late` are those of the second half.

    `unbounded`: their moments lie later than those of a set that fills up. `settled`: bounds of the rate at the end.
    """

    count: int
    late: int
    minutes: float
    rate: float
    low: float
    high: float
    unbounded: bool

    @property
    def smallest(self) -> float:
        """New series a minute that matter in a window of this length."""
        return max(SMALLEST, FEWEST_ARRIVALS / self.minutes)


def arrivals_of(times: Floats, values: Floats, tail: float) -> Arrivals:
    """What arrived, by the highest count so far: series that come and go are not new ones."""
    top = np.maximum.accumulate(values)
    new = np.maximum(np.diff(top), 0)
    minutes = float(times[-1] - times[0]) / 60
    place = ((times[1:] + times[:-1]) / 2 - times[0]) / (times[-1] - times[0])
    count, late = float(new.sum()), float(new[place > 0.5].sum())
    excess = _dispersion(new)
    low = poisson_bounds(int(count / excess), tail)[0] * excess / minutes
    whole = poisson_bounds(math.ceil(count / excess), tail)[1] * excess / minutes
    half = poisson_bounds(math.ceil(late / excess), tail)[1] * excess / (minutes / 2)
    return Arrivals(
        round(count), round(late), minutes, count / minutes, low, min(whole, half), _later(new, place, excess, tail)
    )


def _dispersion(new: Floats) -> float:
    """How much more the arrivals vary from scrape to scrape than independent ones would; at least 1."""
    mean = float(new.mean())
    if mean == 0 or len(new) < 2:
        return 1.0
    return max(1.0, float(new.var(ddof=1)) / mean)


def _later(new: Floats, place: Floats, excess: float, tail: float) -> bool:
    """Whether the arrivals' mean moment is later than decaying arrivals would have, at `tail`."""
    count = float(new.sum()) / excess
    if count < 1:
        return False
    decay = -2 * math.log(FADING)
    weights = np.exp(-decay * place)
    weights /= weights.sum()
    mean = float((weights * place).sum())
    spread = math.sqrt(float((weights * place**2).sum()) - mean**2)
    seen = float((new * place).sum() / new.sum())
    return seen > mean + normal_quantile(tail) * spread / math.sqrt(count)
