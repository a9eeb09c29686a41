"""Acceptance: sentences about what candidate and control showed, and the one outcome that follows."""

import random

import pytest

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics
from setpoint.api.remedy import Outcome
from setpoint.verify.acceptance import accept

START = 1_767_225_600.0
CONSTRAINTS = Constraints.model_validate(
    {
        "heap": {"maxRetainedGrowthSlope": 0, "smallestEffectMbPerHour": 100},
        "latency": {"p99MaxMs": 100},
        "errors": {"budgetPercent": 1},
    }
)
HEAP = ("heap.growth",)


def window(slope=0.0, slow=0.0, failed=0, noise=20_000, seed=1, seconds=120, restarts=0):
    """Metrics of a two-minute load: heap growing by `slope` MB/h, a share `slow` of 10,000 requests over the limit."""
    chance = random.Random(seed)
    points = [[START + t, 5e7 + slope * 1e6 * t / 3600 + chance.gauss(0, noise)] for t in range(seconds + 1)]
    count = 10_000
    return Metrics.model_validate(
        {
            "schemaVersion": 1,
            "load": {
                "requestedRate": 100,
                "achievedRate": 100,
                "startedAt": "2026-01-01T00:00:00Z",
                "durationSeconds": seconds,
                "statuses": {"200": count - failed, **({"500": failed} if failed else {})},
                "bytesPerRequest": 100,
            },
            "target": {"instances": [{"name": "x", "startedAt": "2025-12-31T00:00:00Z", "restarts": restarts}]},
            "signals": {
                "heap": {"unit": "bytes", "kind": "live", "points": points},
                "latency": {"count": count, "buckets": [[0.1, round(count * (1 - slow))], ["+Inf", count]]},
                "errors": {"failed": failed, "total": count},
            },
        }
    )


LEAK = 1000.0


def outcome(control, candidate, missing=(), breached=HEAP, **more):
    return accept(CONSTRAINTS, breached, control, candidate, missing, **more)


def test_a_leak_that_is_gone_is_accepted():
    """The breached row is Within, and moved by more than the interval."""
    said = outcome(window(LEAK), window(0, seed=2))
    assert said.outcome is Outcome.ACCEPTED
    assert "heap.growth" in said.why


def test_a_leak_that_is_half_gone_is_an_improvement():
    """Better, and not yet within."""
    assert outcome(window(LEAK), window(LEAK / 2, seed=2)).outcome is Outcome.IMPROVED


def test_a_leak_that_stays_is_dropped():
    """Chance is no improvement."""
    assert outcome(window(LEAK), window(LEAK, seed=2)).outcome is Outcome.DROPPED


def test_a_control_that_does_not_leak_means_not_reproduced():
    """What is not there cannot be repaired."""
    assert outcome(window(0), window(0, seed=2)).outcome is Outcome.NOT_REPRODUCED


def test_a_control_that_cannot_be_judged_decides_nothing():
    """Ten seconds say nothing about a small leak."""
    said = outcome(window(0, noise=5e6, seconds=10), window(0, seed=2))
    assert said.outcome is Outcome.INCONCLUSIVE


def test_a_repair_that_slows_requests_down_is_dropped():
    """No other row may get worse."""
    said = outcome(window(LEAK), window(0, slow=0.2, seed=2))
    assert said.outcome is Outcome.DROPPED
    assert "latency.p99" in said.why


def test_less_work_is_dropped_and_called_gaming():
    """Whatever the numbers say."""
    said = outcome(window(LEAK), window(0, seed=2), missing=("answers 0 bytes a request",))
    assert said.outcome is Outcome.DROPPED
    assert said.gaming


def test_a_row_that_only_the_candidate_leaves_open_is_dropped():
    """Unknown is never a pass."""
    blind = window(0, seed=2).model_dump(by_alias=True)
    blind["signals"].pop("errors")
    said = outcome(window(LEAK), Metrics.model_validate(blind))
    assert said.outcome is Outcome.DROPPED
    assert "errors" in said.why


def test_a_second_attempt_must_beat_the_first():
    """As good as the attempt that it builds on is no improvement."""
    first = outcome(window(LEAK), window(LEAK / 2, seed=2))
    again = outcome(window(LEAK, seed=3), window(LEAK / 2, seed=4), previous=first)
    assert again.outcome is Outcome.DROPPED
    assert outcome(window(LEAK, seed=5), window(LEAK / 4, seed=6), previous=first).outcome is Outcome.IMPROVED


@pytest.mark.parametrize(("noise", "expected"), [(0.0, Outcome.ACCEPTED), (2 * LEAK, Outcome.INCONCLUSIVE)])
def test_a_host_too_noisy_to_decide_says_so(noise, expected):
    """Two unchanged copies that differ by more than the breach is deep."""
    said = outcome(window(LEAK), window(0, seed=2), noise={"heap.growth": noise})
    assert said.outcome is expected
    assert ("too noisy" in said.why) is (expected is Outcome.INCONCLUSIVE)
