"""Growth of the heap: what is a leak, what only looks like one, and what cannot be told."""

import numpy as np
import pytest

from setpoint.judge.slope import slope_of

N, STEP = 81, 15.0
TIMES = np.arange(N) * STEP
PLACE = np.arange(N)


def remembering(random: np.random.Generator, memory: float, n: int = N) -> np.ndarray:
    noise = random.standard_normal(n)
    noise[1:] *= np.sqrt(1 - memory**2)
    for i in range(1, n):
        noise[i] += memory * noise[i - 1]
    return noise


def low(values: np.ndarray, tail: float = 0.01, times: np.ndarray = TIMES) -> float:
    return slope_of(times[: len(values)], 100 + values, STEP).bounds(tail)[0]


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8, 0.9, 0.95])
def test_noise_that_remembers_is_no_growth(memory):
    """At 1 %, of 150 windows without growth at most 5 may alarm (4 in 1,000 such tests would fail by chance at 1 %)."""
    random = np.random.default_rng(int(100 * memory))
    assert sum(low(remembering(random, memory)) > 0 for _ in range(150)) <= 5


def test_slow_noise_under_measuring_noise_is_no_growth():
    """The memory is hidden by noise on top, which fools every test that takes the first autocorrelation for all."""
    random = np.random.default_rng(7)
    alarms = sum(low(remembering(random, 0.95) + random.standard_normal(N)) > 0 for _ in range(150))
    assert alarms <= 5


ENDED = {
    "a step": lambda random: 10.0 * (random.integers(10, 70) <= PLACE),
    "two steps": lambda random: sum(6.0 * (random.integers(10, 70) <= PLACE) for _ in range(2)),
    "a fill that flattens": lambda random: 30 * (1 - np.exp(-PLACE / random.uniform(4, 18))),
    "a ramp that stops": lambda random: 30 * np.minimum(PLACE / random.integers(10, 54), 1),
    "teeth of a saw": lambda random: 20 * ((PLACE / random.uniform(5, 40) + random.random()) % 1),
    "one tooth": lambda random: 20 * ((PLACE / 70 + random.uniform(0.2, 0.8)) % 1),
}


@pytest.mark.parametrize("shape", ENDED)
def test_growth_that_ends_is_no_leak(shape):
    """Of 40 windows of each shape under noise at most 2 may alarm."""
    random = np.random.default_rng(11)
    alarms = [low(ENDED[shape](random) + 0.3 * remembering(random, 0.6)) > 0 for _ in range(40)]
    assert sum(alarms) <= 2


GROWING = {
    "evenly": lambda total: total * PLACE / (N - 1),
    "in blocks": lambda total: np.floor(12 * PLACE / (N - 1)) * total / 12,
    "behind a fill": lambda total: total * PLACE / (N - 1) + 10 * (1 - np.exp(-PLACE / 8)),
    "under a saw": lambda total: total * PLACE / (N - 1) + 2 * ((PLACE / 6.3) % 1),
}


@pytest.mark.parametrize("how", GROWING)
def test_a_leak_is_found_however_it_shows(how):
    """20 MB in 20 minutes under noise of 0.3 MB: found in at least 19 of 20 windows, and about as large as it is."""
    random = np.random.default_rng(3)
    found = [slope_of(TIMES, 100 + GROWING[how](20.0) + 0.3 * remembering(random, 0.6), STEP) for _ in range(20)]
    assert sum(growth.bounds(0.01)[0] > 0 for growth in found) >= 19
    assert np.median([growth.estimate for growth in found]) == pytest.approx(60, rel=0.15)


@pytest.mark.parametrize("block", [0.004096, 0.065536, 0.262144])
def test_45_seconds_at_one_scrape_a_second_tell_a_leak_of_800_mb_an_hour(block):
    """Resident memory grows in pages and blocks; a healthy process creeps by some hundred kilobytes."""
    random = np.random.default_rng(5)
    seconds = np.arange(45.0)
    creep = 0.3 * (1 - np.exp(-seconds / 20))
    leak = np.floor(np.cumsum(random.gamma(4, 800 / 3600 / 4, 45)) / block) * block
    leaky = slope_of(seconds, 60 + leak + creep, 1.0)
    healthy = slope_of(seconds, 60 + np.floor(creep / 0.004096) * 0.004096, 1.0)
    assert leaky.bounds(0.001)[0] > 200 and leaky.estimate == pytest.approx(800, rel=0.2)
    assert healthy.bounds(0.001)[1] < 200


def test_the_interval_of_a_leak_holds_it():
    """Two bounds at 1 %: 60 MB/h lies outside of at most 5 of 100 intervals."""
    random = np.random.default_rng(13)
    bounds = [slope_of(TIMES, 100 + TIMES / 60 + remembering(random, 0.8), STEP).bounds(0.01) for _ in range(100)]
    assert sum(not least < 60 < most for least, most in bounds) <= 5


def test_more_than_a_hundred_points_are_averaged_not_ignored():
    """A scrape each second over 20 minutes says what one each 15 seconds says, and a little more."""
    random = np.random.default_rng(17)
    seconds = np.arange(1200.0)
    growth = slope_of(seconds, 100 + seconds / 60 + random.standard_normal(1200), 1.0)
    least, most = growth.bounds(0.01)
    assert 57 < least < 60 < most < 63


@pytest.mark.parametrize(("kind", "result"), [("live", "Breached"), ("rss", "Inconclusive")])
def test_a_live_heap_is_judged_by_what_collections_leave(make, row, kind, result):
    """20 MB/h under a saw of 50 MB with a tooth a minute, scraped each second: its floors tell, the saw does not."""
    times = make.times(step=1.0)
    starts = np.cumsum(make.random.uniform(48, 72, 40))
    age = times - times[0] - np.concatenate(([0], starts))[np.searchsorted(starts, times - times[0])]
    values = 100 + 20 * (times - times[0]) / 3600 + 50 * age / 72
    heap = {"unit": "MB", "kind": kind, "points": make.points(times, values)}
    found = row({"heap": {"max_retained_growth_slope": 0}}, make.metrics(heap=heap))
    assert found.result == result


def test_a_constant_series_does_not_grow():
    """No noise at all is no reason to divide by zero."""
    growth = slope_of(TIMES, np.full(N, 250.0), STEP)
    assert growth.bounds(0.01) == pytest.approx((0, 0), abs=0.1)
