"""What an answer used, read from bytes that are cut anywhere."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.gateway.usage import LONGEST_LINE, StreamUsage, message_usage


def event(kind: str, **data: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()


START = event("message_start", message={"usage": {"input_tokens": 7, "output_tokens": 1, "cache_read_input_tokens": 5}})
WORDS = event("content_block_delta", delta={"type": "text_delta", "text": '"usage": {"output_tokens": 999}'})
END = event("message_delta", delta={}, usage={"output_tokens": 42})
WHOLE = {"input_tokens": 7, "cache_read_input_tokens": 5, "output_tokens": 42}


@given(st.lists(st.integers(0, len(START + WORDS + END)), max_size=20))
def test_a_stream_is_read_however_it_is_cut(places):
    """Words of the answer are no counts."""
    text, seen = START + WORDS + END, StreamUsage()
    ends = [0, *sorted(places), len(text)]
    for start, end in pairwise(ends):
        seen.feed(text[start:end])
    assert (seen.usage, seen.final) == (WHOLE, True)


def test_lines_may_end_as_windows_ends_them():
    """The protocol allows either."""
    seen = StreamUsage()
    seen.feed((START + END).replace(b"\n", b"\r\n"))
    assert (seen.usage, seen.final) == (WHOLE, True)


def test_a_line_without_end_fills_no_memory():
    """And what follows it is read again."""
    seen = StreamUsage()
    seen.feed(START + b"data: ")
    for _ in range(100):
        seen.feed(b"x" * LONGEST_LINE)
        assert len(seen._rest) <= LONGEST_LINE
    seen.feed(b'"usage"\n' + END)
    assert seen.final


@pytest.mark.parametrize(
    "usage",
    [None, [], {}, {"output_tokens": -5}, {"output_tokens": True}, {"output_tokens": "5"}, {"output_tokens": 1.5}],
)
def test_what_is_no_count_says_nothing(usage):
    """So that the call counts with all that it could have cost."""
    seen = StreamUsage()
    seen.feed(START + event("message_delta", usage=usage))
    assert not seen.final
    assert message_usage(json.dumps({"usage": usage}).encode()) is None


@pytest.mark.parametrize("text", [b"data: {\n\n", b"data: []\n", b'data: {"type": "message_start", "usage": 1}\n', END])
def test_a_stream_that_does_not_say_how_it_began_is_not_known(text):
    """Whatever comes."""
    seen = StreamUsage()
    seen.feed(text)
    assert not seen.final


def test_a_message_in_one_piece():
    """With whatever else stands in it."""
    assert message_usage(json.dumps({"usage": {**WHOLE, "service_tier": "standard"}}).encode()) == WHOLE
