"""A control beside the target, and the comparison of a candidate with it."""

import numpy as np
import pytest

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Reason
from setpoint.judge import judge
from setpoint.judge.compare import compare, difference

HEAP = {"heap": {"max_retained_growth_slope": 0, "observation_window_minutes": 20}}
ALL = Constraints.model_validate(
    HEAP
    | {
        "memory": {"max_mb": 300},
        "latency": {"p50_max_ms": 40, "p99_max_ms": 120},
        "errors": {"budget_percent": 1},
        "throughput": {"min_requests_per_second": 40},
        "custom": [{"name": "ready", "query": "ready", "min": 1}],
    }
)


def paired(make, slope: float, control_slope: float, shared: float = 0.0):
    times = make.times()
    hours = (times - times[0]) / 3600
    weather = shared * (make.noise(len(times), 0.95) + 8 * (1 - np.exp(-hours * 15)))
    signals = [
        {
            "unit": "bytes",
            "kind": "rss",
            "points": make.points(times, 1e6 * (100 + rate * hours + weather + 0.2 * make.noise(len(times), 0.5))),
        }
        for rate in (slope, control_slope)
    ]
    return make.metrics(heap=signals[0]) | {"control": {"heap": signals[1]}}


def test_what_grows_in_both_alike_is_no_leak(make, row):
    """Both caches fill, both see the same weather."""
    assert row(HEAP, paired(make, 0, 0, shared=3.0)).result == "Within"


def test_what_grows_in_the_target_alone_is_a_leak(make, row):
    """Though the weather hides it."""
    found = row(HEAP, paired(make, 40, 0, shared=3.0))
    assert found.result == "Breached" and "more than its control" in found.message


def test_a_leak_in_both_is_not_passed(make, row):
    """A control that leaks as well is no excuse."""
    found = row(HEAP, paired(make, 60, 60))
    assert (found.result, found.reason) == ("Inconclusive", Reason.NOT_DECIDED)
    assert "both grow" in found.message


def test_a_control_that_was_not_measured_well_leaves_the_row_open(make, row):
    """Half of its points are missing."""
    metrics = paired(make, 0, 0)
    metrics["control"]["heap"]["points"] = metrics["control"]["heap"]["points"][:40]
    assert row(HEAP, metrics).reason is Reason.STALE_DATA


def side(make, slope=0.0, slow=0.05, failed=0, rate=49.9, ready=1.0) -> Metrics:
    times = make.times()
    values = 1e6 * (100 + slope * (times - times[0]) / 3600 + 0.2 * make.noise(len(times), 0.5))
    signals = {
        "heap": {"unit": "bytes", "points": make.points(times, values)},
        "memory": {"unit": "bytes", "points": make.points(times, values + 2e7)},
        "latency": {"unit": "seconds", "samples": make.random.lognormal(np.log(slow / 3), 0.45, 20000).tolist()},
        "errors": {"failed": failed, "total": 60000},
        "throughput": {
            "unit": "requests_per_second",
            "points": make.points(times, rate + 0.2 * make.noise(len(times), 0.3)),
        },
        "custom": {"ready": {"points": make.points(times, ready + 0 * times)}},
    }
    return Metrics.model_validate(make.metrics(**signals))


def moved(changes) -> dict:
    return {change.constraint: change.moved for change in changes}


def test_two_unchanged_copies_are_the_same(make):
    """Every row."""
    assert set(moved(compare(ALL, side(make), side(make))).values()) == {"Same"}


def test_each_row_that_moved_is_better_or_worse(make):
    """A candidate that repaired the leak and the latency, and broke the rest."""
    control = side(make, slope=90, slow=0.3)
    candidate = side(make, failed=900, rate=44.0, ready=0.0)
    assert moved(compare(ALL, control, candidate)) == {
        "memory": "Better",
        "heap.growth": "Better",
        "latency.p50": "Better",
        "latency.p99": "Better",
        "throughput": "Worse",
        "errors": "Worse",
        "custom.ready": "Worse",
    }


def test_the_interval_of_a_change_holds_it(make):
    """Candidate minus control, in the row's unit."""
    change = compare(ALL, side(make, slope=90), side(make))[1]
    assert change.unit == "MB/h" and change.interval[0] < -90 < change.interval[1] < -70


def test_a_difference_within_the_hosts_noise_is_the_same(make):
    """9 % fewer requests a second, where unchanged copies differ by as much."""
    control, candidate = side(make), side(make, rate=45.0)
    assert moved(compare(ALL, control, candidate))["throughput"] == "Worse"
    assert moved(compare(ALL, control, candidate, {"throughput": 6.0}))["throughput"] == "Same"


def test_data_that_are_unfit_on_either_side_are_unknown(make):
    """And the message says which side."""
    broken = side(make).model_copy(update={"signals": side(make).signals.model_copy(update={"memory": None})})
    changes = {change.constraint: change for change in compare(ALL, side(make), broken)}
    assert changes["memory"].moved == "Unknown" and changes["memory"].message.startswith("the candidate")
    assert changes["errors"].moved == "Same"


def test_a_side_that_was_ended_for_its_memory_lost(make):
    """Though it left nothing to measure."""
    killed = side(make).model_copy(
        update={
            "target": Metrics.model_validate(
                make.metrics() | {"target": {"instances": [{"name": "a", "killedForMemory": True}]}}
            ).target
        }
    )
    assert moved(compare(ALL, killed, side(make)))["memory"] == "Better"
    assert moved(compare(ALL, side(make), killed))["memory"] == "Worse"


def test_the_difference_of_two_intervals_is_narrower_than_the_sum_of_their_widths():
    """Both are at their ends at once only by rare chance."""
    assert difference(10.0, (7.0, 13.0), 4.0, (0.0, 8.0)) == pytest.approx((1.0, 11.0))
    assert difference(10.0, (None, 13.0), 4.0, (0.0, None)) == (None, pytest.approx(11.0))


def test_the_verdict_does_not_change_when_the_models_are_given_instead(make):
    """judge takes mappings and models."""
    metrics = paired(make, 40, 0)
    assert judge(HEAP, metrics) == judge(Constraints.model_validate(HEAP), Metrics.model_validate(metrics))
