"""The heap of each runtime, from pages as its client libraries write them."""

import pytest

from setpoint.api.errors import InputError
from setpoint.api.reasons import Reason
from setpoint.sense.heap import HeapReader, changes, drops, floors, rises
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
NODE = """nodejs_heap_space_size_used_bytes{{space="new"}} 9e7
nodejs_heap_space_size_used_bytes{{space="old"}} {old}
nodejs_heap_space_size_used_bytes{{space="large_object"}} 1e6
nodejs_heap_size_used_bytes 2e8
process_resident_memory_bytes 5e8
"""
NODE_COUNTING = (
    NODE
    + """nodejs_gc_duration_seconds_count{{kind="minor"}} 70
nodejs_gc_duration_seconds_count{{kind="major"}} {live}
"""
)
ONLY_USED = "nodejs_heap_size_total_bytes 9e7\nnodejs_heap_size_used_bytes {old}\nprocess_resident_memory_bytes 5e8\n"
ONLY_ALLOCATED = "go_memstats_heap_alloc_bytes {old}\n"
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


@pytest.mark.parametrize("template", [MICROMETER, SIMPLECLIENT, OTEL_JVM, GO])
def test_the_live_heap_does_not_stand_in_for_one_that_was_seldom_collected(template):
    """Between collections it grows with every request, whether anything leaks or not."""
    _, series = read(template, STANDING)
    assert series.points == []
    fault = series.fault("heap")
    assert fault.reason is Reason.TOO_FEW_SAMPLES
    assert "0 collections were seen" in fault.message
    assert fault.message.endswith("3 are needed")


def at_seconds(*values):
    """One value a second."""
    return [(float(second), float(value)) for second, value in enumerate(values)]


@pytest.mark.parametrize(
    ("seen", "values", "seconds"),
    [
        ("nothing", (), []),
        ("one reading", (9,), []),
        ("a heap that only fills", (1, 2, 3, 4, 5), []),
        ("two collections", (10, 4, 10, 10, 5, 6), [1, 4]),
        ("many", (9, 3, 9, 3, 9, 3, 9, 3), [1, 3, 5, 7]),
        ("an old generation that young collections only add to", (50, 51, 51, 53, 54, 54), []),
        ("some objects that went away", (100, 96, 100, 95.5, 100), []),
    ],
)
def test_a_used_heap_that_fell_was_collected(seen, values, seconds):
    """By more than a twentieth between two readings."""
    assert drops(at_seconds(*values)) == seconds, seen


@pytest.mark.parametrize(
    ("seen", "counts", "seconds"),
    [
        ("no collection", (7, 7, 7), []),
        ("one a second", (7, 8, 9), [1, 2]),
        ("several between two readings", (0, 3, 3), [1]),
        ("a restart, which sets it back", (7, 8, 0, 0, 1), [1, 4]),
    ],
)
def test_a_counter_of_collections_tells_of_them_when_it_rises(seen, counts, seconds):
    """Not when it falls."""
    assert rises(at_seconds(*counts)) == seconds, seen


def test_a_figure_taken_after_collections_tells_of_them_when_it_changes():
    """In either direction."""
    assert changes(at_seconds(3, 3, 4, 4, 2)) == [2, 4]


def test_a_floor_is_held_until_the_next_one():
    """What was there before the first collection is not known to be anything but garbage."""
    points = at_seconds(9, 4, 6, 8, 5, 7, 6, 8)
    assert floors(points, [1, 4, 6]) == [(1, 4), (2, 4), (3, 4), (4, 5), (5, 5), (6, 6), (7, 6)]


def test_the_last_floor_is_held_no_longer_than_the_longest_wait():
    """A leak that is no longer collected must not look flat: the judge sees that points are missing."""
    points = at_seconds(9, 4, 6, 4, 6, 4, *range(5, 90))
    assert floors(points, [1, 3, 5])[-1] == (7, 4)


@pytest.mark.parametrize("template", [NODE, ONLY_ALLOCATED])
def test_a_used_heap_is_judged_at_its_floors(template):
    """Node's old and large objects; Go's heap where its live one is not exported."""
    kind, series = read(template, [(used, 0) for used in (9e7, 4e7, 9e7, 5e7, 9e7, 6e7, 9e7)])
    beside = 1e6 if template is NODE else 0.0
    assert kind == "postGc"
    assert series.points == [(at, value + beside) for at, value in at_seconds(0, 4e7, 4e7, 5e7, 5e7, 6e7, 6e7)[1:]]


def test_major_collections_are_counted_where_node_counts_them():
    """What they freed may be little: that of a leak is."""
    leaking = [(4e7 + second * 1e5, second // 3) for second in range(12)]
    _, series = read(NODE_COUNTING, leaking)
    assert series.points[0] == (3.0, 4e7 + 3e5 + 1e6)
    assert len({value for _, value in series.points}) == 3
    _, series = read(NODE, leaking)
    assert series.fault("heap").reason is Reason.TOO_FEW_SAMPLES


def test_a_kind_of_collection_that_has_not_happened_yet_has_no_series():
    """Its first one counts."""
    reader = HeapReader(heap_sources("node"))
    for second in range(8):
        page = NODE.format(old=4e7) + f'nodejs_gc_duration_seconds_count{{kind="minor"}} {second}\n'
        page += f'nodejs_gc_duration_seconds_count{{kind="major"}} {second // 2}\n' if second > 1 else ""
        reader.read(Page(float(second), page.encode(), reader.metrics))
    _, series = reader.best()
    assert series.points[0][0] == 2.0


def test_a_used_heap_with_young_objects_in_it_tells_of_no_collection():
    """It falls when only young ones are collected: such floors called a filling cache a leak, and a leak none."""
    _, series = read(ONLY_USED, [(used, 0) for used in (9e7, 4e7, 9e7, 5e7, 9e7, 6e7, 9e7, 7e7)])
    fault = series.fault("heap")
    assert fault.reason is Reason.TOO_FEW_SAMPLES
    assert "nodejs_heap_size_used_bytes does not tell" in fault.message


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
