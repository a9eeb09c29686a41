"""What a row looks like: its series over time, the spread of its latencies, or its one figure."""

from collections.abc import Sequence

from setpoint.api.metrics import Metrics
from setpoint.api.verdict import Row
from setpoint.report.over_time import limit_of, over_time
from setpoint.report.plot import Axis, Plot, Shape
from setpoint.report.rows import span, value
from setpoint.report.spread import QUANTILES, spread

Sources = Sequence[tuple[str, Metrics]]  # (label, what was measured there)


def picture(row: Row, sources: Sources, id: str) -> Plot | None:
    """The plot of `row` over what was measured in `sources`; None where nothing was observed."""
    if row.constraint in QUANTILES:
        drawn = spread(row, [(label, metrics.signals.latency) for label, metrics in sources], id)
    else:
        drawn = over_time(row, sources, id)
    return drawn or _strip(row, id)


def _strip(row: Row, id: str) -> Plot | None:
    """What was observed, its interval and the limit on one line, where there is no series to draw."""
    if row.observed is None:
        return None
    ends = [end for end in (row.interval or ()) if end is not None]
    values = [0.0, row.observed, row.limit, *ends]
    low, high = min(values), max(values)
    x = Axis(low, high + (high - low) * 0.08 or 1.0, row.unit)
    limit = Shape("line", ((row.limit, 0.0), (row.limit, 1.0)), "limit", f"limit {limit_of(row)}")
    seen = Shape("dots", ((row.observed, 0.5),), "dot", f"observed {value(row.observed, row.unit)}")
    first, last = (ends * 2)[:2] if ends else (row.observed, row.observed)
    corners = ((first, 0.35), (last, 0.35), (last, 0.65), (first, 0.65))
    interval = Shape("area", corners, "interval", f"interval {span(row.interval)} {row.unit}".strip())
    words = (
        f"Observed {value(row.observed, row.unit)}, interval {span(row.interval)}, limit {value(row.limit, row.unit)}."
    )
    shapes = (interval, limit, seen) if len(ends) == 2 else (limit, seen)
    return Plot(id, row.constraint, words, x, Axis(0.0, 1.0, "", bare=True), shapes)
