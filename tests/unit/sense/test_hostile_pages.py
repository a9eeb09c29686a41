"""Everything that reads pages, on pages that are made to hurt."""

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setpoint.api.reasons import Reason
from setpoint.sense.cardinality import CardinalityReader
from setpoint.sense.chosen import ChosenReader
from setpoint.sense.heap import HeapReader
from setpoint.sense.own import OwnReader
from setpoint.sense.page import LONGEST_LINE, MOST_PARSED, Page
from setpoint.sense.presets import heap_sources
from setpoint.sense.selector import parse_selector

METRICS = [
    "process_resident_memory_bytes",
    "jvm_memory_used_bytes",
    "go_gc_heap_live_bytes",
    "http_requests_total",
    "http_request_duration_seconds_bucket",
    "http_request_duration_seconds_count",
    "queue_depth",
]
LABELS = [
    "",
    "{}",
    '{area="heap"}',
    '{code="200"}',
    '{code="500",le="0.1"}',
    '{le="+Inf"}',
    '{le="x"}',
    '{a="\\"}',
    "{",
]
VALUES = ["1", "-5", "NaN", "+Inf", "1e999", "0x1", "", "1 2", "1 # {} 2", "9" * 400]
LINES = st.tuples(st.sampled_from(METRICS), st.sampled_from(LABELS), st.sampled_from(VALUES))


def readers():
    depth = ChosenReader(parse_selector("queue_depth", "test"))
    return depth, HeapReader(heap_sources("auto")), OwnReader("/metrics"), CardinalityReader()


@settings(max_examples=200)
@given(st.lists(st.lists(LINES, max_size=8), min_size=1, max_size=4))
def test_no_page_makes_a_reader_raise_or_give_a_number_that_is_none(pages):
    """Each reading is a finite point or a miss."""
    depth, heap, own, cardinality = all_readers = readers()
    metrics = frozenset().union(*(reader.metrics for reader in all_readers))
    for second, lines in enumerate(pages):
        body = "".join(f"{name}{labels} {value}\n" for name, labels, value in lines).encode()
        for reader in all_readers:
            reader.read(Page(float(second), body, metrics))
    best = heap.best()
    for series in (depth.series, cardinality.series, own.totals, *([best[1]] if best else [])):
        assert all(math.isfinite(value) for _, value in series.points)
        assert series.points or series.missed or series is own.totals
    own.signals("a", 0.0)
    cardinality.labels()


def test_text_that_is_slow_to_parse_is_bounded():
    """Quotes and backslashes without end, up to just under the bounds, take seconds at most, and no exception."""
    value = '\\"' * (LONGEST_LINE // 2 - 50)
    body = "".join(f'queue_depth{{a="{value}{n}"}} 1\n' for n in range(MOST_PARSED // LONGEST_LINE - 1)).encode()
    depth = readers()[0]
    began = time.process_time()
    depth.read(Page(0.0, body, depth.metrics))
    assert time.process_time() - began < 20
    fault = depth.series.fault("custom.depth")
    assert fault is not None
    assert fault.reason is Reason.QUERY_FAILED
    assert "63 series of queue_depth are selected" in fault.message


@pytest.mark.parametrize("filling", ["x", "}", " ", 'a="', '\\"', "a=", "{"])
def test_a_line_of_megabytes_takes_no_longer_than_many_lines(filling):
    """Counting and looking for labels go through a page once, whatever stands in it."""
    cardinality = CardinalityReader()
    long = f"a{{{filling * (2_000_000 // len(filling))}}} 1\n"
    began = time.process_time()
    for second in range(3):
        few = "".join(f'a{{n="{n}"}} 1\n' for n in range(second))
        cardinality.read(Page(float(second), (few + long).encode()))
    assert time.process_time() - began < 20
    assert [value for _, value in cardinality.series.points] == [1, 2, 3]
