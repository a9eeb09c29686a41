"""When loads may begin: windows and freezes."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from setpoint.api.opening import Freeze, LoadWindow
from setpoint.control.opening import Shut, shut

NIGHTS = LoadWindow(days=("Mon", "Tue", "Wed", "Thu", "Fri"), start="22:00", end="06:00")
WEEKEND = LoadWindow(days=("Sat",), start="08:00", end="08:00")  # a whole day
XMAS = Freeze(start="2026-12-21T00:00", end="2027-01-02T00:00", reason="the end of the year")


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-27T21:59", "2026-11-27T22:00"),  # a Friday
        ("2026-11-27T22:00", None),
        ("2026-11-28T05:59", None),  # the night that began on Friday
        ("2026-11-28T06:00", "2026-11-30T22:00"),  # none begins on Saturday
        ("2026-11-30T03:00", "2026-11-30T22:00"),  # nor did one on Sunday
        ("2026-12-01T12:00", "2026-12-01T22:00"),
    ],
)
def test_a_window_across_midnight_belongs_to_the_day_on_which_it_starts(now, until):
    """Its end is the first moment outside."""
    found = shut([NIGHTS], [], "shop", at(now))
    assert found == (Shut("outside of the windows for loads", at(until)) if until else None)


def test_windows_add_up_and_one_may_be_a_whole_day():
    """Whichever comes first."""
    both = [NIGHTS, WEEKEND]
    assert shut(both, [], "shop", at("2026-11-28T07:00")) == Shut(
        "outside of the windows for loads", at("2026-11-28T08:00")
    )
    assert shut(both, [], "shop", at("2026-11-29T07:59")) is None
    assert shut(both, [], "shop", at("2026-11-29T08:00")).until == at("2026-11-30T22:00")


def test_a_window_on_one_day_is_found_from_the_day_itself_after_it():
    """A week later."""
    assert shut([WEEKEND], [], "shop", at("2026-11-29T08:00")).until == at("2026-12-05T08:00")


def test_a_freeze_says_why_and_ends_where_loads_may_run_again():
    """At its own end by day, in the night after it where there are windows."""
    now = at("2026-12-24T23:00")
    assert shut([], [XMAS], "shop", now) == Shut("frozen: the end of the year", at("2027-01-02T00:00"))
    assert shut([NIGHTS], [XMAS], "shop", now).until == at("2027-01-02T00:00")  # the night of a Friday
    assert shut([WEEKEND], [XMAS], "shop", now).until == at("2027-01-02T08:00")
    assert shut([], [XMAS], "shop", at("2026-12-20T23:59")) is None
    assert shut([], [XMAS], "shop", at("2027-01-02T00:00")) is None


def test_a_window_that_opens_within_a_freeze_does_not_count():
    """What keeps it now is named: the window; until when: after the freeze."""
    found = shut([NIGHTS], [XMAS], "shop", at("2026-12-20T12:00"))
    assert found == Shut("outside of the windows for loads", at("2027-01-02T00:00"))


def test_only_the_namespaces_that_are_named_are_held():
    """By patterns; one that no window is about is open."""
    window = NIGHTS.model_copy(update={"namespaces": ("shop-*",)})
    freeze = XMAS.model_copy(update={"namespaces": ("bank",)})
    noon = at("2026-12-24T12:00")
    assert shut([window], [freeze], "till", noon) is None
    assert shut([window], [freeze], "shop-eu", noon).until == at("2026-12-24T22:00")
    assert shut([window], [freeze], "bank", noon).why == "frozen: the end of the year"


def test_who_asks_for_it_is_not_held_by_windows_but_by_freezes():
    """A window is a habit, a freeze is not."""
    assert shut([NIGHTS], [], "shop", at("2026-12-01T12:00"), outside=True) is None
    assert shut([NIGHTS], [XMAS], "shop", at("2026-12-24T12:00"), outside=True).until == at("2027-01-02T00:00")


def test_times_are_those_of_the_time_zone_also_when_the_clocks_change():
    """Lisbon goes back an hour on 25 October 2026."""
    window = LoadWindow(start="02:00", end="03:00", time_zone="Europe/Lisbon")
    assert shut([window], [], "shop", at("2026-10-24T01:30")) is None  # 02:30 there, in summer
    assert shut([window], [], "shop", at("2026-10-25T01:30")).until == at("2026-10-25T02:00")
    assert shut([window], [], "shop", at("2026-10-25T02:30")) is None


def test_freezes_that_follow_each_other_are_one():
    """It is open after the last of them."""
    chain = [
        Freeze(start=f"{year}-01-01T00:00", end=f"{year + 1}-01-01T00:00", reason="closed")
        for year in range(2026, 2099)
    ]
    assert shut([], chain, "shop", at("2026-06-01T00:00")) == Shut("frozen: closed", at("2099-01-01T00:00"))


def test_the_first_window_after_a_freeze_of_many_years_is_found():
    """2099-02-02 is a Monday."""
    freeze = Freeze(start="2026-01-01T00:00", end="2099-02-02T10:00", reason="closed")
    assert shut([WEEKEND], [freeze], "shop", at("2026-06-01T00:00")).until == at("2099-02-07T08:00")


@pytest.mark.parametrize(
    ("model", "wrong", "said"),
    [
        (LoadWindow, {"start": "24:00", "end": "06:00"}, "no time of day"),
        (LoadWindow, {"start": "6:00", "end": "07:00"}, "no time of day"),
        (LoadWindow, {"start": "06:00", "end": "07:00", "timeZone": "Mars/Olympus"}, "no time zone"),
        (LoadWindow, {"start": "06:00", "end": "07:00", "days": ["Monday"]}, "Mon"),
        (LoadWindow, {"start": "06:00", "end": "07:00", "days": []}, "at least 1"),
        (Freeze, {"start": "2026-12-20", "end": "2026-12-21T00:00", "reason": "x"}, "no moment"),
        (Freeze, {"start": "2026-02-31T00:00", "end": "2026-12-21T00:00", "reason": "x"}, "no moment"),
        (Freeze, {"start": "2026-1-2T3:4", "end": "2026-12-21T00:00", "reason": "x"}, "no moment"),
        (Freeze, {"start": "2026-12-20T00:00", "end": "9999-12-31T23:59", "reason": "x"}, "no moment"),
        (Freeze, {"start": "2026-12-20T00:00", "end": "2026-12-19T00:00", "reason": "x"}, "not after"),
        (Freeze, {"start": "2026-12-20T00:00", "end": "2026-12-21T00:00", "reason": ""}, "at least 1"),
    ],
)
def test_what_is_no_window_or_freeze_is_refused(model, wrong, said):
    """With what to write instead."""
    with pytest.raises(ValidationError, match=said):
        model.model_validate(wrong)
