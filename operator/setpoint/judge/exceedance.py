"""Latency by the count of requests over the limit: "p99 <= L" is "at most 1 % of requests take longer than L".

The same test seen from the other side is an interval of the quantile between two order statistics, and that is how it
is computed: two ranks are critical, and whatever the data are (every request, buckets, some quantiles) says between
which two values the request of a rank lies. Buckets are exact at their edges and honest between them: a limit inside
a bucket is decided only when the whole bucket lies on one side of what matters. Nothing is interpolated.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setpoint.api.metrics import LatencySignal
from setpoint.api.reasons import Reason
from setpoint.judge import anytime
from setpoint.judge.finding import Finding, Interval, Terms, Unfit, above, unfit
from setpoint.judge.tails import Floats, critical_counts, share_bounds
from setpoint.judge.window import MOST_REQUESTS
from setpoint.judge.wording import interval, number

FEWEST = 30  # requests: fewer say nothing about how requests depend on each other
LAGS = 50  # requests that may be slow together
_SAME = 1e-9  # relative: two ways of writing one limit


@dataclass(frozen=True, slots=True)
class Ranked:
    """All that is known of `count` response times in ms.

    `at` gives for a rank (1: fastest) bounds of that request's time. `over` gives for a limit the least and the most
    requests that took longer. `weight`: how many requests tell as much as one independent one.
    """

    count: int
    at: Callable[[int], tuple[float, float]]
    over: Callable[[float], tuple[int, int]]
    weight: Callable[[float], float]


def latency_finding(ranked: Ranked, quantile: float, terms: Terms) -> Finding:
    """Whether the `quantile` (0 to 1) of the response times lies over the limit (ms)."""
    allowed = 1 - quantile
    n = ranked.count
    if n < FEWEST:
        return unfit(Unfit(Reason.TOO_FEW_SAMPLES, f"{n} requests; at least {FEWEST} are needed"))
    weight = ranked.weight(terms.limit)
    most, least = _critical(n, allowed, weight, terms)
    low = ranked.at(n - least + 1)[0] if least <= n else None
    high = ranked.at(n - most)[1] if most >= 0 else None
    bounds = (None if low is None else low - terms.noise, None if high is None else high + terms.noise)
    middle = _middle(*ranked.at(min(n, max(1, math.ceil(n * quantile)))))
    decision = above(max(middle, bounds[0] or 0.0), _closed(bounds, terms.limit), terms.limit)
    fewest = math.ceil(math.log(terms.alpha) / math.log(quantile))
    reason = decision.reason
    if decision.reason is Reason.NOT_DECIDED and n < fewest:
        reason = Reason.TOO_FEW_SAMPLES
    message = _message(ranked, quantile, terms, weight, middle, bounds)
    if decision.reason is Reason.NOT_DECIDED:
        message += f"; {_missing(ranked, allowed, terms, weight, fewest)}"
    return Finding(decision.result, reason, message, middle, bounds, n)


def _middle(low: float, high: float) -> float:
    return (low + high) / 2 if math.isfinite(high) else low


def _closed(bounds: Interval, limit: float) -> Interval:
    """An upper bound that is the limit, written in another unit, is the limit."""
    low, high = bounds
    return low, (limit if high is not None and abs(high - limit) <= abs(limit) * _SAME else high)


def _critical(n: int, allowed: float, weight: float, terms: Terms) -> tuple[int, int]:
    """(most, least) requests over a value that show the share over it to be under, or over, `allowed`."""
    effective = max(1, round(n / weight))
    count = anytime.critical_counts if terms.sequential else critical_counts
    most, least = count(effective, allowed, terms.alpha)
    scale = n / effective
    return (math.floor(most * scale) if most >= 0 else -1), (math.ceil(least * scale) if least <= effective else n + 1)


def _message(
    ranked: Ranked,
    quantile: float,
    terms: Terms,
    weight: float,
    middle: float,
    bounds: Interval,
) -> str:
    n = ranked.count
    fewest, most = ranked.over(terms.limit)
    bounds_of = anytime.share_bounds if terms.sequential else share_bounds
    effective = max(1, round(n / weight))
    low, high = bounds_of(round(fewest / weight), effective, terms.alpha)
    if most != fewest:
        high = bounds_of(round(most / weight), effective, terms.alpha)[1]
    share = number(100 * fewest / n) if fewest == most else f"{number(100 * fewest / n)} to {number(100 * most / n)}"
    return (
        f"p{100 * quantile:g} was {number(middle)} ms {interval(*bounds)}, limit {number(terms.limit)} ms: "
        f"{share} % of {n} requests took longer ({number(100 * low)} to {number(100 * high)} %), "
        f"{number(100 * (1 - quantile))} % may"
    )


def _missing(ranked: Ranked, allowed: float, terms: Terms, weight: float, fewest: int) -> str:
    n = ranked.count
    if n < fewest * weight:
        return f"at least {math.ceil(fewest * weight)} requests are needed"
    less, more = ranked.over(terms.limit)
    if less <= n * allowed <= more and more - less > 0.05 * n * allowed:
        return "the limit lies inside a bucket; a bucket edge at the limit would decide it"
    gap = max(abs((less + more) / 2 / n - allowed), 1e-9)
    z = math.sqrt(2 * math.log(1 / terms.alpha))
    needed = weight * (1.5 * z) ** 2 * allowed * (1 - allowed) / gap**2
    if needed > 1e9:
        return "the share lies too near to what may take longer"
    return f"about {math.ceil(max(needed - n, n * 0.1))} more requests would decide it"


# ── what is known of the response times ───────────────────────────────────────────────────────────────────────────


def ranked_of(signal: LatencySignal, samples: Floats | None, scale: float) -> Ranked | Unfit:
    """The best that `signal` holds: samples, else buckets, else quantiles; times `scale` are ms."""
    if samples is None and signal.samples:
        samples = np.array(signal.samples, dtype=np.float64)
    if samples is not None and len(samples):
        return _from_samples(samples * scale)
    count = signal.count
    if count is not None and not 0 <= count <= MOST_REQUESTS:
        return Unfit(Reason.NON_FINITE, "the number of requests is not a possible number")
    if signal.buckets:
        return _from_buckets(np.array(signal.buckets, dtype=np.float64) * (scale, 1.0), count)
    if not count:
        return Unfit(Reason.NO_DATA, "there are no requests")
    if not signal.quantiles:
        return Unfit(Reason.NO_DATA, "there are neither samples nor buckets nor quantiles")
    return _from_quantiles(signal.quantiles, int(count), scale)


def _from_samples(times: Floats) -> Ranked | Unfit:
    if not np.isfinite(times).all():
        return Unfit(Reason.NON_FINITE, f"{int((~np.isfinite(times)).sum())} of {len(times)} samples are not numbers")
    if (times < 0).any():
        return Unfit(Reason.NON_FINITE, "a response time is negative")
    ordered = np.sort(times)

    def at(rank: int) -> tuple[float, float]:
        value = float(ordered[rank - 1])
        return value, value

    def over(limit: float) -> tuple[int, int]:
        count = len(ordered) - int(np.searchsorted(ordered, limit * (1 + _SAME), side="right"))
        return count, count

    return Ranked(len(times), at, over, lambda limit: clumping(times > limit))


def _independent(_: float) -> float:
    return 1.0


def clumping(over: NDArray[np.bool_]) -> float:
    """How many requests tell as much as one independent one, where slow ones come together; at least 1.

    The variance of the count, from the autocovariances of the first LAGS requests, over the binomial one.
    """
    n, share = len(over), float(over.mean())
    if not 0 < share < 1 or n < 4 * LAGS:
        return 1.0
    so_far = np.concatenate(([0], np.cumsum(over)))
    total = 0.0
    for lag in range(1, LAGS + 1):
        together = np.count_nonzero(over[lag:] & over[:-lag])
        apart = share * (so_far[n - lag] + so_far[n] - so_far[lag])
        total += (1 - lag / (LAGS + 1)) * float(together - apart + (n - lag) * share * share)
    return max(1.0, 1 + 2 * total / (n * share * (1 - share)))


def _from_buckets(buckets: Floats, count: float | None) -> Ranked | Unfit:
    edges, counts = buckets[:, 0], buckets[:, 1]
    if np.isnan(edges).any() or not ((counts >= 0) & (counts <= MOST_REQUESTS)).all():
        return Unfit(Reason.NON_FINITE, "a bucket's edge or count is not a possible number")
    if (np.diff(edges) <= 0).any() or (np.diff(counts) < 0).any():
        return Unfit(Reason.UNORDERED, "the buckets' edges or cumulative counts do not rise")
    if edges[-1] != math.inf:
        if count is None or count < counts[-1]:
            return Unfit(Reason.PARTIAL_DATA, "the buckets have no +Inf, so slow requests may be missing")
        edges, counts = np.append(edges, math.inf), np.append(counts, count)
    n = int(counts[-1])
    if n == 0:
        return Unfit(Reason.NO_DATA, "there are no requests")
    if count is not None and count != n:
        return Unfit(Reason.SOURCES_DISAGREE, f"the buckets hold {n} requests and the count says {count:g}")
    lower = np.concatenate(([0.0], edges[:-1] * (1 + 2 * _SAME)))  # a request in a bucket is over its lower edge

    def at(rank: int) -> tuple[float, float]:
        place = int(np.searchsorted(counts, rank, side="left"))
        return float(lower[place]), float(edges[place])

    def over(limit: float) -> tuple[int, int]:
        above_edge = int(np.searchsorted(edges, limit * (1 - _SAME), side="left"))
        exact = abs(edges[above_edge] - limit) <= limit * _SAME
        most = n if above_edge == 0 and not exact else n - int(counts[above_edge if exact else above_edge - 1])
        return n - int(counts[above_edge]), most

    return Ranked(n, at, over, _independent)


def _from_quantiles(quantiles: dict[str, float], count: int, scale: float) -> Ranked | Unfit:
    known: list[tuple[float, float]] = []
    for key, value in quantiles.items():
        try:
            share = float(key)
        except ValueError:
            return Unfit(Reason.NO_DATA, "a quantile's name is not a number")
        if not math.isfinite(value) or not 0 <= share <= 1 or value < 0:
            return Unfit(Reason.NON_FINITE, "a quantile is not a possible number")
        known.append((share, value * scale))
    known.sort()
    shares, values = np.array([s for s, _ in known]), np.array([v for _, v in known])
    if (np.diff(values) < 0).any():
        return Unfit(Reason.UNORDERED, "the quantiles do not rise")
    # A quantile lies within one request of its rank, whichever way it was computed.
    first, last = np.floor(shares * count) - 1, np.ceil(shares * count) + 1

    def at(rank: int) -> tuple[float, float]:
        under, over_ = np.flatnonzero(last <= rank), np.flatnonzero(first >= rank)
        low = float(values[under[-1]]) if len(under) else 0.0
        return low, float(values[over_[0]]) if len(over_) else math.inf

    def over(limit: float) -> tuple[int, int]:
        slow, fast = np.flatnonzero(values > limit), np.flatnonzero(values <= limit)
        least = count - last[slow[0]] if len(slow) else 0
        most = count - first[fast[-1]] if len(fast) else count
        return max(0, int(least)), min(count, int(most))

    return Ranked(count, at, over, _independent)
