"""Pictures: the right numbers at the right places, and words for those who do not see them."""

import math

import pytest

from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Result
from setpoint.report.pictures import picture
from setpoint.report.plot import Axis, figure, thin


def test_each_instance_is_a_line_in_the_rows_unit(heap, metrics):
    """Bytes become MB, and time begins at the first point."""
    plot = picture(heap, [("", metrics)], "p")
    assert plot is not None
    lines = {shape.label: shape.points for shape in plot.shapes if shape.look.startswith("line")}
    assert lines.keys() == {"a", "b"}
    assert lines["a"][0] == (0.0, 50.0)
    assert lines["b"][0] == (0.0, 100.0)
    assert "a: first 50," in plot.words
    assert plot.x.unit == "minutes"


def test_the_limit_of_a_growth_is_a_rise_and_warm_up_is_marked(heap, metrics):
    """A slope has no height: it is drawn through the middle of what was judged."""
    plot = picture(heap.model_copy(update={"limit": 60.0}), [("", metrics)], "p")
    assert plot is not None
    (limit,) = [shape for shape in plot.shapes if shape.look == "limit"]
    (left, low), (right, high) = limit.points
    assert (high - low) / (right - left) == pytest.approx(1.0)  # 60 MB/h is 1 MB in a minute
    assert left == pytest.approx(1.0)
    (warm,) = [shape for shape in plot.shapes if shape.look == "warmup"]
    assert max(x for x, _ in warm.points) == pytest.approx(1.0)


def test_latencies_are_a_curve_of_the_share_that_took_longer(heap, metrics):
    """With the limit as the one line and what may take longer as the other."""
    row = heap.model_copy(update={"constraint": "latency.p99", "limit": 50.0, "unit": "ms"})
    plot = picture(row, [("", metrics)], "p")
    assert plot is not None
    (curve,) = [shape.points for shape in plot.shapes if shape.look.startswith("line")]
    assert curve == ((10.0, pytest.approx(50.0)), (100.0, pytest.approx(1.0)))
    assert "between 1.00 % and 50.00 % took longer than the limit" in plot.words


@pytest.mark.parametrize("constraint", ["memory", "errors", "custom.queue"])
def test_a_row_without_a_usable_series_is_shown_by_its_figure(heap, metrics, constraint):
    """Counts, an unknown unit, nothing at all: observed, interval and limit on one line."""
    plot = picture(heap.model_copy(update={"constraint": constraint}), [("", metrics)], "p")
    assert plot is not None
    assert [shape.look for shape in plot.shapes] == ["interval", "limit", "dot"]


def test_a_row_without_anything_has_no_picture(heap, metrics):
    """An empty picture would look like a zero."""
    row = heap.model_copy(update={"constraint": "errors", "observed": None, "result": Result.INCONCLUSIVE})
    assert picture(row, [("", metrics)], "p") is None


WEIRD = [
    {"heap": {"unit": "bytes", "points": [[math.nan, 1], [1, math.inf], [2, -1e308], [2, 1e308]]}},
    {"heap": {"unit": "bytes", "points": [[5, 5]]}},
    {"heap": {"unit": "bytes", "points": [[0, 0], [1e18, 0]]}},
    {"heap": {"unit": "bytes", "instances": {}}},
]


@pytest.mark.parametrize("signals", WEIRD)
def test_weird_numbers_give_a_picture_or_none_but_no_error(heap, signals):
    """Whatever was measured, the report is written."""
    metrics = Metrics.model_validate({"schemaVersion": 1, "signals": signals})
    plot = picture(heap, [("", metrics)], "p")
    assert plot is None or "nan" not in figure(plot)


@pytest.mark.parametrize(
    "latency",
    [
        {"samples": [math.nan, -1, 0, 5]},
        {"buckets": [["+Inf", 0]]},
        {"buckets": [[0.1, 5], [0.1, 5], ["+Inf", math.nan]]},
        {"quantiles": {"x": 1, "nan": 2, "0.5": 0.01, "7": 3}, "count": 3},
    ],
)
def test_weird_latencies_give_a_picture_or_none_but_no_error(heap, latency):
    """The same for spreads."""
    metrics = Metrics.model_validate({"schemaVersion": 1, "signals": {"latency": latency}})
    plot = picture(heap.model_copy(update={"constraint": "latency.p50"}), [("", metrics)], "p")
    assert plot is None or "nan" not in figure(plot)


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis(0, 100, ""), [0, 20, 40, 60, 80, 100]),
        (Axis(0, 0.7, ""), [0, 0.2, 0.4, 0.6]),
        (Axis(97, 103, ""), [98, 100, 102]),
        (Axis(5, 5, ""), [5]),
        (Axis(0.01, 100, "", log=True), [0.01, 0.1, 1, 10, 100]),
        (Axis(15, 90, "", log=True), [20, 50]),
    ],
)
def test_ticks_are_round_numbers(axis, ticks):
    """People read them."""
    assert axis.ticks() == pytest.approx(ticks)


def test_thinning_keeps_every_peak():
    """The highest of a million points is what a memory limit is about."""
    points = tuple((float(t), 1.0 if t != 777_777 else 99.0) for t in range(1_000_000))
    thinned = thin(points)
    assert len(thinned) <= 400
    assert max(y for _, y in thinned) == 99.0
    assert list(thinned) == sorted(thinned)
