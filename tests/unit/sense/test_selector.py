"""Selectors as users write them."""

import pytest

from setpoint.api.errors import InputError
from setpoint.sense.selector import parse_selector


@pytest.mark.parametrize(
    ("text", "labels", "holds"),
    [
        ("up", {"job": "a"}, True),
        (" up ", {}, True),
        ("up{}", {}, True),
        ('up{job="a"}', {"job": "a"}, True),
        ('up{job="a"}', {"job": "b"}, False),
        ('up{job="a"}', {}, False),
        ('up{job=""}', {}, True),
        ('up{job!="a"}', {"job": "b"}, True),
        ('up{job=~"a|b",zone="x",}', {"job": "b", "zone": "x"}, True),
        ('up{job=~"a"}', {"job": "ab"}, False),
        ('up{ job !~ "a.*" }', {"job": "ab"}, False),
        (r'up{job="say \"hi\" \\ {x}, y"}', {"job": 'say "hi" \\ {x}, y'}, True),
    ],
)
def test_matchers_compare_as_in_promql(text, labels, holds):
    """Regular expressions are for the whole value, absent labels are empty."""
    assert parse_selector(text, "here").holds(labels) is holds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sum(up)",
        "rate(up[5m])",
        "up[5m]",
        "up offset 5m",
        "up > 1",
        "a / b",
        'a{b="c"} or d{e="f"}',
        '{job="a"}',
        'up{job="a" zone="b"}',
        "up{job=a}",
        'up{job="a}',
        r'up{job="\x"}',
        'up{"job"="a"}',
        "up{,}",
    ],
)
def test_what_is_more_than_a_selector_needs_prometheus(text):
    """One clear error that says so and what can be written here."""
    with pytest.raises(InputError, match=r"^telemetry\.queries\.heap: .*PromQL needs Prometheus"):
        parse_selector(text, "telemetry.queries.heap")


def test_a_broken_regular_expression_is_told_apart():
    """It would be broken in Prometheus too."""
    with pytest.raises(InputError, match="broken regular expression"):
        parse_selector('up{job=~"("}', "here")
