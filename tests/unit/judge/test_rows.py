"""What each row says about plain cases."""

import pytest

HEAP = {"heap": {"max_retained_growth_slope": 0, "observation_window_minutes": 20}}


def test_a_leak_is_a_breach_and_the_sentence_has_its_size(make, row):
    """60 MB/h in the sentence, the interval around it."""
    found = row(HEAP, make.metrics(heap=make.heap(60)))
    assert (found.result, found.reason) == ("Breached", "SetpointBreached")
    assert found.interval[0] < 60 < found.interval[1]
    assert "MB/h" in found.message and "limit 0 MB/h" in found.message


def test_a_flat_heap_is_within(make, row):
    """Noise alone is no growth."""
    assert row(HEAP, make.metrics(heap=make.heap(0))).result == "Within"


@pytest.mark.parametrize(("failed", "result"), [(0, "Within"), (150, "Inconclusive"), (300, "Breached")])
def test_errors_are_held_against_their_budget(make, row, failed, result):
    """Of 15,000 requests, at a budget of 1 %."""
    metrics = make.metrics(errors={"unit": "ratio", "failed": failed, "total": 15000})
    assert row({"errors": {"budget_percent": 1}}, metrics).result == result


TIGHT = {
    "memory": ({"memory": {"max_mb": 121}}, 0.2),
    "heap.growth": (HEAP, 0.2),
    "latency.p99": ({"latency": {"p99_max_ms": 60}}, 0.5),
    "cardinality.growth": ({"cardinality": {"growth_rate": "bounded"}}, 0.01),
    "cpu": ({"cpu": {"max_saturation_percent": 53}}, 0.2),
    "throughput": ({"throughput": {"min_requests_per_second": 48}}, 0.2),
    "errors": ({"errors": {"budget_percent": 1}}, 0.01),
}


@pytest.mark.parametrize("name", TIGHT)
def test_a_host_too_noisy_to_decide_says_so(make, row, name):
    """What is Within where copies are alike is open where they differ by more than what is left to the limit."""
    times = make.times()
    flat = {"unit": "bytes", "points": make.points(times, 1.2e8 + 0 * times)}
    signals = {
        "memory": flat,
        "heap": make.heap(0, spread=0.01),
        "latency": {"unit": "seconds", "samples": make.random.exponential(0.01, 20000).tolist()},
        "cardinality": {"unit": "series", "points": make.points(times, 200 + 0 * times)},
        "cpu": {"unit": "ratio", "points": make.points(times, 0.5 + make.noise(len(times), 0.3, 0.005))},
        "throughput": {
            "unit": "requests_per_second",
            "points": make.points(times, 50 + make.noise(len(times), 0.3, 0.2)),
        },
        "errors": {"failed": 10, "total": 15000},
    }
    constraints, quiet = TIGHT[name]
    calm = row(constraints, make.metrics(**signals) | {"noise": {name: quiet}})
    noisy = row(constraints, make.metrics(**signals) | {"noise": {name: 50}})
    assert (calm.result, noisy.result, noisy.reason) == ("Within", "Inconclusive", "NotDecided")
    assert "two unchanged copies differ by 50" in noisy.message and "too noisy to decide" in noisy.message


def test_a_start_that_differs_is_told_of(make, row):
    """A cache that fills in the first minutes is no leak, and the sentence says that it was seen."""
    times = make.times()
    age = times - times[0]
    values = 100 + 20 * (1 - 2.72 ** -(age / 60)) + make.noise(len(times), 0.3, 0.2)
    found = row(HEAP, make.metrics(heap={"unit": "MB", "kind": "postGc", "points": make.points(times, values)}))
    assert found.result != "Breached" and "still warming up in the first" in found.message
