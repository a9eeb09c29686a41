"""Tail probabilities and quantiles of the few distributions that the judge needs, on numpy and the standard library.

Scalars unless said otherwise. Tails are accurate to about ten digits wherever they exceed 1e-12, which is far beyond
any level that a row is judged at; the tests hold them against published tables and exact sums.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_STEPS = 60  # halvings or secant steps; all searches below end far earlier


def normal_tail(z: float) -> float:
    """P(Z > z)."""
    return 0.5 * math.erfc(z / math.sqrt(2))


@lru_cache(maxsize=256)
def normal_quantile(tail: float) -> float:
    """The z with P(Z > z) = tail, for 0 < tail < 1."""
    low, high = -40.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if normal_tail(middle) > tail else (low, middle)
    return (low + high) / 2


def student_tail(t: float, freedom: float) -> float:
    """P(T > t) of Student's t with `freedom` degrees."""
    if math.isinf(t):
        return 0.0 if t > 0 else 1.0
    half = 0.5 * _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))
    return half if t >= 0 else 1 - half


@lru_cache(maxsize=4096)
def student_quantile(tail: float, freedom: float) -> float:
    """The t with P(T > t) = tail, for 0 < tail <= 0.5."""
    low, high = 0.0, 1.0
    while student_tail(high, freedom) > tail and high < 1e15:
        low, high = high, high * 2
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if student_tail(middle, freedom) > tail else (low, middle)
    return (low + high) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by Lentz's continued fraction on the side where it converges fast."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(front) * _continued_fraction(a, b, x) / a


def _continued_fraction(a: float, b: float, x: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1), tiny)
    total = d
    for m in range(1, 2000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1 / _away(1 + term * d, tiny), _away(1 + term / c, tiny)
            total *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return total


def _away(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny


# ── counts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def binomial_tail(least: int, n: int, share: float) -> float:
    """P(X >= least) of the binomial with n draws and 0 <= share <= 1."""
    if least <= 0:
        return 1.0
    if least > n or share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    if least <= n * share:
        return 1 - binomial_tail(n - least + 1, n, 1 - share)
    terms = min(n - least, int(12 * math.sqrt(n * share) + 60))
    k = np.arange(least, least + terms)
    ratios = (n - k) / (k + 1) * (share / (1 - share))
    return math.exp(_log_binomial(least, n, share)) * (1 + float(np.cumprod(ratios).sum()))


def _log_binomial(k: int, n: int, share: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(share) + (n - k) * math.log1p(-share)


def critical_counts(n: int, share: float, tail: float) -> tuple[int, int]:
    """(most, least): P(X <= most) <= tail and P(X >= least) <= tail, as near to the middle as that allows.

    `most` is -1 and `least` is n + 1 where no count is that extreme.
    """
    if share <= 0 or share >= 1:
        return (-1, 1) if share <= 0 else (n - 1, n + 1)
    reach = int(12 * math.sqrt(n * share * (1 - share)) + 60)
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
    low = 0.0 if k <= 0 else _solve_share(lambda p: binomial_tail(k, n, p), tail, k / n)
    high = 1.0 if k >= n else 1 - _solve_share(lambda p: binomial_tail(n - k, n, p), tail, 1 - k / n)
    return low, high


def _solve_share(tail_at: Callable[[float], float], tail: float, high: float) -> float:
    """The share at which a rising tail probability equals `tail`; bisection on the scale of log odds."""
    bottom, top = math.log(1e-18), math.log(high / max(1e-18, 1 - high)) if high < 1 else 40.0
    for _ in range(_STEPS):
        middle = (bottom + top) / 2
        bottom, top = (middle, top) if tail_at(1 / (1 + math.exp(-middle))) < tail else (bottom, middle)
        if top - bottom < 1e-9:
            break
    return 1 / (1 + math.exp(-(bottom + top) / 2))


@lru_cache(maxsize=4096)
def poisson_bounds(k: int, tail: float) -> tuple[float, float]:
    """Exact one-sided bounds of a Poisson mean of which k events were seen."""
    low = 0.0 if k <= 0 else _solve_poisson(k, tail)
    return low, _solve_poisson(k + 1, 1 - tail)


def _solve_poisson(least: int, tail: float) -> float:
    """The mean at which P(X >= least) = tail."""
    low, high = 0.0, least + 12 * math.sqrt(least) + 60
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if poisson_tail(least, middle) < tail else (low, middle)
    return (low + high) / 2


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
