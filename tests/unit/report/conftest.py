"""Values that reports are made of."""

import pytest

from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Reason, Result
from setpoint.api.remedy import Change, Outcome, Proposal, Tried, Verification
from setpoint.api.verdict import Row, Verdict

PATCH = "diff --git a/app.py b/app.py\n--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-seen = {}\n+seen = Bounded(100)\n"


@pytest.fixture
def heap() -> Row:
    """A breached row with both ends of its interval."""
    return Row(
        constraint="heap.growth",
        observed=92.0,
        limit=0.0,
        unit="MB/h",
        interval=(86.0, 98.0),
        confidence=0.99,
        samples=80,
        instance="checkout-7d9f",
        result=Result.BREACHED,
        reason=Reason.SETPOINT_BREACHED,
        message="heap grew 92 MB/h",
    )


@pytest.fixture
def verdict(heap: Row) -> Verdict:
    """One row of each result."""
    within = heap.model_copy(update={"constraint": "memory", "result": Result.WITHIN, "limit": 300.0, "unit": "MB"})
    unknown = heap.model_copy(
        update={
            "constraint": "latency.p99",
            "result": Result.INCONCLUSIVE,
            "reason": Reason.NO_DATA,
            "observed": None,
            "interval": None,
            "unit": "ms",
            "message": "nothing was measured",
        }
    )
    return Verdict(result=Result.BREACHED, rows=(within, heap, unknown), notes=("a note",))


@pytest.fixture
def change() -> Change:
    """The breached row, repaired."""
    return Change(
        constraint="heap.growth",
        unit="MB/h",
        limit=0.0,
        control=92.0,
        candidate=0.3,
        interval=(-97.0, -86.0),
        moved="Better",
    )


@pytest.fixture
def verification(change: Change) -> Verification:
    """An accepted attempt."""
    return Verification(outcome=Outcome.ACCEPTED, why="heap.growth 92 → 0.3 MB/h", changes=(change,))


@pytest.fixture
def proposal() -> Proposal:
    """A small change."""
    return Proposal(
        patch=PATCH,
        title="bound the cache",
        cause="seen grows with every request (app.py:1)",
        explanation="Keeps 100 entries.\n\nOlder ones are computed again.",
        pattern="cache-without-bound",
        proposer="playbook",
    )


@pytest.fixture
def tried() -> Tried:
    """An attempt before."""
    return Tried(number=1, title="clear the cache", patch=PATCH, why_not="the tests fail")


@pytest.fixture
def metrics() -> Metrics:
    """Two instances' heaps, latencies as buckets, and nothing else."""
    points = [[1000.0 + step, 50e6 + step * 1e5] for step in range(600)]
    return Metrics.model_validate(
        {
            "schemaVersion": 1,
            "load": {"startedAt": "1970-01-01T00:16:40Z", "warmupSeconds": 60, "durationSeconds": 600},
            "signals": {
                "heap": {"unit": "bytes", "instances": {"a": points, "b": [[t, 2 * y] for t, y in points]}},
                "memory": {"unit": "furlongs", "points": points},
                "latency": {"unit": "seconds", "buckets": [[0.01, 500], [0.1, 990], ["+Inf", 1000]]},
            },
        }
    )
