"""Pages as text: counting, picking, and the ways in which lines are broken."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.api.reasons import Reason
from setpoint.sense.page import LONGEST_LINE, Page
from setpoint.sense.series import Missed

TEXT = b"""# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{path="/a",status="200"} 5
http_requests_total{path="/b \\"x\\" {}",status="200"} 7 1767225600000
# just a comment

http_requests_created{path="/a"} 1.7e+09
up 1
"""


def page(text: bytes, *metrics: str) -> Page:
    return Page(1000.0, text, metrics)


def test_series_are_counted_by_metric():
    """Comments and blank lines are none."""
    assert page(TEXT).series == {"http_requests_total": 2, "http_requests_created": 1, "up": 1}


def test_a_series_that_stands_twice_counts_once():
    """It is one series, whatever its values."""
    assert page(b'a{x="1"} 1\na{x="1"} 2\na{x="2"} 1\n').series.total() == 2


def test_an_empty_page_has_no_series():
    """That is an answer, not a fault."""
    assert page(b"").series.total() == 0


@pytest.mark.parametrize("line", [b"Hello, world", b"a{", b'a{x="1"}', b"a", b"9a 1", b"{} 1", b"a b"])
def test_a_page_with_a_broken_line_is_partial(line):
    """What was lost in it cannot be known."""
    with pytest.raises(Missed, match="1 of 5 lines") as missed:
        _ = page(TEXT + line + b"\n").series
    assert missed.value.reason is Reason.PARTIAL_DATA


def test_samples_have_their_labels_and_values():
    """Escapes are undone, names stay as they stand on the page, time stamps do not matter."""
    samples = page(TEXT, "http_requests_total").samples("http_requests_total")
    assert [(s.labels["path"], s.value) for s in samples] == [("/a", 5.0), ('/b "x" {}', 7.0)]


def test_openmetrics_exemplars_do_not_change_the_value():
    """They come after the value, with labels of their own."""
    text = b'h_bucket{le="1.0"} 3 # {trace="a} b"} 0.5 1.7e9\nh_bucket{le="+Inf"} 4\n# EOF\n'
    assert [s.value for s in page(text, "h_bucket").samples("h_bucket")] == [3.0, 4.0]
    assert page(text).series.total() == 2


def test_only_metrics_that_are_asked_for_are_read():
    """A name that only begins alike is another metric."""
    text = b"heap 1\nheap_bytes 2\n"
    assert [s.value for s in page(text, "heap").samples("heap")] == [1.0]
    assert page(text, "hea").samples("hea") == []


def test_a_broken_line_elsewhere_does_not_matter_to_a_metric():
    """Each metric stands for itself."""
    assert page(b"heap 1\nbroken{\n", "heap").samples("heap")[0].value == 1.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"heap one\n", "cannot be read: heap one"),
        (b'heap{a="1" 5\n', "cannot be read"),
        (b"heap\t\n", "cannot be read"),
        (b"heap 1" + b"0" * 400 + b"\n", "cannot be read"),
        (b'heap{a="\xff"} 1\n', "cannot be read"),
        (b"heap 1\nheap 2\n", "stands twice"),
        (b'heap{a="' + b"x" * LONGEST_LINE + b'"} 1\n', "more text than is read"),
        (
            b"".join(b'heap{a="%020d"} 1\n' % number for number in range(40_000)),
            "40000 series are more text than is read",
        ),
    ],
)
def test_a_metric_that_cannot_be_read_is_partial(text, message):
    """Broken, doubled or larger than the bound."""
    with pytest.raises(Missed, match=message) as missed:
        page(text, "heap").samples("heap")
    assert missed.value.reason is Reason.PARTIAL_DATA


def test_a_line_from_outside_is_shown_without_control_characters():
    """A message never carries escape sequences to a terminal."""
    with pytest.raises(Missed) as missed:
        page(b"heap \x1b[2J\x07\n", "heap").samples("heap")
    assert missed.value.message.isprintable()


@given(st.lists(st.text(alphabet=string.printable + "é\x00\x1b", max_size=40), max_size=5))
def test_no_page_makes_it_raise_anything_else(lines):
    """Whatever stands there: an answer, or Missed."""
    body = "".join(f"heap{line}\n" for line in lines).encode()
    assert reason_of(lambda: page(body).series) in (None, Reason.PARTIAL_DATA)
    assert reason_of(lambda: page(body, "heap").samples("heap")) in (None, Reason.PARTIAL_DATA)


@given(st.text(alphabet='{}=",\\ \t#ax1.e+-_', max_size=60))
def test_no_line_of_signs_makes_it_raise_anything_else(rest):
    """The signs of the format itself, in any order."""
    assert reason_of(lambda: page(f"heap{rest}\n".encode(), "heap").samples("heap")) in (None, Reason.PARTIAL_DATA)


def reason_of(read):
    """Why `read` missed; None when it did not. Other exceptions pass."""
    try:
        read()
    except Missed as missed:
        return missed.reason
    return None
