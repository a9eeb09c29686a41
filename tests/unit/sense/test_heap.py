"""The heap of each runtime, from pages as its client libraries write them."""

import pytest

from setpoint.api.errors import InputError
from setpoint.api.reasons import Reason
from setpoint.sense.heap import HeapReader
from setpoint.sense.page import Page
from setpoint.sense.presets import heap_sources

MICROMETER = """jvm_memory_used_bytes{{area="heap",id="G1 Eden Space",}} 2.0E7
jvm_memory_used_bytes{{area="heap",id="G1 Old Gen",}} {old}
jvm_memory_used_bytes{{area="nonheap",id="Metaspace",}} 9.0E7
jvm_gc_live_data_size_bytes {live}
process_cpu_usage 0.1
"""
SIMPLECLIENT = """jvm_memory_bytes_used{{area="heap",}} {old}
jvm_memory_bytes_used{{area="nonheap",}} 5.0E7
jvm_memory_pool_collection_used_bytes{{pool="G1 Eden Space",}} 0.0
jvm_memory_pool_collection_used_bytes{{pool="G1 Old Gen",}} {live}
process_resident_memory_bytes 5.0E8
"""
OTEL_JVM = """jvm_memory_used_bytes{{jvm_memory_type="heap",jvm_memory_pool_name="G1 Old Gen"}} {old}
jvm_memory_used_bytes{{jvm_memory_type="non_heap",jvm_memory_pool_name="Metaspace"}} 1
jvm_memory_used_after_last_gc_bytes{{jvm_memory_type="heap",jvm_memory_pool_name="G1 Old Gen"}} {live}
jvm_memory_used_after_last_gc_bytes{{jvm_memory_type="heap",jvm_memory_pool_name="G1 Eden Space"}} 0
"""
GO = """go_memstats_heap_alloc_bytes {old}
go_memstats_heap_inuse_bytes 9e+07
go_gc_heap_live_bytes {live}
process_resident_memory_bytes 5e+08
"""
NODE = "nodejs_heap_size_total_bytes 9e7\nnodejs_heap_size_used_bytes {old}\nprocess_resident_memory_bytes 5e8\n"
PYTHON = "process_resident_memory_bytes {old}\nprocess_virtual_memory_bytes 5e8\n"


def read(template, values, runtime="auto"):
    """The best of some pages, one a second; `values`: (used now, after the last collection)."""
    reader = HeapReader(heap_sources(runtime))
    for second, (used, live) in enumerate(values):
        reader.read(Page(float(second), template.format(old=used, live=live).encode(), reader.metrics))
    return reader.best()


GROWING = [(4e7 + n, 3e7 + n) for n in range(6)]
STANDING = [(4e7 + n, 3e7) for n in range(6)]


@pytest.mark.parametrize("template", [MICROMETER, SIMPLECLIENT, OTEL_JVM, GO])
def test_the_figure_after_a_collection_is_best(template):
    """Where a runtime exports what a collection left, that is the retained heap."""
    kind, series = read(template, GROWING)
    assert kind == "postGc"
    assert series.points == [(float(n), 3e7 + n) for n in range(6)]


@pytest.mark.parametrize(
    ("template", "level"), [(MICROMETER, 6e7), (SIMPLECLIENT, 4e7), (OTEL_JVM, 4e7), (GO, 4e7), (NODE, 4e7)]
)
def test_a_figure_that_was_not_taken_anew_gives_way_to_the_live_one(template, level):
    """No collection in the window: the old figure would say "no growth" whatever leaks."""
    kind, series = read(template, STANDING)
    assert kind == "live"
    assert series.points == [(float(n), level + n) for n in range(6)]


def test_python_has_its_resident_memory():
    """Nothing better is exported by its client library."""
    kind, series = read(PYTHON, GROWING)
    assert kind == "rss"
    assert series.points[0] == (0.0, 4e7)


def test_a_runtime_that_was_named_is_not_taken_for_another():
    """A Go page has process_resident_memory_bytes too, but no JVM metric."""
    assert read(GO, GROWING, runtime="jvm") is None


def test_only_a_figure_that_was_not_taken_anew_is_too_few_samples():
    """There is nothing to fall back on: it must not read as a flat heap."""
    kind, series = read("jvm_gc_live_data_size_bytes 3e7\n", STANDING)
    assert kind == "postGc"
    assert series.fault("heap").reason is Reason.TOO_FEW_SAMPLES


def test_a_page_without_any_heap_metric_has_none():
    """The caller decides what stands in for it."""
    assert read("up 1\n", GROWING) is None


def test_a_metric_that_disappears_is_missed():
    """A gap is a gap, not a shorter series."""
    reader = HeapReader(heap_sources("auto"))
    for second, page in enumerate([b"nodejs_heap_size_used_bytes 5\n", b"up 1\n", b"up 1\n"]):
        reader.read(Page(float(second), page, reader.metrics))
    _, series = reader.best()
    assert series.fault("heap").reason is Reason.NO_DATA


def test_a_heap_that_is_not_a_number_is_not_finite():
    """NaN never becomes a point."""
    _, series = read(NODE, [("NaN", 0)] * 3)
    assert series.fault("heap").reason is Reason.NON_FINITE


def test_an_unknown_runtime_lists_the_known_ones():
    """A wrong name is an error, not a silent auto."""
    with pytest.raises(InputError, match="known are auto, jvm, go, node, python"):
        heap_sources("ruby")
