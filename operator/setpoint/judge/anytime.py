"""Looking many times without paying in false alarms: bounds that hold at every look at once.

Counts (requests over a limit, failed requests) use a mixture of likelihood ratios against shares that are some factor
away from the one allowed. Under the share allowed the mixture is a martingale that starts at 1, so it passes 1 / alpha
at any time at all with probability at most alpha (Ville); a run may be looked at after every request.

Series (slopes, means, arrivals) spend alpha over a stated grid of looks: the first after FIRST points, each following
one after RATIO times as many; between two looks the verdict is that of the earlier one. Look j may use the share
(j + 3)^-1.5, scaled so that all sum to a half; the other half is kept for the one look at the planned end. The chance
of a false alarm at any of them is at most the sum of their shares: alpha.

What no bound can know is whether growth will end: a cache that fills looks like a leak until it is full. So growth that
began with the run is `ripe` only after RIPE of the window that was planned.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from setpoint.judge.finding import Terms
from setpoint.judge.series import COVERED, Series
from setpoint.judge.tails import Floats, rising_root

FIRST = 12
RATIO = 1.15
RIPE = 2 / 3
_TOTAL = 1.2644  # of (j + 3)^-1.5 over all j >= 0, rounded up
# How many times the odds that are allowed, and how much of the mixture: above, and below.
_UP = np.array([[1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 50.0], [0.08, 0.17, 0.30, 0.20, 0.12, 0.08, 0.05]])
_DOWN = np.array([[0.8, 0.65, 0.5, 0.3, 0.1, 0.01], [0.10, 0.15, 0.25, 0.20, 0.15, 0.15]])


@dataclass(frozen=True, slots=True)
class Look:
    """How many points (the first ones) a verdict may use, which share of alpha, and whether growth may be called."""

    points: int
    share: float
    ripe: bool


def look(series: Series, terms: Terms, every: bool = False) -> Look:
    """The look that a verdict on `series` rests on: all of it in a run of fixed length, else the last of the grid.

    `every`: each point is a look of its own, which costs more of alpha and forgets nothing that is new.
    """
    count = len(series.values)
    if not terms.sequential:
        return Look(count, 1.0, True)
    planned = 60 * terms.minutes if terms.minutes is not None else terms.planned
    if planned is not None and series.seconds + series.step >= COVERED * planned:
        return Look(int((series.times <= series.times[0] + planned).sum()), 0.5, True)
    used, number = (count, max(0, count - FIRST)) if every else _grid(count)
    ripe = planned is None or series.seconds >= RIPE * planned
    return Look(min(used, count), 0.5 * (number + 3) ** -1.5 / _TOTAL, ripe)


def _grid(count: int) -> tuple[int, int]:
    """(points of the last look, its number) once `count` points have come."""
    used, number = FIRST, 0
    while (following := max(used + 1, math.ceil(used * RATIO))) <= count:
        used, number = following, number + 1
    return used, number


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
