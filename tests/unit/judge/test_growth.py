"""Bounded against unbounded cardinality."""

import numpy as np
import pytest

from setpoint.api.reasons import Reason, Result

GROWTH = {"cardinality": {"growth_rate": "bounded"}}


def series(make, arrivals, base=200.0, minutes=20.5, step=15.0):
    times = make.times(minutes, step)
    return times, base + np.searchsorted(np.sort(arrivals), times - times[0], side="right")


def metrics(make, arrivals, minutes=20.5, step=15.0, **more):
    times, values = series(make, arrivals, minutes=minutes, step=step)
    signal = {"unit": "series", "points": make.points(times, values)} | more
    return make.metrics(load=make.load(minutes), cardinality=signal)


@pytest.mark.parametrize("a_minute", [5, 30, 200])
def test_series_that_keep_coming_are_a_breach(make, row, a_minute):
    """At any pace that matters."""
    arrivals = np.cumsum(make.random.exponential(60 / a_minute, 30 * a_minute))
    found = row(GROWTH, metrics(make, arrivals))
    assert found.result == "Breached"
    assert found.interval[0] < a_minute < found.interval[1]


def test_a_set_that_fills_up_is_no_breach(make, row):
    """Uniform and Zipf popularity, 60 sets of labels: not one breach."""
    for k in range(60):
        popularity = np.arange(1.0, 400 + 20 * k) ** (-1.0 if k % 2 else 0.0)
        first_seen = make.random.exponential(1.0, len(popularity)) / (5 * popularity / popularity.sum())
        if (first_seen < 630).sum() * 0.35 < ((first_seen >= 630) & (first_seen < 1260)).sum():
            continue  # does not visibly slow down inside the window: nobody could tell
        assert row(GROWTH, metrics(make, first_seen)).result != "Breached"


def test_no_new_series_are_within(make, row):
    """20 minutes without any."""
    assert row(GROWTH, metrics(make, np.array([]))).result == "Within"


@pytest.mark.parametrize("late", [1, 2, 3])
def test_late_comers_are_no_growth(make, row, late):
    """A rare status code appears now and then."""
    assert row(GROWTH, metrics(make, make.random.uniform(120, 1200, late))).result != "Breached"


def test_a_release_that_brings_a_hundred_series_at_once_is_no_growth(make, row):
    """One step, late in the window."""
    assert row(GROWTH, metrics(make, np.full(100, 900.0))).result != "Breached"


def test_growth_that_sets_in_is_called_after_three_scrapes(make, row):
    """Quiet for ten minutes, then 300 a minute; also in a run that may stop early."""
    arrivals = 600 + np.arange(225) / 5
    found = metrics(make, arrivals, minutes=10.25)
    assert row(GROWTH, found).result == "Breached"
    assert row(GROWTH, found | {"stopping": "sequential"}).result == "Breached"


def test_45_seconds_at_one_scrape_a_second_tell_an_id_in_a_label(make, row):
    """50 requests a second, each with a label value of its own, against none."""
    leaking = metrics(make, np.arange(5000) / 50, minutes=0.75, step=1.0)
    healthy = metrics(make, np.array([]), minutes=0.75, step=1.0)
    assert [row(GROWTH, leaking).result, row(GROWTH, healthy).result] == ["Breached", "Within"]


def test_the_growing_label_is_named(make, row):
    """The one with the most new values, not the largest."""
    arrivals = np.cumsum(make.random.exponential(2.0, 900))
    times, values = series(make, arrivals)
    by_label = [
        {"metric": "http_requests_total", "label": "status", "points": make.points(times, values * 0 + 4000)},
        {"metric": "http_requests_total", "label": "user\x1b[2J", "points": make.points(times, values)},
    ]
    found = row(GROWTH, metrics(make, arrivals, byLabel=by_label))
    assert "label user?[2J of http_requests_total grew by" in found.message


def test_the_level_is_the_most_that_was_seen(make, row):
    """Also when series went away again."""
    times = make.times()
    values = np.full(len(times), 90.0)
    values[40] = 120
    signal = {"unit": "series", "points": make.points(times, values)}
    found = row({"cardinality": {"max_unique_labels": 100}}, make.metrics(cardinality=signal))
    assert (found.result, found.observed, found.reason) == (Result.BREACHED, 120, Reason.SETPOINT_BREACHED)


def test_three_scrapes_of_a_clear_case_name_the_metric_and_the_label(make, row):
    """20 new users a scrape, three scrapes into a run: nothing is decided yet, but what grows is said."""
    users = [[float(time), 20.0 * n] for n, time in enumerate(make.times(0.5))]
    label = {"metric": "http_requests_total", "label": "user", "points": users}
    other = {"metric": "http_requests_total", "label": "code", "points": [[time, 3.0] for time, _ in users]}
    signal = {"unit": "series", "points": [[time, 200 + count] for time, count in users], "byLabel": [other, label]}
    seen = make.metrics(load=make.load(0.5) | {"plannedSeconds": 1260}, cardinality=signal)
    found = row(GROWTH, seen | {"stopping": "sequential"})
    assert (found.result, found.samples) == ("Inconclusive", 3)
    assert "label user of http_requests_total grew by 40 values" in found.message
