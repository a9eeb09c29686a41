"""How soon growth can be called by anybody who does not know the noise.

`truth.boundSeconds` is the least mean time of a test that knows how large the noise is and how much it remembers. A
judge knows neither, and its false alarms have to stay rare under all noise that there may be. So the least
Kullback-Leibler divergence counts: that between the growth and the noise without growth that resembles it most. A slow
drift of long memory resembles a short line closely, which is what makes the difference.

With n points, noise of standard deviation 1 and memory r, growth s and an unknown level, the data are a normal vector
of n - 1 contrasts with covariance S(r) and mean s t. Against noise of variance v and memory q, without growth,

    KL = (ln|v S(q)| - ln|S(r)| - (n - 1) + tr(S(q)^-1 S(r)) / v + s^2 t' S(q)^-1 t / v) / 2,

which is least over v where v = (tr + s^2 t' S(q)^-1 t) / (n - 1). Least over q as well, it has to reach
kl(1 - b || a), as with known noise (Wald; a = 1 %, b = 5 %). Beside a control the sum of both copies, whose growth may
be anything, adds its own divergence: there v and q of the difference must suit the sum too, whose variance is at least
that of the difference.
"""

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

A, B = 0.01, 0.05
NEEDED = (1 - B) * math.log((1 - B) / A) + B * math.log(B / (1 - A))
MEMORIES = np.array([-0.3, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.995])
STEP = 15.0  # seconds
MOST = 400  # points


def blind_seconds(case: dict[str, Any]) -> float | None:
    """The least mean time for a heap-slope case of a test that does not know the noise; None where that has no form."""
    tags, truth = case["truth"]["tags"], case["truth"]
    if not truth["boundSeconds"] or not tags["sd"]:
        return None
    apart = 2 * (1 - tags["correlation"]) if tags["control"] else 1.0
    slope = truth["effect"] * STEP / 3600 / (tags["sd"] * math.sqrt(apart))
    low, high = 4, MOST
    while low < high:
        middle = (low + high) // 2
        enough = divergence(middle, tags["rho"], slope, tags["correlation"] if tags["control"] else None) >= NEEDED
        low, high = (low, middle) if enough else (middle + 1, high)
    return (low - 1) * STEP


def divergence(n: int, memory: float, slope: float, correlation: float | None) -> float:
    """The least one of a growth of `slope` standard deviations a point from no growth under any noise.

    `correlation`: of the copy and its control; None where there is none.
    """
    found = []
    for like in MEMORIES:
        between, trace, line = _against(n, memory, float(like))
        if correlation is None:
            found.append(_least(n, between, trace + slope**2 * line))
        else:
            found.append(_least_paired(n, between, trace, slope**2 * line, correlation))
    return min(found)


def _least(n: int, between: float, squares: float) -> float:
    return 0.5 * (between + (n - 1) * math.log(squares / (n - 1)))


def _least_paired(n: int, between: float, trace: float, grown: float, correlation: float) -> float:
    """In units of the difference's variance that of the sum is (1 + correlation) / (1 - correlation)."""
    ratio = (1 + correlation) / (1 - correlation)
    apart, together = (trace + grown) / (n - 1), ratio * trace / (n - 1)
    if apart > together:  # no two copies differ by more than they vary
        apart = together = (apart + together) / 2
    of_difference = between + (n - 1) * (math.log(apart) - 1) + (trace + grown) / apart
    of_sum = between + (n - 1) * (math.log(together / ratio) - 1) + ratio * trace / together
    return 0.5 * (of_difference + of_sum)


@cache
def _against(n: int, memory: float, like: float) -> tuple[float, float, float]:
    """ln|S(q)| - ln|S(r)|, the trace of S(q)^-1 S(r), and t' S(q)^-1 t, of contrasts; r: `memory`, q: `like`."""
    precise, one, t = precision(n, like), np.ones(n), np.arange(n, dtype=float)
    weight = precise @ one
    inner = precise - np.outer(weight, weight) / (one @ weight)
    trace = float((inner * _correlations(n, memory)).sum())
    return _log_volume(n, like) - _log_volume(n, memory), trace, float(t @ inner @ t)


def _log_volume(n: int, memory: float) -> float:
    """ln|S| of the contrasts, up to what depends on n alone."""
    return (n - 1) * math.log(1 - memory**2) + math.log(float(precision(n, memory).sum()))


def _correlations(n: int, memory: float) -> Floats:
    place = np.arange(n)
    return np.asarray(memory ** np.abs(place[:, None] - place), dtype=float)


@cache
def precision(n: int, memory: float) -> Floats:
    inside = np.full(n, 1 + memory**2)
    inside[[0, -1]] = 1.0
    beside = np.full(n - 1, -memory)
    return np.asarray((np.diag(inside) + np.diag(beside, 1) + np.diag(beside, -1)) / (1 - memory**2))
