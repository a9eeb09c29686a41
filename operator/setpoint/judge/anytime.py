"""Looking many times without paying in false alarms: bounds that hold at every look at once.

Counts (requests over a limit, failed requests) use a mixture of likelihood ratios against shares that are some factor
away from the one allowed. Under the share allowed the mixture is a martingale that starts at 1, so it passes 1 / alpha
at any time at all with probability at most alpha (Ville); a run may be looked at after every request.

Series are looked at after each point from the first look on, which comes after FEWEST points, and not before a
sixteenth of the planned window. Neighbouring looks see nearly the same, and all of them together no more than a dozen
independent ones would: simulation (tests/unit/judge/test_sequential.py, tests/bench/judge/limits.py) shows that EACH of
alpha at each look and LAST of it at the planned end make alpha in all, whatever the noise remembers. Where no end is
planned, what each look may spend falls from there on, so that it never adds up to more. Where growth may be called from
the first look on, most false alarms are those of the first looks, and most leaks show later: there a look may spend
RISING of alpha times the part of the window that is over.

What no bound can know is whether growth will end: a cache that fills looks like a leak until it is full. So growth that
began with the run is `ripe` only after RIPE of the window that was planned.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from setpoint.judge.finding import Terms, Unfit
from setpoint.judge.series import COVERED, Series, too_few
from setpoint.judge.tails import Floats, rising_root

FEWEST = 5  # points of a first look ...
FIRST = 1 / 16  # ... and of the planned window
EACH = 0.04
RISING = 0.1
LAST = 0.4
RIPE = 3 / 4
_UNPLANNED = 80  # looks that may spend EACH where no end is planned
# How many times the odds that are allowed, and how much of the mixture: above, and below.
_UP = np.array([[1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 50.0], [0.08, 0.17, 0.30, 0.20, 0.12, 0.08, 0.05]])
_DOWN = np.array([[0.8, 0.65, 0.5, 0.3, 0.1, 0.01], [0.10, 0.15, 0.25, 0.20, 0.15, 0.15]])


@dataclass(frozen=True, slots=True)
class Look:
    """How many points (the first ones) a verdict may use, which share of alpha, and how much of the window is over.

    `early`: more of the window is to come. `passed`: the part of it that is over, 1 where none is planned.
    """

    points: int
    share: float
    early: bool
    passed: float

    @property
    def ripe(self) -> bool:
        """Whether growth that began with the run may be called: a cache would be full by now."""
        return self.passed >= RIPE


def look(series: Series, terms: Terms, fewest: int = FEWEST, part: float = FIRST, rising: bool = False) -> Look | Unfit:
    """The look that a verdict on `series` rests on: the one look of a run of fixed length, else the newest of many.

    The first one comes after `fewest` points and `part` of the planned window. `rising`: later ones may spend more.
    """
    count = len(series.values)
    if not terms.sequential:
        return Look(count, 1.0, False, 1.0)
    planned = 60 * terms.minutes if terms.minutes is not None else terms.planned
    if planned is None:
        share = EACH * min(1.0, (_UNPLANNED / count) ** 1.5)
        return too_few(count, fewest) if count < fewest else Look(count, share, True, 1.0)
    passed = (series.seconds + series.step) / planned
    if passed >= COVERED:
        return Look(int((series.times <= series.times[0] + planned).sum()), LAST, False, 1.0)
    if count < fewest or passed < part:
        return too_few(count, max(fewest, math.ceil(part * planned / series.step)))
    return Look(count, RISING * passed if rising else EACH, True, passed)


def critical_counts(n: int, share: float, tail: float) -> tuple[int, int]:
    """As tails.critical_counts, for a count that is looked at after each of the n draws."""
    if share <= 0 or share >= 1:
        return (-1, 1) if share <= 0 else (n - 1, n + 1)
    enough = -math.log(tail)
    least = _first(n + 1, lambda k: _evidence(k, n, share, _UP) >= enough)
    most = n - _first(n + 1, lambda k: _evidence(n - k, n, share, _DOWN) >= enough)
    return most, least


def share_bounds(k: int, n: int, tail: float) -> tuple[float, float]:
    """As tails.share_bounds, holding at every n at once."""
    enough, seen = -math.log(tail), min(max(k / n, 1e-9), 1 - 1e-9)
    low = rising_root(lambda p: enough - _evidence(k, n, p, _UP), 0.0, seen, 1e-6 * seen) if k else 0.0
    rest = 1 - seen
    high = rising_root(lambda q: enough - _evidence(k, n, 1 - q, _DOWN), 0.0, rest, 1e-6 * rest)
    return low, 1 - high if k < n else 1.0


def _evidence(k: int, n: int, share: float, others: Floats) -> float:
    """The logarithm of the mixture of likelihood ratios against `share` for k in n; `others`: odds, weights.

    Odds that are f times as large multiply the likelihood by f for each of the k, and by 1 / (1 - share + share f) for
    each of the n.
    """
    factors, weights = others
    return float(np.logaddexp.reduce(np.log(weights) + k * np.log(factors) - n * np.log1p(share * (factors - 1))))


def _first(end: int, holds: Callable[[int], bool]) -> int:
    """The first whole number under `end` for which `holds`, which stays true from there; `end` when there is none."""
    low, high = 0, end
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
