"""Native histograms of the target's requests, from answers that a Prometheus 2.42 gave."""

import math

import pytest

from setpoint.api.constraints import Constraints
from setpoint.api.ports import Asked
from setpoint.api.reasons import Reason
from setpoint.judge import judge
from setpoint.sense.prometheus import as_judged, connect, read

LIMITS = {"latency": {"p99_max_ms": 200}, "errors": {"budget_percent": 1}, "throughput": {"min_requests_per_second": 1}}
NAME = "http_request_duration_seconds"
NAMES = {"metric": {"__name__": NAME}, "value": [1060, "2"]}
GOOD = {
    "metric": {"code": "200"},
    "histogram": [
        1060,
        {
            "count": "800",
            "sum": "8.000074429867285",
            "buckets": [
                [0, "0.0681567332915786", "0.07432544468767006", "640"],
                [0, "0.1621049443313762", "0.17677669529663687", "144"],
                [0, "0.3855527063519852", "0.4204482076268572", "16"],
            ],
        },
    ],
}
FAILED = {
    "metric": {"code": "503"},
    "histogram": [
        1060,
        {"count": "20", "sum": "6.0", "buckets": [[0, "0.0681567332915786", "0.07432544468767006", "20"]]},
    ],
}
EMPTY = {"metric": {"code": "404"}, "histogram": [1060, {"count": "0", "sum": "0"}]}
BORN = f"}} unless {NAME}"
COUNTS = [
    {"metric": {"code": "200"}, "values": [[1000, "100"], [1015, "250"], [1030, "400"]]},
    {"metric": {"code": "503"}, "values": [[1015, "5"], [1030, "20"]]},
]


@pytest.fixture
def exported(prometheus):
    """The answers of a target that has native histograms and nothing else."""
    prometheus.histograms = {
        "count by (__name__) ({": [NAMES],
        f"(increase({NAME}{{": [GOOD, EMPTY],
        BORN: [],
        "histogram_count": COUNTS,
    }
    return prometheus


def own(prometheus):
    asked = Asked(Constraints.model_validate(LIMITS), "auto", {}, "/metrics")
    _, found, faults = read(connect(prometheus.url), {"app": "checkout"}, asked, 1000, 1060, 15)
    return found, faults


def test_a_native_histogram_is_latency_errors_and_throughput(exported):
    """What was born in the window counts from zero; failed requests are over every limit."""
    exported.histograms[BORN] = [FAILED]
    found, faults = own(exported)
    assert faults == ()
    assert found.latency.count == 820
    assert found.latency.native[0] == (0.0681567332915786, 0.07432544468767006, 640)
    assert found.latency.native[-1] == (math.inf, math.inf, 20)
    assert (found.errors.failed, found.errors.total) == (20, 820)
    assert found.throughput.points == ((1015, 10.0), (1030, 10.0))


def test_the_judge_takes_what_was_read(exported):
    """16 of 800 took longer than 200 ms, where 8 may: too many."""
    found, faults = own(exported)
    metrics = {"schemaVersion": 1, "signals": found.to_json(), "faults": [f.to_json() for f in as_judged(faults)]}
    [row] = judge({"latency": {"p99_max_ms": 200}}, metrics).rows
    assert row.result == "Breached" and "2 % of 800 requests took longer" in row.message


def test_numbers_in_place_of_histograms_are_refused(exported):
    """As a version gives them that does not know histograms in a function."""
    exported.histograms[f"(increase({NAME}{{"] = [{"metric": {"code": "200"}, "value": [1060, "0"]}]
    found, faults = own(exported)
    assert found is None
    assert {fault.reason for fault in faults} == {Reason.QUERY_FAILED}
    assert "numbers for http_request_duration_seconds" in faults[0].message


@pytest.mark.parametrize(
    "histogram",
    [
        {"count": "8", "buckets": [[0, "0.1", "0.2"]]},
        {"count": "8", "buckets": [[0, "a", "0.2", "8"]]},
        {"count": "8", "buckets": 5},
        ["count", "8"],
        None,
    ],
)
def test_a_histogram_of_another_shape_is_a_fault(exported, histogram):
    """Never a part of one."""
    exported.histograms[f"(increase({NAME}{{"] = [{"metric": {"code": "200"}, "histogram": [1060, histogram]}]
    found, faults = own(exported)
    assert found is None
    assert {fault.reason for fault in faults} == {Reason.QUERY_FAILED}


def test_a_count_that_falls_is_a_restart(exported):
    """What was served before is lost from the count."""
    exported.histograms["histogram_count"] = [{"metric": {"code": "200"}, "values": [[1000, "100"], [1015, "5"]]}]
    _, faults = own(exported)
    assert {fault.reason for fault in faults} == {Reason.TARGET_RESTARTED}


def test_histograms_that_were_not_asked_for_are_refused(exported):
    """A query of the user's that gives some."""
    exported.histograms["my_query"] = [GOOD]
    custom = Constraints.model_validate({"memory": {"max_mb": 5}})
    asked = Asked(custom, "auto", {"memory": "my_query"}, "/metrics")
    _, _, [fault] = read(connect(exported.url), {"app": "checkout"}, asked, 1000, 1060, 15)
    assert fault.reason is Reason.QUERY_FAILED
