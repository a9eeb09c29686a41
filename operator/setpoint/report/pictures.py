"""What a row looks like: its series over time with limit and interval, or the spread of its latencies."""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from setpoint.api.metrics import LatencySignal, Signal, Signals
from setpoint.api.verdict import Row
from setpoint.judge.finding import Unfit
from setpoint.judge.units import scale
from setpoint.judge.wording import number
from setpoint.report.plot import Axis, Plot, Points, Shape
from setpoint.report.rows import limit_text, span, value

MOST_POINTS = 400
MOST_LINES = 6
LEAST_PERCENT = 0.01
QUANTILES = {"latency.p50": 0.5, "latency.p90": 0.9, "latency.p99": 0.99}
_GROWTH = {"heap.growth": 3600.0, "cardinality.growth": 60.0}  # seconds in the unit of the slope
_LOOKS = ("one", "two", "three", "four", "five", "six")

Sources = Sequence[tuple[str, Signals]]  # (label, what was measured there)


def picture(row: Row, sources: Sources, id: str) -> Plot | None:
    """The plot of `row` over what was measured in `sources`; None where nothing was observed."""
    if row.constraint in QUANTILES:
        return _spread(row, sources, id) or _strip(row, id)
    lines = [(label, points) for name, signals in sources for label, points in _series(row.constraint, signals, name)]
    if not lines:
        return _strip(row, id)
    start = min(points[0][0] for _, points in lines)
    shown = [(label, tuple((t - start, y) for t, y in points)) for label, points in lines[:MOST_LINES]]
    return _over_time(row, shown, id)


# ── over time ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _series(constraint: str, signals: Signals, name: str) -> list[tuple[str, Points]]:
    """The row's series in the row's unit, one for each instance that has points."""
    kind, _, rest = constraint.partition(".")
    signal: object = signals.custom.get(rest) if kind == "custom" else getattr(signals, kind, None)
    if not isinstance(signal, Signal):
        return []
    factor = scale(kind, signal.unit)
    if isinstance(factor, Unfit):
        return []
    found = {
        name: signal.points,
        **{f"{name} {key}".strip(): points for key, points in (signal.instances or {}).items()},
    }
    cleaned = {label: _finite(points or (), factor) for label, points in found.items()}
    return [(label, _thin(points)) for label, points in cleaned.items() if points]


def _finite(points: Points, factor: float) -> Points:
    return tuple((t, y * factor) for t, y in sorted(points) if math.isfinite(t) and math.isfinite(y))


