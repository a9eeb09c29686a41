"""Data that no verdict may rest on, each with its reason; and data that look odd and are fit."""

import math

import numpy as np
import pytest

from setpoint.api.reasons import Reason, Result
from setpoint.judge import judge

MEMORY = {"memory": {"max_mb": 300}}
CPU = {"cpu": {"max_saturation_percent": 80}}


def memory(make, change=lambda points: points, **load):
    times = make.times()
    points = make.points(times, 1e8 + 1e5 * make.random.standard_normal(len(times)))
    return make.metrics(load=make.load(**load), memory={"unit": "bytes", "points": change(points)})


def without(*places: int):
    return lambda points: [point for i, point in enumerate(points) if i not in places]


def with_value(place: int, value):
    return lambda points: [[t, value if i == place else v] for i, (t, v) in enumerate(points)]


@pytest.mark.parametrize(
    ("failed", "constraints", "result"),
    [
        (6000, MEMORY, Result.INCONCLUSIVE),
        (100, MEMORY, Result.WITHIN),
        (6000, {"memory": {"max_mb": 50}}, Result.BREACHED),
        (6000, MEMORY | {"errors": {"budget_percent": 100}}, Result.WITHIN),
    ],
    ids=["turned away", "some failed", "broken all the same", "allowed to fail"],
)
def test_memory_is_not_within_where_the_target_turned_its_load_away(make, row, failed, constraints, result):
    """A mistyped path answers 404 to everything, and needs no memory for it."""
    metrics = memory(make)
    metrics["signals"]["errors"] = {"failed": failed, "total": 6000}
    found = row(constraints, metrics, "memory")
    assert found.result is result
    if result is Result.INCONCLUSIVE:
        assert found.reason is Reason.LOAD_NOT_REACHED
        assert found.message.startswith("6000 of 6000 requests failed, so the work was not done; see what load asks")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda points: [], Reason.NO_DATA),
        (lambda points: points[:40], Reason.STALE_DATA),
        (without(*range(30, 40)), Reason.PARTIAL_DATA),
        (lambda points: points[20:], Reason.PARTIAL_DATA),
        (with_value(50, "NaN"), Reason.NON_FINITE),
        (with_value(50, None), Reason.NON_FINITE),
        (with_value(50, "+Inf"), Reason.NON_FINITE),
        (lambda points: points[::-1], Reason.UNORDERED),
        (lambda points: points + points[-1:], Reason.UNORDERED),
        (lambda points: points[4::80], Reason.TOO_FEW_SAMPLES),
        (lambda points: [[1000 * t, v] for t, v in points], Reason.NO_DATA),
        (lambda points: [[t, v / 1e6] for t, v in points], Reason.NO_DATA),
    ],
)
def test_points_that_no_verdict_may_rest_on(make, row, change, reason):
    """Missing, old, odd, few, in the wrong unit."""
    found = row(MEMORY, memory(make, change))
    assert (found.result, found.reason) == (Result.INCONCLUSIVE, reason)


@pytest.mark.parametrize("places", [(), (20,), (20, 60), (20, 22)])
def test_single_missing_scrapes_are_no_gap(make, row, places):
    """A scrape that failed, twice even."""
    assert row(MEMORY, memory(make, without(*places))).result == "Within"


def test_what_was_seen_during_the_warm_up_does_not_count(make, row):
    """A peak at the start, and a point that is no number."""
    metrics = memory(make, with_value(1, 9e8))
    metrics["signals"]["memory"]["points"][0][1] = "NaN"
    assert row(MEMORY, metrics).result == "Within"


