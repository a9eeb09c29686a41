"""Latency by the count of requests over the limit, whatever form the requests come in."""

import numpy as np
import pytest

from setpoint.api.reasons import Reason, Result

P99 = {"latency": {"p99_max_ms": 100}}


def buckets(*counts: tuple[float, int], total: int) -> dict:
    return {"unit": "seconds", "count": total, "buckets": [list(pair) for pair in counts] + [["+Inf", total]]}


@pytest.mark.parametrize(
    ("over", "result"), [(0, "Within"), (60, "Within"), (95, "Inconclusive"), (105, "Inconclusive"), (140, "Breached")]
)
def test_what_counts_is_how_many_took_longer(make, row, over, result):
    """Of 10,000 requests, 100 of which may."""
    found = row(P99, make.metrics(latency=buckets((0.1, 10000 - over), total=10000)))
    assert found.result == result


@pytest.mark.parametrize("over", [0, 60, 95, 140])
def test_samples_and_buckets_with_an_edge_at_the_limit_say_the_same(make, row, over):
    """The edge makes the count exact."""
    samples = [0.05] * (10000 - over) + [0.15] * over
    make.random.shuffle(samples)
    by_samples = row(P99, make.metrics(latency={"unit": "seconds", "samples": samples}))
    by_buckets = row(P99, make.metrics(latency=buckets((0.1, 10000 - over), total=10000)))
    assert by_samples.result == by_buckets.result


def test_a_limit_inside_a_bucket_is_not_guessed(make, row):
    """5 % lie between 50 and 250 ms: that is all that is known about 100 ms."""
    found = row(P99, make.metrics(latency=buckets((0.05, 9500), (0.25, 9990), total=10000)))
    assert (found.result, found.reason) == (Result.INCONCLUSIVE, Reason.NOT_DECIDED)
    assert "bucket edge at the limit" in found.message


@pytest.mark.parametrize(
    ("counts", "result"), [(((0.05, 9990), (0.25, 9995)), "Within"), (((0.05, 500), (0.25, 9000)), "Breached")]
)
def test_a_limit_inside_a_bucket_is_decided_when_the_whole_bucket_lies_on_one_side(make, row, counts, result):
    """Even if all of the bucket were over, or under, the limit."""
    assert row(P99, make.metrics(latency=buckets(*counts, total=10000))).result == result


@pytest.mark.parametrize(
    ("quantiles", "result"),
    [
        ({"0.95": 0.2, "0.99": 0.3}, "Breached"),
        ({"0.99": 0.05, "0.999": 0.09}, "Within"),
        ({"0.99": 0.11}, "Inconclusive"),
    ],
)
def test_quantiles_with_a_count_decide_only_what_they_bracket(make, row, quantiles, result):
    """A p99 near the limit says that about 1 % are over it, which decides nothing."""
    found = row(P99, make.metrics(latency={"unit": "seconds", "count": 60000, "quantiles": quantiles}))
    assert found.result == result


def test_a_quantile_that_was_measured_elsewhere_is_what_is_said_to_be_observed(make, row):
    """Not the middle of its neighbours; and a file without buckets is not told of a bucket."""
    found = row(
        P99, make.metrics(latency={"unit": "seconds", "count": 60000, "quantiles": {"0.5": 0.01, "0.99": 0.09}})
    )
    assert (found.result, found.observed) == ("Inconclusive", pytest.approx(90))
    assert "p99 was 90 ms" in found.message
    assert "bucket" not in found.message.replace("samples, buckets or other quantiles", "")


def test_the_interval_is_of_the_quantile_in_ms(make, row):
    """Milliseconds in, milliseconds out, around the true 99th percentile."""
    samples = make.random.exponential(20.0, 20000)
    found = row(P99, make.metrics(latency={"unit": "ms", "samples": samples.tolist()}))
    assert found.unit == "ms" and found.interval[0] < 20 * np.log(100) < found.interval[1]
    assert "% of 20000 requests took longer" in found.message


@pytest.mark.parametrize("count", [20, 150, 400])
def test_too_few_requests_pass_nothing(make, row, count):
    """458 requests without one over the limit are the fewest that show a p99 at 1 %."""
    found = row(P99, make.metrics(latency={"unit": "seconds", "samples": [0.01] * count}))
    assert (found.result, found.reason) == (Result.INCONCLUSIVE, Reason.TOO_FEW_SAMPLES)
    assert "are needed" in found.message


def test_requests_that_are_slow_together_count_for_less(make, row):
    """Five slow spells of 34 requests are five events, not 170: too few to call what 170 alone would be."""
    apart = np.full(10000, 0.01)
    apart[np.arange(0, 10000, 59)[:170]] = 0.2
    together = np.full(10000, 0.01)
    for start in (500, 2500, 4500, 6500, 8500):
        together[start : start + 34] = 0.2
    verdicts = [
        row(P99, make.metrics(latency={"unit": "seconds", "samples": list(x)})).result for x in (apart, together)
    ]
    assert verdicts == ["Breached", "Inconclusive"]


