"""When a load may stop before its time: only when what could still come cannot change the verdict."""

import pytest

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics
from setpoint.judge.sequential import decided


def measured(megabytes: float, seconds: int = 30) -> Metrics:
    """Level memory and as many custom points, one a second, and 30 requests a second without a failure."""
    points = [(float(second), megabytes * 1e6) for second in range(seconds)]
    signals = {
        "memory": {"unit": "bytes", "points": points},
        "custom": {"depth": {"points": points}},
        "errors": {"failed": 0, "total": 30 * seconds},
    }
    load = {"requestedRate": 30, "achievedRate": 30, "startedAt": "1970-01-01T00:00:00Z", "durationSeconds": seconds}
    return Metrics.model_validate({"schemaVersion": 1, "load": load, "signals": signals})


@pytest.mark.parametrize(
    "constraints",
    [{"memory": {"max_mb": 100}}, {"custom": [{"name": "depth", "query": "depth", "max": 100e6}]}],
    ids=["memory", "custom"],
)
def test_a_maximum_is_breached_early_but_held_only_at_the_end(constraints):
    """The next minute may bring a higher one."""
    asked = Constraints.model_validate(constraints)
    assert decided(asked, measured(megabytes=120))
    assert not decided(asked, measured(megabytes=80))


def test_a_stated_window_is_enough():
    """The user says how long is long enough."""
    asked = Constraints.model_validate({"memory": {"max_mb": 100, "sustained_load_minutes": 0.5}})
    assert decided(asked, measured(megabytes=80, seconds=30))
    assert not decided(asked, measured(megabytes=80, seconds=20))


def test_a_share_is_held_as_soon_as_enough_was_seen():
    """Its bound holds at every look, so it may end the load."""
    asked = Constraints.model_validate({"errors": {"budget_percent": 5}})
    assert decided(asked, measured(megabytes=80))