@pytest.mark.parametrize(
    ("load", "reason"),
    [
        ({"achievedRate": 40.0}, Reason.LOAD_NOT_REACHED),
        ({"achievedRate": None}, Reason.LOAD_NOT_REACHED),
        ({"droppedIterations": 1000}, Reason.LOAD_NOT_REACHED),
        ({"droppedIterations": "NaN"}, Reason.NON_FINITE),
        ({"warmupSeconds": -5}, Reason.NON_FINITE),
    ],
)
def test_a_load_that_was_not_the_one_asked_for_voids_every_row(make, row, load, reason):
    """99 % of the rate, at most 1 % dropped."""
    assert row(MEMORY, memory(make, **load)).reason is reason


@pytest.mark.parametrize("load", [{"achievedRate": 49.6}, {"droppedIterations": 300}, {"requestedRate": None}])
def test_a_load_that_was_nearly_the_one_asked_for_will_do(make, row, load):
    """Or one whose rate nobody asked for."""
    assert row(MEMORY, memory(make, **load)).result == "Within"


def test_a_closed_model_voids_latency_and_nothing_else(make):
    """Slow answers thin out the load that would have shown them."""
    metrics = memory(make, model="closed")
    metrics["signals"]["latency"] = {"unit": "seconds", "samples": [0.01] * 2000}
    verdict = judge(MEMORY | {"latency": {"p99_max_ms": 100}}, metrics)
    assert [row.reason for row in verdict.rows] == [Reason.WITHIN_SETPOINTS, Reason.LOAD_MODEL_CLOSED]


def test_a_window_shorter_than_stated_decides_nothing(make, row):
    """Ten minutes of load for a limit over fifteen."""
    times = make.times(minutes=10)
    signal = {"unit": "bytes", "points": make.points(times, np.full(len(times), 9e8))}
    metrics = make.metrics(load=make.load(minutes=10), memory=signal)
    found = row({"memory": {"max_mb": 300, "sustained_load_minutes": 15}}, metrics)
    assert (found.result, found.reason) == (Result.INCONCLUSIVE, Reason.WINDOW_TOO_SHORT)


def test_a_fall_to_where_the_process_began_is_a_restart_that_nobody_reported(make, row):
    """Unless somebody who watched says that there was none."""
    times = make.times()
    values = 4e7 + 1.5e8 * (1 - np.exp(-((times - times[0]) % 700) / 60))
    metrics = make.metrics(memory={"unit": "bytes", "points": make.points(times, values)})
    assert row(MEMORY, metrics).reason is Reason.TARGET_RESTARTED
    watched = metrics | {"target": {"instances": [{"name": "a", "restarts": 0}]}}
    assert row(MEMORY, watched).result == "Within"


def test_a_negative_rate_is_a_counter_that_was_reset(make, row):
    """cpu over a restart."""
    times = make.times()
    values = np.full(len(times), 0.5)
    values[30] = -40
    metrics = make.metrics(cpu={"unit": "ratio", "points": make.points(times, values)})
    assert row(CPU, metrics).reason is Reason.TARGET_RESTARTED


@pytest.mark.parametrize(("unit", "value"), [("ratio", 0.5), ("percent", 50.0), ("%", 50.0)])
def test_units_are_read(make, row, unit, value):
    """Half a core, however it is written."""
    times = make.times()
    points = make.points(times, value + value * 0.01 * make.random.standard_normal(len(times)))
    found = row(CPU, make.metrics(cpu={"unit": unit, "points": points}))
    assert found.result == "Within" and found.observed == pytest.approx(50, rel=0.02)


@pytest.mark.parametrize("unit", ["", "furlongs", "\x1b[31m" * 50])
def test_an_unknown_unit_is_no_measurement(make, row, unit):
    """And what it says is made harmless."""
    found = row(CPU, make.metrics(cpu={"unit": unit, "points": [[t, 0.5] for t in make.times()]}))
    assert found.reason is Reason.NO_DATA and "write unit: ratio" in found.message
    assert "\x1b" not in found.message and len(found.message) < 300