@pytest.mark.parametrize(
    ("latency", "reason"),
    [
        ({"unit": "seconds"}, Reason.NO_DATA),
        ({"unit": "seconds", "count": 0, "buckets": [[0.1, 0], ["+Inf", 0]]}, Reason.NO_DATA),
        ({"unit": "seconds", "samples": [0.1] * 999 + ["NaN"]}, Reason.NON_FINITE),
        ({"unit": "seconds", "samples": [0.1] * 999 + [-0.1]}, Reason.NON_FINITE),
        ({"unit": "seconds", "count": 1000, "buckets": [[0.1, 900], [0.2, 500], ["+Inf", 1000]]}, Reason.UNORDERED),
        ({"unit": "seconds", "count": 1000, "buckets": [[0.1, 900], ["+Inf", 950]]}, Reason.SOURCES_DISAGREE),
        ({"unit": "seconds", "buckets": [[0.1, 900], [0.2, 950]]}, Reason.PARTIAL_DATA),
        ({"unit": "seconds", "count": 1000, "quantiles": {"0.99": None}}, Reason.NON_FINITE),
        ({"unit": "seconds", "count": 1000, "quantiles": {"0.9": 0.2, "0.99": 0.1}}, Reason.UNORDERED),
        ({"unit": "fortnights", "samples": [0.1] * 1000}, Reason.NO_DATA),
    ],
)
def test_latencies_that_cannot_be_are_unfit(make, row, latency, reason):
    """Each with its reason."""
    found = row(P99, make.metrics(latency=latency))
    assert (found.result, found.reason) == (Result.INCONCLUSIVE, reason)


def native(times, schema: int = 3, failed: int = 0) -> list:
    """The filled buckets that a native histogram of `schema` has after `times` (seconds)."""
    base = 2.0 ** (2.0**-schema)
    places, counts = np.unique(np.ceil(np.log(times) / np.log(base) - 1e-9), return_counts=True)
    buckets = [[base ** (i - 1), base**i, int(n)] for i, n in zip(places, counts, strict=True)]
    return buckets + ([["+Inf", "+Inf", failed]] if failed else [])


@pytest.mark.parametrize("schema", [-1, 0, 3, 5])
@pytest.mark.parametrize(("limit", "result"), [(60, "Breached"), (150, "Within")])
def test_native_histograms_say_what_the_samples_say(make, row, schema, limit, result):
    """A p99 of 92 ms; wide buckets may leave it open, and none says the opposite."""
    times = make.random.exponential(0.02, 20000)
    latency = {"unit": "seconds", "count": 20000, "native": native(times, schema)}
    found = row({"latency": {"p99_max_ms": limit}}, make.metrics(latency=latency))
    assert found.result == result if schema >= 3 else found.result in (result, Result.INCONCLUSIVE)
    assert found.interval[0] < 20 * np.log(100) < found.interval[1]


def test_a_native_histogram_is_exact_at_the_edges_of_its_buckets(make, row):
    """140 of 10,000 lie over 1/8 s, which is an edge at every schema; next to it they may or may not."""
    times = np.concatenate((np.full(9860, 0.12), np.full(140, 0.13)))
    latency = {"unit": "seconds", "native": native(times)}
    at_edge, inside = (row({"latency": {"p99_max_ms": limit}}, make.metrics(latency=latency)) for limit in (125, 130))
    assert at_edge.result == "Breached" and "1.4 % of 10000 requests" in at_edge.message
    assert inside.reason is Reason.NOT_DECIDED and "0 to 1.4 %" in inside.message
    assert "bucket edge at the limit" in inside.message


def test_failed_requests_in_a_native_histogram_are_over_every_limit(make, row):
    """Their bucket has no end and no beginning."""
    latency = {"unit": "seconds", "native": native(np.full(9800, 0.01), failed=200)}
    assert row({"latency": {"p99_max_ms": 5000}}, make.metrics(latency=latency)).result == "Breached"


def test_classic_and_native_buckets_of_the_same_requests_are_taken_together(make, row):
    """The classic edge at the limit is exact where the native bucket straddles it."""
    both = {"native": native(np.full(10000, 0.098)), "buckets": [[0.1, 10000], ["+Inf", 10000]], "unit": "seconds"}
    assert row(P99, make.metrics(latency={**both, "buckets": None})).reason is Reason.NOT_DECIDED
    assert row(P99, make.metrics(latency=both)).result == "Within"
    other = {**both, "buckets": [[0.1, 9000], ["+Inf", 9000]]}
    assert row(P99, make.metrics(latency=other)).reason is Reason.SOURCES_DISAGREE


def test_counts_over_a_window_need_not_be_whole(make, row):
    """Prometheus scales what a counter gained to the whole window."""
    scaled = [[low, high, n * 1.0123] for low, high, n in native(np.full(10000, 0.01))]
    found = row(P99, make.metrics(latency={"unit": "seconds", "count": 10123.0, "native": scaled}))
    assert (found.result, found.samples) == (Result.WITHIN, 10123)


@pytest.mark.parametrize(
    ("buckets", "count", "reason"),
    [
        ([[0.1, 0.2, 0]], 0, Reason.NO_DATA),
        ([], 1000, Reason.NO_DATA),
        ([[0.1, 0.2, -5], [0.2, 0.4, 1000]], None, Reason.NON_FINITE),
        ([[0.1, 0.2, "NaN"]], None, Reason.NON_FINITE),
        ([[None, 0.2, 1000]], None, Reason.NON_FINITE),
        ([[0.1, 0.2, 1e300]], None, Reason.NON_FINITE),
        ([[-0.2, -0.1, 50], [0.1, 0.2, 1000]], None, Reason.NON_FINITE),
        ([[0.2, 0.1, 1000]], None, Reason.UNORDERED),
        ([[0.2, 0.4, 1000], [0.1, 0.2, 1000]], None, Reason.UNORDERED),
        ([[0.1, 0.3, 1000], [0.2, 0.4, 1000]], None, Reason.UNORDERED),
        ([[0.1, 0.2, 1000]], 2000, Reason.SOURCES_DISAGREE),
        ([[0.1, 1000]], None, Reason.NO_DATA),
    ],
)
def test_native_histograms_that_cannot_be_are_unfit(make, row, buckets, count, reason):
    """Each with its reason."""
    found = row(P99, make.metrics(latency={"unit": "seconds", "count": count, "native": buckets}))
    assert (found.result, found.reason) == (Result.INCONCLUSIVE, reason)
