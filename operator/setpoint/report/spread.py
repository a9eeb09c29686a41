"""The spread of latencies: which share of the requests took longer than so long."""

import math
from collections.abc import Sequence
from itertools import pairwise

from setpoint.api.metrics import LatencySignal
from setpoint.api.verdict import Row
from setpoint.judge.finding import Unfit
from setpoint.judge.units import scale
from setpoint.judge.wording import number
from setpoint.report.plot import LOOKS, Axis, Plot, Points, Shape, thin

LEAST_PERCENT = 0.01
QUANTILES = {"latency.p50": 0.5, "latency.p90": 0.9, "latency.p99": 0.99}


def spread(row: Row, sources: Sequence[tuple[str, LatencySignal | None]], id: str) -> Plot | None:
    """The percent of requests that took longer than so many milliseconds, on logarithmic axes.

    `sources`: (label, what was measured there). None where there is nothing to draw.
    """
    curves = [(name, curve) for name, latency in sources if (curve := _slower(latency))]
    if not curves:
        return None
    percent = 100 * (1 - QUANTILES[row.constraint])
    times = [x for _, curve in curves for x, _ in curve] + [row.limit]
    x = Axis(max(min(times), 1e-3) * 0.9, max(times) * 1.2, "ms", log=True)
    lines = [Shape("line", curve, f"line {look}", name) for (name, curve), look in zip(curves, LOOKS, strict=False)]
    limit = Shape("line", ((row.limit, 100.0), (row.limit, LEAST_PERCENT)), "limit", f"limit {number(row.limit)} ms")
    allowed = Shape("line", ((x.low, percent), (x.high, percent)), "allowed", f"{percent:.0f} % may take longer")
    words = "; ".join(f"{name or 'requests'}: {_at_limit(curve, row.limit)}" for name, curve in curves)
    title = f"{row.constraint}: percent of requests that took longer"
    said = f"{words}. {percent:.0f} % may take longer than {number(row.limit)} ms."
    return Plot(id, title, said, x, Axis(LEAST_PERCENT, 100.0, "% slower", log=True), (allowed, limit, *lines))


def _slower(latency: LatencySignal | None) -> Points:
    """(milliseconds, percent of requests that took longer), rising in time."""
    if latency is None:
        return ()
    factor = scale("latency", latency.unit)
    if isinstance(factor, Unfit):
        return ()
    points = [(t * factor, share) for t, share in _shares(latency) if math.isfinite(t) and t > 0 and 0 <= share <= 1]
    return thin(tuple((t, max(100 * share, LEAST_PERCENT / 10)) for t, share in sorted(points)))


def _shares(latency: LatencySignal) -> list[tuple[float, float]]:
    if latency.samples:
        ordered = sorted(sample for sample in latency.samples if math.isfinite(sample))
        return [(sample, 1 - (index + 1) / len(ordered)) for index, sample in enumerate(ordered)]
    if latency.buckets and (total := max(count for _, count in latency.buckets)) > 0:
        return [(edge, 1 - count / total) for edge, count in latency.buckets]
    return [(at, 1 - float(quantile)) for quantile, at in (latency.quantiles or {}).items() if _is_number(quantile)]


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _at_limit(curve: Points, limit: float) -> str:
    """The percent over the limit, between the two points around it."""
    for (left, above), (right, below) in pairwise(curve):
        if left <= limit < right:
            return f"between {below:.2f} % and {above:.2f} % took longer than the limit"
    return f"{'all' if curve[0][0] > limit else 'almost none'} took longer than the limit"
