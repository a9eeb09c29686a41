"""Schedules in time zones: what they mean, and what is refused."""

from datetime import UTC, datetime

import pytest

from setpoint.api.errors import InputError
from setpoint.control.schedule import check_schedule, next_after


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def test_the_next_moment_is_later_than_the_one_given() -> None:
    """Never the same again."""
    assert text(next_after("0 2 * * *", "UTC", at("2026-01-01T02:00:00Z"))) == "2026-01-02T02:00:00+00:00"


def test_a_schedule_is_in_its_own_time_zone() -> None:
    """Two in the morning in Lisbon is one hour earlier in summer by UTC."""
    assert text(next_after("0 2 * * *", "Europe/Lisbon", at("2026-07-01T12:00:00Z"))) == "2026-07-02T01:00:00+00:00"


def test_what_summer_time_skips_comes_once_and_what_it_repeats_comes_once() -> None:
    """Half past two does not exist on one night, and exists twice on another."""
    spring = next_after("30 2 * * *", "Europe/Berlin", at("2026-03-29T00:00:00Z"))
    assert text(next_after("30 2 * * *", "Europe/Berlin", spring))[:10] == "2026-03-30"
    autumn = next_after("30 2 * * *", "Europe/Berlin", at("2026-10-24T23:00:00Z"))
    assert text(next_after("30 2 * * *", "Europe/Berlin", autumn))[:10] == "2026-10-26"


@pytest.mark.parametrize("schedule", ["61 * * * *", "* * * *", "0 0 30 2 *", "", "@daily", "* * * * * *", "a b c d e"])
def test_what_is_no_schedule_is_refused_with_one_that_is(schedule: str) -> None:
    """Also a day that never comes."""
    with pytest.raises(InputError, match=r"spec\.schedule.*0 2 \* \* \*"):
        check_schedule(schedule, "UTC")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "Europe"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    """By name, with one that is."""
    with pytest.raises(InputError, match=r"spec\.timeZone.*Europe/Lisbon"):
        check_schedule("0 2 * * *", zone)
