"""The target's own view of its requests, from the names and units that are in use."""

import math

import pytest

from setpoint.api.reasons import Reason
from setpoint.sense.own import OwnReader
from setpoint.sense.page import Page


def read(pages, ignored_route=None):
    reader = OwnReader(ignored_route)
    for second, lines in enumerate(pages):
        reader.read(Page(float(second), "".join(f"{line}\n" for line in lines).encode(), reader.metrics))
    return reader


def own(pages, since=0.0, ignored_route=None):
    return read(pages, ignored_route).signals("a", since)


def histogram(name, edges, counts, labels=""):
    lines = [f'{name}_bucket{{{labels}le="{edge}"}} {count}' for edge, count in zip(edges, counts, strict=True)]
    return [*lines, f"{name}_count{{{labels}}} {counts[-1]}", f"{name}_sum{{{labels}}} 1"]


@pytest.mark.parametrize(
    ("name", "edges"),
    [
        ("http_server_request_duration_seconds", ("0.1", "0.5", "+Inf")),
        ("http_request_duration_seconds", ("0.1", "0.5", "+Inf")),
        ("http_server_duration_milliseconds", ("100", "500", "+Inf")),
        ("http_request_duration_milliseconds", ("100.0", "500.0", "+Inf")),
    ],
)
def test_buckets_are_in_seconds_whatever_the_unit_in_the_name(name, edges):
    """The suffix decides, never the size of the numbers."""
    latency = own([histogram(name, edges, (5, 6, 7)), histogram(name, edges, (15, 26, 27))]).latency
    assert [edge for edge, _ in latency.buckets] == pytest.approx([0.1, 0.5, math.inf])
    assert [count for _, count in latency.buckets] == [10, 20, 20]
    assert latency.count == 20


def test_a_histogram_without_a_unit_is_not_used():
    """Seconds and milliseconds could be confused by a factor of a thousand."""
    page = histogram("http_request_duration", ("0.1", "+Inf"), (1, 2))
    assert own([page, page]) is None


@pytest.mark.parametrize("label", ["status", "code", "status_code", "http_response_status_code"])
@pytest.mark.parametrize("bad", ["500", "404", "5xx"])
def test_failures_are_told_by_the_status_label(label, bad):
    """As the load generator counts them."""

    def page(good, failed):
        return [f'http_requests_total{{{label}="200"}} {good}', f'http_requests_total{{{label}="{bad}"}} {failed}']

    signals = own([page(10, 1), page(20, 3), page(40, 3)])
    assert (signals.errors.failed, signals.errors.total) == (2, 32)
    assert signals.throughput.instances == {"a": ((1.0, 10.0), (2.0, 20.0))}


def test_failed_requests_are_over_every_limit():
    """A fast error is not a fast answer."""
    name, edges = "http_server_request_duration_seconds", ("0.1", "+Inf")

    def page(good, failed):
        bad = histogram(name, edges, failed, 'http_response_status_code="500",')
        return histogram(name, edges, good, 'http_response_status_code="200",') + bad

    signals = own([page((0, 0), (0, 0)), page((8, 10), (5, 5))])
    assert signals.latency.buckets == ((0.1, 8), (math.inf, 15))
    assert (signals.errors.failed, signals.errors.total) == (5, 15)


def test_without_a_status_errors_and_successes_are_unknown():
    """Unknown is not zero."""
    signals = own([["http_requests_total 5"], ["http_requests_total 9"]])
    assert signals.errors is None
    assert signals.throughput is None


def test_our_own_scrapes_are_left_out():
    """They are not load."""

    def page(orders, scrapes):
        return [f'http_requests_total{{path="/{path}",code="200"}} {n}' for path, n in (("o", orders), ("m", scrapes))]

    assert own([page(1, 1), page(4, 9)], ignored_route="/m").errors.total == 3


def test_the_warm_up_is_not_in_the_window():
    """The first page at or after its end is the start."""
    pages = [[f'http_requests_total{{code="200"}} {count}'] for count in (0, 100, 110, 130)]
    assert own(pages, since=1.0).errors.total == 30


def test_counters_that_were_set_back_tell_nothing():
    """What was counted before the restart is lost."""
    pages = [[f'http_requests_total{{code="200"}} {count}'] for count in (100, 110, 5)]
    assert own(pages) is None


def test_one_page_is_no_window():
    """There is nothing to compare it with."""
    assert own([['http_requests_total{code="200"} 5']]) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("http_requests_total NaN", Reason.NON_FINITE),
        ("http_requests_total{ 5", Reason.PARTIAL_DATA),
        ('http_request_duration_seconds_bucket{le="x"} 5\nhttp_request_duration_seconds_count 5', Reason.PARTIAL_DATA),
    ],
)
def test_what_cannot_be_read_is_a_fault_of_the_own_view(line, reason):
    """And no exception."""
    fault = read([[line]]).totals.fault("own")
    assert fault is not None
    assert fault.reason is reason
