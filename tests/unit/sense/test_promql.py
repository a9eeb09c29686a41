"""Queries as text: what is put into them stays what it is."""

import pytest

from setpoint.api.errors import InputError
from setpoint.sense.presets import heap_sources
from setpoint.sense.prometheus import promql

SHOP = promql.target_of({"namespace": "shop", "app": "checkout"})


def test_a_selector_becomes_matchers_in_a_fixed_order():
    """The same target gives the same query."""
    assert promql.selected("up", *SHOP) == 'up{app="checkout",namespace="shop"}'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('a"} or up{job="b', r'"a\"} or up{job=\"b"'),
        ("a\\", r'"a\\"'),
        ("a\nb\r\t", r'"a\nb\r\t"'),
        ("\x00\x1b", r'"\u0000\u001b"'),
        ("größe 🙂", '"größe 🙂"'),
    ],
)
def test_hostile_values_stay_inside_their_quotes(value, written):
    """No value can end its string and become a query."""
    target = promql.target_of({"app": value})
    assert promql.selected("up", *target) == f"up{{app={written}}}"


@pytest.mark.parametrize("label", ["", "1a", "a-b", 'a="x",b', "ä", "a b", "a\n"])
def test_what_is_no_label_name_is_refused(label):
    """It could not be quoted, so it must be one."""
    with pytest.raises(InputError, match="is no label name"):
        promql.target_of({label: "x"})


def test_no_selector_at_all_is_refused():
    """It would take every series that Prometheus has."""
    with pytest.raises(InputError, match="takes all series"):
        promql.target_of({})


def test_a_value_that_is_no_text_is_refused():
    """Half a character cannot be sent."""
    with pytest.raises(InputError, match="is no text"):
        promql.target_of({"app": "\ud800"})


@pytest.mark.parametrize(
    "query",
    [
        promql.memory(SHOP),
        promql.heap(SHOP, heap_sources("auto")),
        promql.cpu(SHOP, 60),
        promql.scraped(SHOP),
        promql.counted(SHOP),
        promql.counted_by_metric(SHOP),
        promql.one_series("a", SHOP),
        promql.distinct_values("a", ["b", "c"], SHOP),
        promql.requests(SHOP, 60, "/metrics"),
        promql.request_rates(SHOP, 60),
        promql.start_times(SHOP),
    ],
)
def test_every_selector_of_every_query_is_of_the_target(query):
    """Nothing of another tenant is ever read."""
    assert query.count('app="checkout",namespace="shop"') == query.count("{")


def test_durations_are_whole_milliseconds():
    """PromQL knows no fractions, and no zero."""
    assert [promql.duration(seconds) for seconds in (60, 0.25, 0.0001)] == ["60000ms", "250ms", "1ms"]
