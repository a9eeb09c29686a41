"""What a script plans, from the scenarios that `k6 inspect` reports."""

import pytest

from setpoint.api.errors import InputError
from setpoint.load.ceilings import Ceilings, check
from setpoint.load.schedule import constant, planned

CONSTANT = {"executor": "constant-arrival-rate", "startTime": None, "rate": 50, "timeUnit": "1s", "duration": "1m0s"}
RISING = {
    "executor": "ramping-arrival-rate",
    "startRate": 0,
    "timeUnit": "1m0s",
    "stages": [
        {"duration": "30s", "target": 1200},
        {"duration": "10s", "target": 1200},
        {"duration": "0s", "target": 0},
    ],
}
USERS = {"executor": "constant-vus", "vus": 5, "duration": "30s"}


def test_the_rate_is_the_sum_of_the_arrival_rate_scenarios():
    """Per second, whatever their time units."""
    schedule = planned({"a": CONSTANT, "b": {**CONSTANT, "rate": 60, "timeUnit": "1m0s"}})
    assert schedule.seconds == 60
    assert schedule.rate(60) == schedule.rate(10) == 51


def test_a_missing_time_unit_is_a_second():
    """As k6 has it."""
    assert planned({"a": {**CONSTANT, "timeUnit": None}}).rate(60) == 50


def test_a_ramping_rate_is_its_mean_over_time():
    """0 to 20 a second in 30 s, then 20 for 10 s: 500 iterations in 40 s."""
    schedule = planned({"a": RISING})
    assert schedule.seconds == 40
    assert schedule.iterations(40) == pytest.approx(500)
    assert schedule.iterations(15) == pytest.approx(75)
    assert schedule.rate(40) == pytest.approx(12.5)


def test_scenarios_that_start_later_count_from_then():
    """One after the other is not both at once."""
    schedule = planned({"a": CONSTANT, "b": {**CONSTANT, "startTime": "1m0s", "rate": 10}})
    assert schedule.seconds == 120
    assert schedule.rate(60) == 50
    assert schedule.rate(120) == 30


def test_time_runs_from_the_first_start():
    """What k6 waits before any scenario is no load."""
    schedule = planned({"a": {**CONSTANT, "startTime": "10s"}})
    assert (schedule.seconds, schedule.delay, schedule.rate(1)) == (60, 10, 50)


@pytest.mark.parametrize(
    "scenarios",
    [
        {"a": USERS},
        {"a": CONSTANT, "b": USERS},
        {"a": {"executor": "per-vu-iterations", "maxDuration": None}},
        {"a": {"executor": "ramping-vus", "stages": [{"duration": "10s", "target": 5}]}},
        {},
    ],
)
def test_a_script_with_any_closed_scenario_has_no_rate(scenarios):
    """Its slow answers hold back its own requests."""
    schedule = planned(scenarios)
    assert schedule.ramps is None
    assert schedule.rate(10) is None
    assert schedule.iterations(10) == 0


def test_the_length_of_closed_scenarios_is_known_too():
    """So that a script that goes on too long is stopped in time."""
    assert planned({"a": USERS}).seconds == 30
    assert planned({"a": {"executor": "shared-iterations", "maxDuration": None}}).seconds == 600


def test_a_duration_that_is_none_is_an_error():
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="duration"):
        planned({"a": {**CONSTANT, "duration": "for ever"}})


def test_a_load_within_the_ceilings_may_run():
    """At the ceiling is within it."""
    check(Ceilings(rate=50, seconds=70), constant(50, 70), 70)
    check(Ceilings(), constant(1e9, 1e9), 1e9)


def test_a_load_above_a_ceiling_may_not_run():
    """The message has both figures."""
    with pytest.raises(InputError, match=r"50.*above the ceiling of 49"):
        check(Ceilings(rate=49), constant(50, 70), 70)
    with pytest.raises(InputError, match=r"71 s.*above the ceiling of 70 s"):
        check(Ceilings(seconds=70), constant(50, 71), 71)


def test_the_highest_rate_of_any_moment_counts_not_the_mean():
    """A short peak is a peak; scenarios at the same time add up."""
    both = planned({"a": RISING, "b": {**CONSTANT, "rate": 5}})
    assert both.highest_rate() == 25
    with pytest.raises(InputError, match="25"):
        check(Ceilings(rate=24), both, 60)


def test_a_closed_script_plans_no_rate_so_that_k6_has_to_hold_it():
    """By its flags, as any script; how long it may load is known."""
    check(Ceilings(rate=1000, seconds=60), planned({"a": USERS}), 60)
    assert Ceilings(rate=1000).flags() == ("--rps=1000",)
    with pytest.raises(InputError, match=r"61 s.*above the ceiling of 60 s"):
        check(Ceilings(rate=1000, seconds=60), planned({"a": USERS}), 61)