def _thin(points: Points) -> Points:
    """At most MOST_POINTS: of each stretch the lowest and the highest, so that no peak is lost."""
    if len(points) <= MOST_POINTS:
        return points
    size = math.ceil(len(points) / (MOST_POINTS // 2))
    stretches = [points[first : first + size] for first in range(0, len(points), size)]
    kept = [{min(part, key=_height), max(part, key=_height)} for part in stretches]
    return tuple(point for part in kept for point in sorted(part))


def _height(point: tuple[float, float]) -> float:
    return point[1]


def _over_time(row: Row, lines: list[tuple[str, Points]], id: str) -> Plot:
    end = max(points[-1][0] for _, points in lines)
    drawn = [Shape("line", points, f"line {look}", label) for (label, points), look in zip(lines, _LOOKS, strict=False)]
    marks = _slopes(row, lines[0][1]) if row.constraint in _GROWTH else _levels(row, end)
    heights = [y for _, points in lines for _, y in points]
    if row.constraint not in _GROWTH:
        heights += [y for mark in marks for _, y in mark.points]
    unit = row.unit.partition("/")[0] if row.constraint in _GROWTH else row.unit
    minutes = end > 300
    x = Axis(0.0, end / 60 if minutes else end, "minutes" if minutes else "seconds")
    if minutes:
        drawn, marks = [_in_minutes(shape) for shape in drawn], [_in_minutes(shape) for shape in marks]
    y = _axis_around(heights, unit)
    return Plot(id, f"{row.constraint} over time", _words_over_time(row, lines, end), x, y, (*marks, *drawn))


def _levels(row: Row, end: float) -> list[Shape]:
    limit = Shape("line", ((0.0, row.limit), (end, row.limit)), "limit", f"limit {limit_text(*_limit_of(row))}")
    low, high = row.interval or (None, None)
    if low is None or high is None:
        return [limit]
    corners = ((0.0, low), (end, low), (end, high), (0.0, high))
    return [Shape("area", corners, "interval", f"interval {span(row.interval)} {row.unit}".strip()), limit]


def _slopes(row: Row, points: Points) -> list[Shape]:
    """Lines through the middle of the series that rise as the limit and as the two ends of the interval do."""
    first, last = points[0][0], points[-1][0]
    middle, height = (first + last) / 2, median(y for _, y in points)
    per_second = 1 / _GROWTH[row.constraint]

    def rise(slope: float) -> Points:
        return tuple((t, height + slope * per_second * (t - middle)) for t in (first, last))

    limit = Shape("line", rise(row.limit), "limit", f"a rise of the limit, {value(row.limit, row.unit)}")
    low, high = row.interval or (None, None)
    if low is None or high is None:
        return [limit]
    fan = (*rise(low), *reversed(rise(high)))
    return [Shape("area", fan, "interval", f"rises within the interval, {span(row.interval)} {row.unit}"), limit]


def _in_minutes(shape: Shape) -> Shape:
    return Shape(shape.kind, tuple((t / 60, y) for t, y in shape.points), shape.look, shape.label)


def _axis_around(heights: list[float], unit: str) -> Axis:
    low, high = min(heights), max(heights)
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return Axis(0.0 if 0 <= low < high * 0.6 else low - room, high + room, unit)


def _words_over_time(row: Row, lines: list[tuple[str, Points]], end: float) -> str:
    said = [
        f"{label or row.constraint}: first {number(points[0][1])}, last {number(points[-1][1])}, "
        f"lowest {number(min(y for _, y in points))}, highest {number(max(y for _, y in points))}"
        for label, points in lines
    ]
    return (
        f"{number(end)} seconds. {'; '.join(said)}. Limit {limit_text(*_limit_of(row))}, interval {span(row.interval)}."
    )


def _limit_of(row: Row) -> tuple[str, float, str]:
    return row.constraint, row.limit, row.unit


# ── the spread of latencies ───────────────────────────────────────────────────────────────────────────────────────


def _spread(row: Row, sources: Sources, id: str) -> Plot | None:
    """The percent of requests that took longer than so many milliseconds, on logarithmic axes."""
    curves = [(name, curve) for name, signals in sources if (curve := _slower(signals.latency))]
    if not curves:
        return None
    percent = 100 * (1 - QUANTILES[row.constraint])
    times = [x for _, curve in curves for x, _ in curve] + [row.limit]
    x = Axis(max(min(times), 1e-3) * 0.9, max(times) * 1.2, "ms", log=True)
    lines = [Shape("line", curve, f"line {look}", name) for (name, curve), look in zip(curves, _LOOKS, strict=False)]
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
    return _thin(tuple((t, max(100 * share, LEAST_PERCENT / 10)) for t, share in sorted(points)))


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


# ── a single figure ───────────────────────────────────────────────────────────────────────────────────────────────


def _strip(row: Row, id: str) -> Plot | None:
    """What was observed, its interval and the limit on one line, where there is no series to draw."""
    if row.observed is None:
        return None
    ends = [end for end in (row.interval or ()) if end is not None]
    values = [0.0, row.observed, row.limit, *ends]
    low, high = min(values), max(values)
    x = Axis(low, high + (high - low) * 0.08 or 1.0, row.unit)
    limit = Shape("line", ((row.limit, 0.0), (row.limit, 1.0)), "limit", f"limit {limit_text(*_limit_of(row))}")
    seen = Shape("dots", ((row.observed, 0.5),), "dot", f"observed {value(row.observed, row.unit)}")
    first, last = (ends * 2)[:2] if ends else (row.observed, row.observed)
    corners = ((first, 0.35), (last, 0.35), (last, 0.65), (first, 0.65))
    interval = Shape("area", corners, "interval", f"interval {span(row.interval)} {row.unit}".strip())
    words = (
        f"Observed {value(row.observed, row.unit)}, interval {span(row.interval)}, limit {value(row.limit, row.unit)}."
    )
    shapes = (interval, limit, seen) if len(ends) == 2 else (limit, seen)
    return Plot(id, row.constraint, words, x, Axis(0.0, 1.0, "", bare=True), shapes)
