"""Which label brings new series."""

from setpoint.api.reasons import Reason
from setpoint.sense.cardinality import CardinalityReader
from setpoint.sense.page import Page


def read(pages):
    reader = CardinalityReader()
    for second, lines in enumerate(pages):
        reader.read(Page(float(second), "".join(f"{line}\n" for line in lines).encode()))
    return reader


def requests(paths):
    return [f'http_requests_total{{method="GET",path="/{path}"}} 1' for path in range(paths)]


def histogram(users):
    parts = ('_bucket{{user="{0}",le="1"}} 1', '_bucket{{user="{0}",le="+Inf"}} 1', '_count{{user="{0}"}} 1')
    return [f"took_seconds{part.format(user)}" for user in range(users) for part in (*parts, '_sum{{user="{0}"}} 1')]


def found(reader):
    return [(label.metric, label.label, [value for _, value in label.points]) for label in reader.labels()]


def test_the_metric_and_its_growing_label_are_named_within_three_pages():
    """Five new paths a page."""
    reader = read([requests(5), requests(10), requests(15)])
    assert [value for _, value in reader.series.points] == [5, 10, 15]
    assert found(reader) == [("http_requests_total", "path", [10.0, 15.0])]


def test_a_histogram_is_named_once_and_without_its_edges():
    """Its buckets, count and sum grow together, by one label."""
    assert found(read([histogram(1), histogram(3), histogram(6)])) == [("took_seconds", "user", [3.0, 6.0])]


def test_the_label_with_most_new_values_comes_first():
    """Slower ones follow."""
    pages = [histogram(n) + requests(10 * n) for n in (1, 2, 3)]
    assert [name for name, _, _ in found(read(pages))] == ["http_requests_total", "took_seconds"]


def test_labels_that_stand_still_are_not_named():
    """Same number of values, other values of the samples."""
    assert found(read([requests(5)] * 4)) == []


def test_a_value_with_commas_and_braces_is_one_value():
    """Label values are quoted text."""
    pages = [[rf'a{{x="b=\"c\",d}}{n}"}} 1' for n in range(size)] for size in (1, 2, 3)]
    assert found(read(pages)) == [("a", "x", [2.0, 3.0])]


def test_a_broken_page_is_missed():
    """Its number of series is not known."""
    fault = read([["a{"], ["a{"]]).series.fault("cardinality")
    assert fault is not None
    assert fault.reason is Reason.PARTIAL_DATA
