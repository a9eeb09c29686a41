"""Runs that may stop early: many looks, no more false alarms, and nothing passed before its time."""

import numpy as np
import pytest

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Reason, Result
from setpoint.judge import anytime, judge
from setpoint.judge.finding import Terms
from setpoint.judge.sequential import decided
from setpoint.judge.series import Series

P99 = {"latency": {"p99_max_ms": 100}}


def early(make, minutes: float, planned: float = 20.5, **signals) -> dict:
    load = make.load(minutes) | {"plannedSeconds": 30 + 60 * planned}
    return make.metrics(load=load, **signals) | {"stopping": "sequential"}


def heap(make, minutes: float, slope: float) -> dict:
    times = make.times(minutes)
    values = 100 + slope * (times - times[0]) / 3600 + 0.02 * make.random.standard_normal(len(times))
    return {"unit": "bytes", "kind": "postGc", "points": make.points(times, values * 1e6)}


def test_a_share_at_its_limit_is_hardly_ever_called_however_often_one_looks():
    """1 % are slow, 1 % may be: of 300 runs of 20,000 requests at most 7 are ever called Breached, at 1 %."""
    random = np.random.default_rng(1)
    counts = {n: anytime.critical_counts(n, 0.01, 0.01) for n in range(100, 20001, 100)}
    wrong = 0
    for _ in range(300):
        seen = np.cumsum(random.binomial(100, 0.01, 200))
        wrong += any(count >= counts[n][1] for n, count in zip(counts, seen, strict=True))
    assert wrong <= 7


def test_a_doubled_share_is_called_within_one_and_a_half_times_the_least_time():
    """2 % instead of 1 %: no test needs fewer than 1,067 requests on average; the median here is under 1,600."""
    random = np.random.default_rng(2)
    counts = {n: anytime.critical_counts(n, 0.01, 0.01)[1] for n in range(50, 8001, 50)}
    needed = []
    for _ in range(200):
        seen = np.cumsum(random.binomial(50, 0.02, 160))
        needed.append(next((n for n, count in zip(counts, seen, strict=True) if count >= counts[n]), 8000))
    assert np.median(needed) < 1600


def test_many_looks_at_a_heap_that_does_not_grow_hardly_ever_alarm(make, row):
    """Every sixth scrape of 15 runs under noise of a memory of 0.9."""
    alarms = 0
    for _ in range(15):
        times = make.times()
        points = make.points(times, 1e6 * (100 + make.noise(len(times), 0.9)))
        looks = (early(make, (n - 3) / 4, heap={"unit": "bytes", "points": points[:n]}) for n in range(16, 85, 6))
        alarms += any(row({"heap": {"max_retained_growth_slope": 0}}, look).result == "Breached" for look in looks)
    assert alarms <= 1


def test_growth_that_began_with_the_run_is_not_called_before_most_of_it_is_over(make, row):
    """A cache that fills looks like a leak until it is full."""
    constraints = {"heap": {"max_retained_growth_slope": 0}}
    found = [row(constraints, early(make, minutes, heap=heap(make, minutes, 300))) for minutes in (6, 16)]
    assert [item.result for item in found] == ["Inconclusive", "Breached"]
    assert "may still end" in found[0].message


def test_beside_a_control_growth_may_be_called_at_once(make, row):
    """The control's cache fills as well."""
    metrics = early(make, 6, heap=heap(make, 6, 300)) | {"control": {"heap": heap(make, 6, 0)}}
    assert row({"heap": {"max_retained_growth_slope": 0}}, metrics).result == "Breached"


@pytest.mark.parametrize(
    ("constraints", "reason"),
    [
        ({"heap": {"max_retained_growth_slope": 0, "observation_window_minutes": 20}}, Reason.WINDOW_TOO_SHORT),
        ({"memory": {"max_mb": 300, "sustained_load_minutes": 20}}, Reason.WINDOW_TOO_SHORT),
        ({"memory": {"max_mb": 300}}, Reason.NOT_DECIDED),
    ],
)
def test_nothing_is_within_before_its_stated_window(make, row, constraints, reason):
    """Or before the planned load is over, where none is stated."""
    signal = heap(make, 16, 0)
    found = row(constraints, early(make, 16, heap=signal, memory=signal))
    assert (found.result, found.reason) == (Result.INCONCLUSIVE, reason)


def test_a_watermark_that_was_passed_is_a_breach_at_once(make, row):
    """Five minutes into twenty."""
    found = row({"memory": {"max_mb": 90, "sustained_load_minutes": 20}}, early(make, 5, memory=heap(make, 5, 0)))
    assert found.result == "Breached"


def test_a_run_of_fixed_length_that_ends_early_is_stale(make, row):
    """The same points without the rule."""
    metrics = early(make, 20.5, memory=heap(make, 10, 0)) | {"stopping": "fixed"}
    assert row({"memory": {"max_mb": 90}}, metrics).reason is Reason.STALE_DATA


def test_a_signal_that_stopped_while_others_went_on_is_stale(make, row):
    """In a run that may stop early the newest point says how far it is."""
    metrics = early(
        make, 15, memory=heap(make, 8, 0), cpu={"unit": "ratio", "points": [[t, 0.5] for t in make.times(15)]}
    )
    assert row({"memory": {"max_mb": 90}}, metrics).reason is Reason.STALE_DATA


