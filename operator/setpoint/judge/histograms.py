"""Response times from histograms: exact at the edges of their buckets, and honest between them.

Classic buckets have a few edges that somebody chose. Native ones are many and narrow, each wider than the one before by
the same factor (at schema 3 by a twelfth); a limit lies inside one of them, and what it holds may be on either side.
"""

import math

import numpy as np

from setpoint.api.metrics import LatencySignal
from setpoint.api.reasons import Reason
from setpoint.judge.finding import Unfit
from setpoint.judge.ranked import SAME, Ranked, both, independent
from setpoint.judge.tails import Floats
from setpoint.judge.window import MOST_REQUESTS

ROUNDING = 1e-6  # relative: counts over a window are scaled ones ...
PART = 1e-3  # ... and need not be whole: this part of a request is none


def from_histograms(signal: LatencySignal, count: float | None, scale: float) -> Ranked | Unfit:
    """What the buckets of `signal`, classic or native or both, say; times `scale` are ms."""
    classic: Ranked | Unfit | None = None
    native: Ranked | Unfit | None = None
    if signal.buckets:
        classic = _from_buckets(np.array(signal.buckets, dtype=np.float64) * (scale, 1.0), count)
    if signal.native:
        native = _from_native(np.array(signal.native, dtype=np.float64) * (scale, scale, 1.0), count)
    if isinstance(classic, Ranked) and isinstance(native, Ranked):
        return _agreed(classic, native)
    unfit = next((found for found in (classic, native) if isinstance(found, Unfit)), None)
    return unfit or classic or native or Unfit(Reason.NO_DATA, "there are no buckets")


def _agreed(classic: Ranked, native: Ranked) -> Ranked | Unfit:
    if classic.count == native.count:
        return both(classic, native)
    why = f"the classic buckets hold {classic.count} requests and the native ones {native.count}"
    return Unfit(Reason.SOURCES_DISAGREE, why)


def _from_buckets(buckets: Floats, count: float | None) -> Ranked | Unfit:
    trouble = _bucket_trouble(buckets, count)
    if trouble is not None:
        return trouble
    edges, counts = buckets[:, 0], buckets[:, 1]
    if edges[-1] != math.inf:
        edges, counts = np.append(edges, math.inf), np.append(counts, count or 0.0)
    n = int(counts[-1])
    lower = np.concatenate(([0.0], edges[:-1] * (1 + 2 * SAME)))  # a request in a bucket is over its lower edge

    def at(rank: int) -> tuple[float, float]:
        place = int(np.searchsorted(counts, rank, side="left"))
        return float(lower[place]), float(edges[place])

    def over(limit: float) -> tuple[int, int]:
        above_edge = int(np.searchsorted(edges, limit * (1 - SAME), side="left"))
        exact = abs(edges[above_edge] - limit) <= limit * SAME
        most = n if above_edge == 0 and not exact else n - int(counts[above_edge if exact else above_edge - 1])
        return n - int(counts[above_edge]), most

    return Ranked(n, at, over, independent)


def _bucket_trouble(buckets: Floats, count: float | None) -> Unfit | None:
    """Why the buckets (edges, cumulative counts) cannot be what was counted."""
    edges, counts = buckets[:, 0], buckets[:, 1]
    if np.isnan(edges).any() or not ((counts >= 0) & (counts <= MOST_REQUESTS)).all():
        return Unfit(Reason.NON_FINITE, "a bucket's edge or count is not a possible number")
    if (np.diff(edges) <= 0).any() or (np.diff(counts) < 0).any():
        return Unfit(Reason.UNORDERED, "the buckets' edges or cumulative counts do not rise")
    if edges[-1] != math.inf and (count is None or count < counts[-1]):
        return Unfit(Reason.PARTIAL_DATA, "the buckets have no +Inf, so slow requests may be missing")
    whole = counts[-1] if edges[-1] == math.inf else count
    if not whole:
        return Unfit(Reason.NO_DATA, "there are no requests")
    if count is not None and count != whole:
        return Unfit(Reason.SOURCES_DISAGREE, f"the buckets hold {whole:g} requests and the count says {count:g}")
    return None


def _from_native(buckets: Floats, count: float | None) -> Ranked | Unfit:
    trouble = _native_trouble(buckets, count)
    if trouble is not None:
        return trouble
    lower, upper, counts = buckets.T
    so_far, n = np.cumsum(counts), math.floor(counts.sum() + PART)
    # A request in a bucket is over its lower edge; the bucket at zero, and one of an exact value, hold theirs.
    floor = np.where(lower < upper, np.maximum(lower, 0.0) * (1 + 2 * SAME), np.maximum(lower, 0.0))

    def at(rank: int) -> tuple[float, float]:
        place = min(int(np.searchsorted(so_far, rank - PART, side="left")), len(counts) - 1)
        return float(floor[place]), float(upper[place])

    def over(limit: float) -> tuple[int, int]:
        may = upper > limit * (1 + SAME)
        must = may & (lower >= limit * (1 - SAME))
        least, most = float(counts[must].sum()), float(counts[may].sum())
        return math.floor(least + PART), min(n, math.ceil(most - PART))

    return Ranked(n, at, over, independent)


def _native_trouble(buckets: Floats, count: float | None) -> Unfit | None:
    """Why the buckets (lower edge, upper edge, count) cannot be what was counted."""
    lower, upper, counts = buckets.T
    if np.isnan(lower).any() or np.isnan(upper).any() or not ((counts >= 0) & (counts <= MOST_REQUESTS)).all():
        return Unfit(Reason.NON_FINITE, "a bucket's edge or count is not a possible number")
    if (upper < 0).any():
        return Unfit(Reason.NON_FINITE, "a response time is negative")
    if (lower > upper).any() or (upper[:-1] > lower[1:] * (1 + SAME)).any():
        return Unfit(Reason.UNORDERED, "the native buckets are not in order, or overlap")
    whole = float(counts.sum())
    if whole < 1:
        return Unfit(Reason.NO_DATA, "there are no requests")
    if whole > MOST_REQUESTS:
        return Unfit(Reason.NON_FINITE, "the number of requests is not a possible number")
    if count is not None and abs(count - whole) > ROUNDING * whole:
        return Unfit(Reason.SOURCES_DISAGREE, f"the buckets hold {whole:g} requests and the count says {count:g}")
    return None
