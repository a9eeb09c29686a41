"""A row's series over time, with the limit and the interval that it was judged by."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from setpoint.api.metrics import Metrics, Signal
from setpoint.api.verdict import Row
from setpoint.judge.finding import Unfit
from setpoint.judge.units import scale
from setpoint.judge.window import window_of
from setpoint.judge.wording import number
from setpoint.report.plot import LOOKS, Axis, Plot, Points, Shape, thin
from setpoint.report.rows import limit_text, span, value

LONG = 300.0  # seconds; longer windows are shown in minutes
LEAST_SPAN = 0.1  # of the level: less than that would make noise look like news
_GROWTH = {"heap.growth": 3600.0, "cardinality.growth": 60.0}  # seconds in the unit of the slope


@dataclass(frozen=True, slots=True)
class _Series:
    """One instance's points in the row's unit, seconds since the first of all; `warm`: when the warm-up was over."""

    label: str
    points: Points
    warm: float

    def judged(self) -> Points:
        """The points after warm-up, or all where none is left."""
        return tuple(point for point in self.points if point[0] >= self.warm) or self.points


def over_time(row: Row, sources: Sequence[tuple[str, Metrics]], id: str) -> Plot | None:
    """The series of `row` in each of `sources` (label, measurements); None where there is none."""
    found = [series for label, metrics in sources for series in _found(row.constraint, label, metrics)]
    if not found:
        return None
    start = min(series.points[0][0] for series in found)
    shown = [_since(start, series) for series in found[: len(LOOKS)]]
    end = max(series.points[-1][0] for series in shown)
    lines = [Shape("line", s.points, f"line {look}", s.label) for s, look in zip(shown, LOOKS, strict=False)]
    marks = _slopes(row, shown[-1].judged()) if row.constraint in _GROWTH else _levels(row, shown[-1].warm, end)
    y = _vertical(row, shown, [] if row.constraint in _GROWTH else marks)
    shapes = (*_warmup(shown[-1].warm, y), *marks, *lines)
    x = Axis(0.0, end, "seconds")
    if end > LONG:
        x, shapes = Axis(0.0, end / 60, "minutes"), tuple(_in_minutes(shape) for shape in shapes)
    return Plot(id, f"{row.constraint} over time", _words(row, shown, end), x, y, shapes)


def _found(constraint: str, label: str, metrics: Metrics) -> list[_Series]:
    """One series for each instance that has points; named by `label`, and by the instance where there are several."""
    kind, _, rest = constraint.partition(".")
    signal = metrics.signals.custom.get(rest) if kind == "custom" else getattr(metrics.signals, kind, None)
    factor = scale(kind, signal.unit) if isinstance(signal, Signal) else 0.0
    if not isinstance(signal, Signal) or isinstance(factor, Unfit):
        return []
    named = dict(signal.instances or {}) | ({"": signal.points} if signal.points else {})
    several = len(named) > 1 or not label
    lines = {f"{label} {name}".strip() if several else label: points for name, points in named.items()}
    cleaned = {name: _finite(points, factor) for name, points in lines.items()}
    window = window_of(metrics)
    return [
        _Series(name, thin(points), (window.start or points[0][0]) + window.warmup)
        for name, points in cleaned.items()
        if points
    ]


def _finite(points: Points, factor: float) -> Points:
    return tuple((t, y * factor) for t, y in sorted(points) if math.isfinite(t) and math.isfinite(y))


def _since(start: float, series: _Series) -> _Series:
    return _Series(series.label, tuple((t - start, y) for t, y in series.points), max(series.warm - start, 0.0))


def _warmup(warm: float, y: Axis) -> list[Shape]:
    corners = ((0.0, y.low), (warm, y.low), (warm, y.high), (0.0, y.high))
    return [Shape("area", corners, "warmup", "warm-up, not judged")] if warm > 0 else []


def _levels(row: Row, start: float, end: float) -> list[Shape]:
    limit = Shape("line", ((0.0, row.limit), (end, row.limit)), "limit", f"limit {limit_of(row)}")
    low, high = row.interval or (None, None)
    if low is None or high is None or low == high:
        return [limit]
    corners = ((start, low), (end, low), (end, high), (start, high))
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


def limit_of(row: Row) -> str:
    """The limit with its side and unit."""
    return limit_text(row.constraint, row.limit, row.unit)


def _in_minutes(shape: Shape) -> Shape:
    return Shape(shape.kind, tuple((t / 60, y) for t, y in shape.points), shape.look, shape.label)


def _vertical(row: Row, shown: list[_Series], marks: list[Shape]) -> Axis:
    heights = [y for series in shown for _, y in series.points] + [y for mark in marks for _, y in mark.points]
    low, high = min(heights), max(heights)
    room = max((high - low) * 0.08, abs(high) * LEAST_SPAN / 2, 1e-9)
    unit = row.unit.partition("/")[0] if row.constraint in _GROWTH else row.unit
    return Axis(0.0 if 0 <= low < high * 0.6 else low - room, high + room, unit)


def _words(row: Row, shown: list[_Series], end: float) -> str:
    said = [
        f"{series.label or row.constraint}: first {number(series.points[0][1])}, last {number(series.points[-1][1])}, "
        f"lowest {number(min(y for _, y in series.points))}, highest {number(max(y for _, y in series.points))}"
        for series in shown
    ]
    return f"{number(end)} seconds. {'; '.join(said)}. Limit {limit_of(row)}, interval {span(row.interval)}."
