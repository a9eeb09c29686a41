"""The tail probabilities, against exact sums and published tables."""

import math

import numpy as np
import pytest

from setpoint.judge import anytime, tails
from setpoint.judge.mixture import Mixture


def exact_tail(least: int, n: int, share: float) -> float:
    return math.fsum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(least, n + 1))


@pytest.mark.parametrize(
    ("n", "share", "tail"), [(50, 0.3, 0.01), (300, 0.01, 0.01), (900, 0.5, 1e-4), (20, 0.01, 0.01)]
)
def test_critical_counts_are_the_last_that_are_rare_enough(n, share, tail):
    """One step towards the middle is not rare enough any more."""
    most, least = tails.critical_counts(n, share, tail)
    assert exact_tail(least, n, share) <= tail < exact_tail(least - 1, n, share)
    assert (1 - exact_tail(most + 1, n, share) if most >= 0 else 0.0) <= tail
    assert 1 - exact_tail(most + 2, n, share) > tail


def test_an_upper_bound_of_p99_needs_299_requests_at_95_percent():
    """The rule of three's exact form."""
    assert tails.critical_counts(298, 0.01, 0.05)[0] == -1
    assert tails.critical_counts(299, 0.01, 0.05)[0] == 0


@pytest.mark.parametrize(
    ("k", "n", "tail", "low", "high"),
    [
        (0, 100, 0.025, 0.0, 0.036217),
        (10, 100, 0.025, 0.049005, 0.176223),
        (50, 100, 0.025, 0.398321, 0.601679),
        (100, 100, 0.025, 0.963783, 1.0),
        (12, 60000, 0.01, 9.047405e-05, 0.000380314),
    ],
)
def test_bounds_of_a_share_are_clopper_and_pearsons(k, n, tail, low, high):
    """The published 95 % intervals, and one for rare failures."""
    assert tails.share_bounds(k, n, tail) == pytest.approx((low, high), rel=2e-4, abs=1e-9)


@pytest.mark.parametrize(("tail", "freedom", "t"), [(0.025, 10, 2.228139), (0.01, 5, 3.364930), (0.001, 30, 3.385185)])
def test_bounds_of_a_mixture_of_one_are_those_of_the_tables_of_student(tail, freedom, t):
    """Three entries of any table; a twentieth of the tail is kept for what a mixture leaves out."""
    one = np.array([1.0])
    low, high = Mixture(one, 7 * one, 2 * one, freedom * one).bounds(tail)
    assert (7 - low) / 2 == pytest.approx(t, rel=0.02)
    assert high - 7 == pytest.approx(7 - low)


@pytest.mark.parametrize(
    ("k", "low", "high"), [(0, 0.0, 3.688879), (5, 1.623486, 11.668332), (100, 81.363986, 121.626619)]
)
def test_bounds_of_a_poisson_mean_are_garwoods(k, low, high):
    """The published 95 % intervals."""
    assert tails.poisson_bounds(k, 0.025) == pytest.approx((low, high), rel=1e-5, abs=1e-9)


def test_normal_tails_agree_with_the_standard_library():
    """From the middle to nine standard deviations."""
    z = np.linspace(-9, 9, 301)
    expected = [0.5 * math.erfc(value / math.sqrt(2)) for value in z]
    assert tails.normal_tails(z * z / 2, z > 0) == pytest.approx(expected, rel=1e-6)


def test_bounds_that_hold_at_every_look_are_wider_than_those_of_one_look():
    """The price of looking."""
    low, high = tails.share_bounds(30, 1000, 0.01)
    always_low, always_high = anytime.share_bounds(30, 1000, 0.01)
    assert always_low < low < 0.03 < high < always_high


def test_critical_counts_at_every_look_agree_with_the_bounds():
    """A count is critical where the bound passes the share."""
    most, least = anytime.critical_counts(2000, 0.01, 0.01)
    assert anytime.share_bounds(least, 2000, 0.01)[0] >= 0.01 > anytime.share_bounds(least - 1, 2000, 0.01)[0]
    assert anytime.share_bounds(most, 2000, 0.01)[1] <= 0.01 < anytime.share_bounds(most + 1, 2000, 0.01)[1]
