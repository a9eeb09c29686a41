"""Ways in which an unknown could have become a pass: each leaves its row open."""

import pytest

from setpoint.api.reasons import Reason, Result
from setpoint.judge import judge

START = 1_767_225_600.0
LOAD = {"requestedRate": 10, "achievedRate": 10, "startedAt": "2026-01-01T00:00:00Z", "durationSeconds": 600}
POINTS = [[START + 15 * n, 1e8] for n in range(41)]
MEMORY = {"memory": {"maxMb": 300}}


def row(constraints, signals, **more):
    return judge(constraints, {"schemaVersion": 1, "load": LOAD, "signals": signals} | more).rows[0]


def two(**series):
    return {"memory": {"unit": "bytes", "instances": series}}


def target(**b):
    return {"instances": [{"name": "a"}, {"name": "b"} | b]}


def test_an_instance_that_nothing_is_known_of_may_be_the_worst():
    """It was there all the time."""
    found = row(MEMORY, two(a=POINTS), target=target())
    assert (found.result, found.reason, found.instance) == (Result.INCONCLUSIVE, Reason.PARTIAL_DATA, "b")


def test_an_instance_that_restarted_voids_its_own_signals_only():
    """Its own points may be missing."""
    assert row(MEMORY, two(a=POINTS), target=target(restarts=1)).result is Result.WITHIN


def test_a_breach_of_one_instance_stands_whatever_is_missing_of_another():
    """The worst decides."""
    high = [[time, 9e8] for time, _ in POINTS]
    assert row(MEMORY, two(a=high), target=target()).result is Result.BREACHED


@pytest.mark.parametrize(
    ("signal", "result"),
    [
        ("target", Result.INCONCLUSIVE),
        ("Memory", Result.INCONCLUSIVE),
        ("something else", Result.INCONCLUSIVE),
        ("load", Result.INCONCLUSIVE),
        ("own.latency", Result.WITHIN),
        ("cardinality.labels", Result.WITHIN),
        ("heap", Result.WITHIN),
    ],
)
def test_a_fault_voids_what_rests_on_it_and_everything_when_nobody_knows_what_it_is_about(signal, result):
    """What stands beside a row does not void it."""
    fault = {"signal": signal, "reason": "QueryFailed", "message": "no answer"}
    assert row(MEMORY, {"memory": {"unit": "bytes", "points": POINTS}}, faults=[fault]).result is result


def test_a_kill_for_memory_is_a_breach_also_when_it_cost_the_load_its_requests():
    """A leak does not hide behind what it does to the load."""
    dropped = LOAD | {"achievedRate": 5, "droppedIterations": 3000}
    killed = target(killedForMemory=True, restarts=1)
    assert row(MEMORY, two(a=POINTS), target=killed, load=dropped).result is Result.BREACHED


def test_a_beginning_that_cannot_be_read_is_no_window():
    """Which points are warm-up?"""
    found = row(MEMORY, {"memory": {"unit": "bytes", "points": POINTS}}, load=LOAD | {"startedAt": "yesterday"})
    assert found.reason is Reason.PARTIAL_DATA


def test_a_negative_number_of_series_is_no_number():
    """Whatever wrote it."""
    negative = [[time, -5] for time, _ in POINTS]
    found = row({"cardinality": {"maxUniqueLabels": 10}}, {"cardinality": {"unit": "series", "points": negative}})
    assert found.reason is Reason.NON_FINITE


@pytest.mark.parametrize("total", [1e10, 1e16, 1e308])
def test_a_count_beyond_all_loads_is_refused_at_once(total):
    """Exact statistics on it would take minutes and gigabytes."""
    errors = row({"errors": {"budgetPercent": 1}}, {"errors": {"failed": total / 1e4, "total": total}})
    latency = {"count": total, "buckets": [[0.1, total / 2], ["+Inf", total]]}
    assert errors.reason is Reason.NON_FINITE
    assert row({"latency": {"p99MaxMs": 100}}, {"latency": latency}).reason is Reason.NON_FINITE
