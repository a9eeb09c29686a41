"""The target's own view beside the load's: what cannot be true of both leaves the row open."""

import pytest

from setpoint.api.reasons import Reason, Result
from setpoint.judge import judge

CONSTRAINTS = {
    "latency": {"p99MaxMs": 100},
    "errors": {"budgetPercent": 1},
    "throughput": {"minRequestsPerSecond": 10},
}
START = 1_767_225_600.0


def view(slow=0, failed=0, count=6000):
    points = [[START + second, count / 60] for second in range(61)]
    return {
        "latency": {"count": count, "buckets": [[0.1, count - slow], ["+Inf", count]]},
        "errors": {"failed": failed, "total": count},
        "throughput": {"unit": "requests_per_second", "points": points},
    }


def row(name, ours, own):
    load = {"requestedRate": 100, "achievedRate": 100, "startedAt": "2026-01-01T00:00:00Z", "durationSeconds": 60}
    verdict = judge(CONSTRAINTS, {"schemaVersion": 1, "load": load, "signals": ours, "own": own})
    return verdict.row(name)


@pytest.mark.parametrize(
    ("name", "ours", "own"),
    [
        ("latency.p99", view(), view(slow=600)),
        ("errors", view(), view(failed=600)),
        ("throughput", view(), view(count=600)),
    ],
)
def test_what_the_load_cannot_have_missed_is_a_disagreement(name, ours, own):
    """The target says slow, failed or never seen where the generator says all is well."""
    assert (row(name, ours, own).result, row(name, ours, own).reason) == (
        Result.INCONCLUSIVE,
        Reason.SOURCES_DISAGREE,
    )


@pytest.mark.parametrize(
    ("name", "ours", "own", "expected"),
    [
        ("latency.p99", view(slow=600), view(), Result.BREACHED),
        ("errors", view(failed=600), view(), Result.BREACHED),
        ("throughput", view(), view(count=12000), Result.WITHIN),
        ("latency.p99", view(), view(slow=30), Result.WITHIN),
    ],
)
def test_what_lies_before_the_target_is_no_disagreement(name, ours, own, expected):
    """Queues, refused connections and other traffic are known to one side only."""
    assert row(name, ours, own).result is expected