def test_a_run_is_decided_when_no_row_is_open(make):
    """Fast and slow requests, and few."""
    constraints = Constraints.model_validate(P99)
    for value, count, expected in ((0.01, 5000, True), (0.5, 5000, True), (0.01, 200, False)):
        metrics = make.metrics(latency={"unit": "seconds", "samples": [value] * count})
        assert decided(constraints, Metrics.model_validate(metrics)) is expected


def test_a_decision_for_stopping_is_the_decision_of_the_verdict(make):
    """What stopped the run is what is reported about it."""
    metrics = make.metrics(latency={"unit": "seconds", "samples": [0.5] * 400}) | {"stopping": "sequential"}
    assert decided(Constraints.model_validate(P99), Metrics.model_validate(metrics))
    assert judge(P99, metrics).result is Result.BREACHED


def beside(make, points: int, slope: float, memory: float = 0.8, shared: float = 0.5, spread: float = 1.0) -> dict:
    """The first `points` after the warm-up of a copy that grows by `slope` MB/h, and of its control."""
    times = make.times()
    common = np.sqrt(shared) * make.noise(len(times), memory)
    apart = np.sqrt(1 - shared)
    copy, control = (common + apart * make.noise(len(times), memory) for _ in range(2))
    values = 100 + slope * (times - times[0]) / 3600 + spread * copy, 100 + spread * control
    kept = slice(0, points + 2)
    signals = [{"unit": "MB", "kind": "postGc", "points": make.points(times[kept], value[kept])} for value in values]
    return early(make, (points - 1) / 4, heap=signals[0]) | {"control": {"heap": signals[1]}}


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8, 0.9, 0.95])
def test_many_looks_beside_a_control_hardly_ever_alarm(make, memory):
    """Of 12 pairs without growth at most 1 is called at any of 16 looks from the first on."""
    constraints = {"heap": {"max_retained_growth_slope": 0}}
    alarms = 0
    for pair in range(12):
        looks = []
        for points in (*range(5, 12), *range(14, 82, 8)):
            make.random = np.random.default_rng(1000 * pair + int(100 * memory))  # the same run, a little longer
            looks.append(beside(make, points, 0.0, memory))
        alarms += any(judge(constraints, look).result is Result.BREACHED for look in looks)
    assert alarms <= 1


def test_growth_beside_a_control_is_called_soon(make):
    """60 MB/h, which no test calls before 3.5 min even if it knows the noise: called by 7 min in most runs."""
    constraints = {"heap": {"max_retained_growth_slope": 0}}
    called = 0
    for pair in range(15):
        make.random = np.random.default_rng(pair)
        called += judge(constraints, beside(make, 29, 60.0, 0.0, shared=0.0)).result is Result.BREACHED
    assert called >= 8


def test_what_a_look_beside_a_control_may_spend_rises_with_the_window():
    """First looks alarm most easily, and the planned end is the look that may spend most."""
    terms = Terms("heap.growth", 0.0, "MB/h", 0.01, sequential=True, planned=1200.0)
    spent = []
    for points in range(5, 82):
        seen = anytime.look(Series(15.0 * np.arange(points), np.zeros(points), 15.0), terms, rising=True)
        assert isinstance(seen, anytime.Look)
        spent.append(seen.share)
    assert spent == sorted(spent)
    assert spent[0] < anytime.EACH < spent[-10] < spent[-1] == anytime.LAST


def test_a_control_that_shrinks_is_no_growth(make):
    """The copy stands still."""
    constraints = {"heap": {"max_retained_growth_slope": 0}}
    metrics = beside(make, 40, 0.0, 0.0, spread=0.05)
    falling = [
        [time, value - 0.02 * (time - metrics["control"]["heap"]["points"][0][0])]
        for time, value in metrics["control"]["heap"]["points"]
    ]
    metrics["control"]["heap"]["points"] = falling
    found = judge(constraints, metrics).rows[0]
    assert found.result is Result.INCONCLUSIVE and "it is the control that shrinks" in found.message


def test_a_tooth_of_a_saw_is_not_called_though_the_control_is_between_two(make):
    """Garbage that is not collected yet grows in a straight line."""
    constraints = {"heap": {"max_retained_growth_slope": 0}}
    metrics = beside(make, 12, 300.0, 0.0, spread=0.05)
    metrics["signals"]["heap"]["kind"] = "live"
    found = judge(constraints, metrics).rows[0]
    assert found.result is Result.INCONCLUSIVE and "garbage" in found.message


def test_a_few_points_that_were_rounded_onto_a_line_are_no_growth(make):
    """Whole percents of a machine's memory: five points on a line, and a control that stands."""
    constraints = {"heap": {"max_retained_growth_slope": 0}}
    metrics = beside(make, 7, 0.0, 0.0, spread=0.0)
    for signal, steps in ((metrics["signals"], [0, 0, 0, 2, 2, 4, 4, 6, 6]), (metrics["control"], [0, 2] * 5)):
        signal["heap"]["points"] = [
            [time, 200.0 + step] for (time, _), step in zip(signal["heap"]["points"], steps, strict=False)
        ]
    assert judge(constraints, metrics).rows[0].result is Result.INCONCLUSIVE
