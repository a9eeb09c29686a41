"""Tail probabilities and quantiles of the few distributions that the judge needs, on numpy and the standard library.

Scalars unless said otherwise. Tails are accurate to about ten digits wherever they exceed 1e-12, which is far beyond
any level that a row is judged at; the tests hold them against published tables and exact sums.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_STANDARD = NormalDist()
_STEPS = 100  # of a search; all end far earlier


def rising_root(distance: Callable[[float], float], low: float, high: float, enough: float, near: float = 0.0) -> float:
    """A place just before the one where `distance`, which rises, stops being negative: nearer than `enough` to it.

    A place where it is negative by at most `near` will do. Sought between `low` and `high`, or outside. False
    position, with every third step a halving so that a bend cannot hold it up.
    """
    left, right = distance(low), distance(high)
    for turn in range(_STEPS):
        if left >= 0:
            low, high, right = low - 2 * (high - low), low, left
            left = distance(low)
            continue
        if right < 0:
            low, high, left = high, high + 2 * (high - low), right
            right = distance(high)
            continue
        if high - low <= enough:
            break
        part = left / (left - right) if turn % 3 < 2 else 0.5
        middle = low + min(0.98, max(0.02, part)) * (high - low)
        found = distance(middle)
        if -near <= found < 0:
            return middle
        low, high, left, right = (middle, high, found, right) if found < 0 else (low, middle, left, found)
    return low


def square(value: float) -> float:
    """Infinite where `**` would raise: values come in all sizes."""
    return value * value


def log_sum(logs: Floats) -> Floats:
    """The logarithm of the sum over the last axis, which stays, of what `logs` are the logarithms of."""
    most = logs.max(axis=-1, keepdims=True)
    return np.asarray(most + np.log(np.exp(logs - most).sum(axis=-1, keepdims=True)))


def normal_tails(halves: Floats, over: NDArray[np.bool_]) -> Floats:
    """P(Z > z) of each of many z, given z * z / 2 and whether z is over 0, to seven digits.

    The usual Chebyshev fit of the complementary error function.
    """
    t = np.sqrt(halves)
    t *= 0.5
    t += 1
    np.reciprocal(t, out=t)
    power = _CHEBYSHEV[0] * t
    for coefficient in _CHEBYSHEV[1:-1]:
        power += coefficient
        power *= t
    power -= halves
    power += _CHEBYSHEV[-1]
    tail = np.exp(power, out=power)
    tail *= t
    tail *= 0.5
    return np.where(over, tail, 1 - tail)


# Highest power of t first.
_CHEBYSHEV = (
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807,
    -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223,
)  # fmt: skip


def normal_quantile(tail: float) -> float:
    """The z with P(Z > z) = tail; what is nearer to 0 or 1 than numbers can say counts as nearest."""
    return -_STANDARD.inv_cdf(min(max(tail, 1e-300), 1 - 1e-16))


# ── counts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _over_first(least: int, n: int, share: float) -> float:
    """P(X >= least) over P(X = least), for least > n * share."""
    terms = min(n - least, int(12 * math.sqrt(n * share) + 60))
    k = np.arange(least, least + terms)
    ratios = (n - k) / (k + 1) * (share / (1 - share))
    return 1 + float(np.cumprod(ratios).sum())


def _log_binomial(k: int, n: int, share: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(share) + (n - k) * math.log1p(-share)


def critical_counts(n: int, share: float, tail: float) -> tuple[int, int]:
    """(most, least): P(X <= most) <= tail and P(X >= least) <= tail, as near to the middle as that allows.

    `most` is -1 and `least` is n + 1 where no count is that extreme.
    """
    if share <= 0 or share >= 1:
        return (-1, 1) if share <= 0 else (n - 1, n + 1)
    reach = int(9 * math.sqrt(n * share * (1 - share)) + 60)
    low, high = max(0, int(n * share) - reach), min(n, int(n * share) + reach)
    k = np.arange(low, high)
    logs = np.concatenate(([0.0], np.cumsum(np.log((n - k) / (k + 1)) + math.log(share) - math.log1p(-share))))
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    most = int(np.searchsorted(np.cumsum(weights), tail, side="right")) - 1
    least = int(np.searchsorted(np.cumsum(weights[::-1]), tail, side="right")) - 1
    return (low + most if most >= 0 else -1), (high - least if least >= 0 else n + 1)


def share_bounds(k: int, n: int, tail: float) -> tuple[float, float]:
    """Exact one-sided bounds (Clopper-Pearson) of a share of which k in n draws were seen."""
    return share_low(k, n, tail), 1 - share_low(n - k, n, tail)


@lru_cache(maxsize=4096)
def share_low(k: int, n: int, tail: float) -> float:
    """The lower one of share_bounds: the share at which k or more in n would come with the chance `tail`.

    By Newton's method on the logarithms of chance and odds, where the curve bends down: it ends just under the place.
    """
    if k <= 0:
        return 0.0
    z, seen = normal_quantile(tail), k / n
    start = (seen + z * z / 2 / n - z * math.sqrt(seen * (1 - seen) / n + square(z / 2 / n))) / (1 + z * z / n)
    start = min(start, (k - 0.3) / n)  # about where the chance is a half: from there on the curve is flat
    odds = math.log(start / (1 - start))
    for _ in range(_STEPS):
        share = _share(odds)
        beyond = _over_first(k, n, share)
        step = (math.log(tail / beyond) - _log_binomial(k, n, share)) * beyond / (k * (1 - share))
        odds += step
        if abs(step) < 1e-6:
            break
    return _share(odds)


def _share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


@lru_cache(maxsize=4096)
def poisson_bounds(k: int, tail: float) -> tuple[float, float]:
    """Exact one-sided bounds of a Poisson mean of which k events were seen."""
    low = 0.0 if k <= 0 else _solve_poisson(k, tail)
    return low, _solve_poisson(k + 1, 1 - tail)


def _solve_poisson(least: int, tail: float) -> float:
    """The mean at which P(X >= least) = tail."""
    high = least + 12 * math.sqrt(least) + 60
    return rising_root(lambda mean: poisson_tail(least, mean) - tail, 0.0, high, 1e-9 * high)


def poisson_tail(least: int, mean: float) -> float:
    """P(X >= least) of the Poisson distribution."""
    if least <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if least > mean:
        terms = _poisson_products(least, int(12 * math.sqrt(mean) + 60), mean)
        return math.exp(least * math.log(mean) - mean - math.lgamma(least + 1)) * terms
    below = least - 1
    k = np.arange(below, max(-1, below - int(12 * math.sqrt(mean) + 60)), -1)[:-1]
    terms = 1 + float(np.cumprod(k / mean).sum())
    return 1 - math.exp(below * math.log(mean) - mean - math.lgamma(below + 1)) * terms


def _poisson_products(first: int, count: int, mean: float) -> float:
    return 1 + float(np.cumprod(mean / np.arange(first + 1, first + 1 + count)).sum())
