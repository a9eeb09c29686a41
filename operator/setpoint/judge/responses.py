"""What is known of the response times, whatever form it has: every request, a histogram, some quantiles.

Nothing is interpolated.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from setpoint.api.metrics import LatencySignal
from setpoint.api.reasons import Reason
from setpoint.judge.finding import Unfit
from setpoint.judge.histograms import from_histograms
from setpoint.judge.ranked import SAME, Ranked, independent
from setpoint.judge.tails import Floats
from setpoint.judge.window import MOST_REQUESTS

_MORE = "the quantiles do not tell how many took longer than the limit; samples, buckets or other quantiles may"
LAGS = 50  # requests that may be slow together


def ranked_of(signal: LatencySignal, samples: Floats | None, scale: float) -> Ranked | Unfit:
    """The best that `signal` holds: samples, else histograms, else quantiles; times `scale` are ms."""
    if samples is None and signal.samples:
        samples = np.array(signal.samples, dtype=np.float64)
    if samples is not None and len(samples):
        return _from_samples(samples * scale)
    count = signal.count
    if count is not None and not 0 <= count <= MOST_REQUESTS:
        return Unfit(Reason.NON_FINITE, "the number of requests is not a possible number")
    if signal.buckets or signal.native:
        return from_histograms(signal, count, scale)
    if not count:
        return Unfit(Reason.NO_DATA, "there are no requests")
    if not signal.quantiles:
        return Unfit(Reason.NO_DATA, "there are neither samples nor histograms nor quantiles")
    return _from_quantiles(signal.quantiles, int(count), scale)


def _from_samples(times: Floats) -> Ranked | Unfit:
    if not np.isfinite(times).all():
        return Unfit(Reason.NON_FINITE, f"{int((~np.isfinite(times)).sum())} of {len(times)} samples are not numbers")
    if (times < 0).any():
        return Unfit(Reason.NON_FINITE, "a response time is negative")
    ordered, weights = np.sort(times), cache(lambda limit: clumping(times > limit))

    def at(rank: int) -> tuple[float, float]:
        value = float(ordered[rank - 1])
        return value, value

    def over(limit: float) -> tuple[int, int]:
        count = len(ordered) - int(np.searchsorted(ordered, limit * (1 + SAME), side="right"))
        return count, count

    return Ranked(len(times), at, over, weights)


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


def _from_quantiles(quantiles: dict[str, float], count: int, scale: float) -> Ranked | Unfit:
    known = _known_quantiles(quantiles)
    if isinstance(known, Unfit):
        return known
    shares, values = known[:, 0], known[:, 1] * scale
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

    return Ranked(count, at, over, independent, dict(zip(shares.tolist(), values.tolist(), strict=True)), _MORE)


def _known_quantiles(quantiles: dict[str, float]) -> Floats | Unfit:
    """(share, value) of each quantile, by share."""
    try:
        known = np.array(sorted((float(key), value) for key, value in quantiles.items()))
    except ValueError:
        return Unfit(Reason.NO_DATA, "a quantile's name is not a number")
    if not np.isfinite(known).all() or (known < 0).any() or (known[:, 0] > 1).any():
        return Unfit(Reason.NON_FINITE, "a quantile is not a possible number")
    if (np.diff(known[:, 1]) < 0).any():
        return Unfit(Reason.UNORDERED, "the quantiles do not rise")
    return known
