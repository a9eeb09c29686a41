"""Points, misses, and text from outside."""

import math

import pytest

from setpoint.api.reasons import Reason
from setpoint.sense.series import Missed, Series, printable


def series(taken: int, missed: int) -> Series:
    some = Series()
    for number in range(taken):
        some.add(float(number), 1.0)
    for _ in range(missed):
        some.miss(Missed(Reason.QUERY_FAILED, "it hung"))
    return some


@pytest.mark.parametrize(("taken", "missed"), [(0, 0), (10, 0), (1, 1), (19, 1), (95, 5)])
def test_a_single_miss_or_one_in_twenty_is_no_fault(taken, missed):
    """The judge needs points over 95 % of the window, no more."""
    assert series(taken, missed).fault("heap") is None


@pytest.mark.parametrize(("taken", "missed"), [(0, 1), (10, 2), (94, 6)])
def test_more_misses_are_a_fault_with_their_number(taken, missed):
    """Why and how often stands in the message."""
    fault = series(taken, missed).fault("heap")
    assert fault is not None
    assert (fault.signal, fault.reason) == ("heap", Reason.QUERY_FAILED)
    assert fault.message == f"{missed} of {taken + missed} readings missed; the last: it hung"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_missed(value):
    """It never becomes a point."""
    some = Series()
    some.add(0.0, value)
    assert some.points == []
    fault = some.fault("cpu")
    assert fault is not None
    assert fault.reason is Reason.NON_FINITE


@pytest.mark.parametrize("hostile", ["\x1b[2J", "a\r\nb", "\x00", "\u202eabc", "x" * 10_000])
def test_text_from_outside_is_cut_and_cleaned(hostile):
    """No control characters, no change of direction, no floods."""
    shown = Missed(Reason.QUERY_FAILED, hostile).message
    assert shown.isprintable()
    assert len(shown) <= 301


def test_plain_text_is_left_alone():
    """Umlauts and spaces are text like any other."""
    assert printable("größer als 3 ms") == "größer als 3 ms"