@pytest.mark.parametrize(
    ("failed", "total", "reason"),
    [
        (120, 60, Reason.SOURCES_DISAGREE),
        (-5, 4000, Reason.NON_FINITE),
        ("NaN", 5000, Reason.NON_FINITE),
        (0, 0, Reason.NO_DATA),
        (None, None, Reason.NO_DATA),
        (0, 20, Reason.TOO_FEW_SAMPLES),
        (0, 300, Reason.TOO_FEW_SAMPLES),
    ],
)
def test_counts_that_cannot_be_or_are_few_pass_nothing(make, row, failed, total, reason):
    """Zero failures of 300 do not show 1 %."""
    found = row({"errors": {"budget_percent": 1}}, make.metrics(errors={"failed": failed, "total": total}))
    assert (found.result, found.reason) == (Result.INCONCLUSIVE, reason)


def test_no_errors_at_all_is_a_budget_that_one_failure_breaks(make, row):
    """Budget 0: none of many is within, one of many is not."""
    none, one = ({"errors": {"failed": failed, "total": 20000}} for failed in (0, 1))
    results = [row({"errors": {"budget_percent": 0}}, make.metrics(**signal)).result for signal in (none, one)]
    assert results == ["Within", "Breached"]


@pytest.mark.parametrize("signal", ["memory", "load"])
def test_what_a_sensor_could_not_do_becomes_the_reason(make, row, signal):
    """Though there are points."""
    faults = [{"signal": signal, "reason": "QueryFailed", "message": "bad\nquery"}]
    found = row(MEMORY, memory(make) | {"faults": faults})
    assert (found.reason, "bad?query" in found.message) == (Reason.QUERY_FAILED, True)


def test_noise_of_the_host_can_make_a_row_undecidable(make, row):
    """100 MB against 105, where two unchanged copies differ by 20."""
    metrics = memory(make)
    limit = {"memory": {"max_mb": 105}}
    assert row(limit, metrics).result == "Within"
    noisy = row(limit, metrics | {"noise": {"memory": 20.0}})
    assert (noisy.result, noisy.reason) == (Result.INCONCLUSIVE, Reason.NOT_DECIDED)
    assert "differ by 20 MB" in noisy.message


@pytest.mark.parametrize(
    "bad", [None, 3, "text", [], {}, {"memory": {}}, {"memory": {"max_mb": math.nan}}, {"memroy": 1}]
)
def test_constraints_that_cannot_be_read_give_one_row(make, bad):
    """There is always a verdict."""
    verdict = judge(bad, memory(make))
    assert [(row.constraint, row.result) for row in verdict.rows] == [("constraints", Result.INCONCLUSIVE)]


@pytest.mark.parametrize("bad", [None, 3, "text", [], {}, {"schemaVersion": 2, "signals": {}}, {"schemaVersion": 1}])
def test_metrics_that_cannot_be_read_leave_every_row_open(bad):
    """Each row is there, with the limit that was asked for."""
    verdict = judge(MEMORY | CPU, bad)
    assert [(row.constraint, row.reason) for row in verdict.rows] == [("memory", "NoData"), ("cpu", "NoData")]


def test_one_signal_that_cannot_be_read_voids_its_own_row_only(make):
    """The others are judged."""
    metrics = memory(make)
    metrics["signals"]["cpu"] = {"unit": "ratio", "points": [["yesterday", 0.5]]}
    verdict = judge(MEMORY | CPU, metrics)
    assert [row.result for row in verdict.rows] == ["Within", "Inconclusive"]
    assert "cannot be read" in verdict.rows[1].message


def test_camel_case_and_snake_case_are_the_same(make):
    """In constraints and metrics."""
    metrics = memory(make)
    camel = judge({"memory": {"maxMb": 300, "tolerancePercent": 5}}, metrics)
    snake = judge(
        {"memory": {"max_mb": 300, "tolerance_percent": 5}}, metrics | {"schema_version": metrics.pop("schemaVersion")}
    )
    assert camel == snake
    assert camel.rows[0].limit == 315
