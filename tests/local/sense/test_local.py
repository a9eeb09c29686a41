"""The local sensor on a real process with a real metrics page."""

import os
import time
from datetime import datetime
from pathlib import Path

import pytest

from setpoint.api.constraints import Constraints
from setpoint.api.errors import InputError
from setpoint.api.ports import Asked
from setpoint.api.reasons import Reason
from setpoint.sense.local import LocalSensor

EVERYTHING = Constraints.model_validate(
    {
        "memory": {"max_mb": 100},
        "heap": {"max_retained_growth_slope": 0},
        "latency": {"p99_max_ms": 100},
        "cardinality": {"growth_rate": "bounded"},
        "cpu": {"max_saturation_percent": 90},
        "custom": [{"name": "queue-depth", "query": 'queue_depth{queue="mail"}', "max": 10}],
    }
)


def values(signal):
    assert signal is not None
    return [value for _, value in signal.instances["checkout"]]


def sample_until(watch, condition, seconds=30.0):
    """Samples until `condition` holds: on a busy machine a page may still be on its way, or rest."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        watch.sample()
        time.sleep(0.02)


def pages(watch):
    """How many pages were read so far."""
    signal = watch.signals().cardinality
    return len(signal.instances["checkout"]) if signal else 0


@pytest.fixture
def watch(copy):
    copy.get("/depth?queue=mail&value=3")
    copy.get("/depth?queue=fax&value=99")
    with LocalSensor(Asked(EVERYTHING, metrics_path="/metrics")).open(copy) as watch:
        yield watch


def test_memory_follows_what_the_process_holds(copy, watch):
    """50 MB more in the process are 50 MB more in the signal."""
    watch.sample()
    copy.get("/hold?megabytes=50")
    watch.sample()
    before, after = values(watch.signals().memory)
    assert 45e6 < after - before < 65e6


def test_cpu_is_the_share_of_one_core(copy, watch):
    """CPU time that was burnt between two samples is in the ratio, per second that passed."""
    watch.sample()
    began = time.monotonic()
    copy.get("/burn?seconds=0.5")
    watch.sample()
    elapsed = time.monotonic() - began
    assert values(watch.signals().cpu)[0] >= 0.5 / elapsed * 0.8


def test_cpu_of_children_that_ended_is_counted(copy, watch):
    """A child's CPU time goes to its parent when it is over, and is not lost."""
    watch.sample()
    began = time.monotonic()
    copy.get("/child")
    watch.sample()
    elapsed = time.monotonic() - began
    assert values(watch.signals().cpu)[0] >= 0.3 / elapsed * 0.8


def test_every_series_of_the_page_is_counted(copy, watch):
    """The level is the number of lines that are series."""
    sample_until(watch, lambda: pages(watch) > 0)
    page = copy.get("/metrics").decode().splitlines()
    series = [line for line in page if line and not line.startswith("#")]
    assert values(watch.signals().cardinality)[0] <= len(series)
    assert values(watch.signals().cardinality)[0] > 20


def test_the_label_that_brings_new_series_is_named(copy, watch):
    """Raw paths in a label are found, and labels that stand still are not accused."""
    for number in range(3):
        copy.get(f"/orders/{number}")
        sample_until(watch, lambda number=number: pages(watch) > number)
    [label] = watch.signals().cardinality.by_label
    assert (label.metric, label.label) == ("http_requests_total", "path")
    assert label.points[-1][1] > label.points[0][1]


def test_the_resident_memory_of_python_is_the_heap_of_last_resort(watch):
    """A Python page has process_resident_memory_bytes: kind rss."""
    sample_until(watch, lambda: pages(watch) > 0)
    heap = watch.signals().heap
    assert heap.kind == "rss"
    assert values(heap)[0] > 5e6


def test_a_custom_selector_picks_one_series(watch):
    """Label matchers tell the queues apart."""
    sample_until(watch, lambda: pages(watch) > 0)
    assert values(watch.signals().custom["queue-depth"]) == [3.0]


def test_the_targets_own_view_is_what_happened_after_the_warm_up(copy, watch):
    """Requests before the window are not in it, our own scrapes are not either, failures are over every limit."""
    copy.get("/warm")
    sample_until(watch, lambda: pages(watch) > 0)
    for _ in range(3):
        copy.get("/orders?took=0.3")
    with pytest.raises(OSError, match="500"):
        copy.get("/broken")
    before = pages(watch)
    sample_until(watch, lambda: pages(watch) > before)
    own = watch.own(since=0.0)
    assert (own.errors.failed, own.errors.total) == (1, 4)
    assert own.latency.buckets == ((0.1, 0), (0.5, 3), (float("inf"), 4))
    assert values(own.throughput)[0] > 0


def test_the_process_is_the_instance_with_its_start_time(copy, watch):
    """The start time is that of the process, not of the watch."""
    watch.sample()
    [instance] = watch.target().instances
    assert instance.name == "checkout"
    assert instance.restarts == 0
    started = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + _start_ticks(copy) / os.sysconf("SC_CLK_TCK")
    assert abs(_unix(instance.started_at) - started) < 1


def test_points_carry_the_time_of_the_reading(watch):
    """Unix seconds between before and after the sample."""
    before = time.time()
    sample_until(watch, lambda: pages(watch) > 0)
    after = time.time()
    signals = watch.signals()
    for signal in (signals.memory, signals.heap, signals.cardinality):
        assert before <= signal.instances["checkout"][0][0] <= after


def test_a_copy_that_ended_is_a_fault_and_no_exception(copy, watch):
    """Signals of a copy that is gone are not judged as if it had been there."""
    watch.sample()
    copy.process.kill()
    copy.process.wait()
    sample_until(watch, lambda: {"memory", "cardinality"} <= {fault.signal for fault in watch.faults()})
    faults = {fault.signal: fault for fault in watch.faults()}
    assert faults["memory"].reason is Reason.TARGET_CHANGED
    assert faults["cardinality"].reason is Reason.QUERY_FAILED
    assert "nothing listens" in faults["cardinality"].message


def test_no_fault_where_all_was_read(watch):
    """A healthy copy gives no fault at all."""
    sample_until(watch, lambda: pages(watch) > 2)
    assert watch.faults() == ()


def test_without_a_metrics_page_memory_stands_in_for_the_heap(copy):
    """The processes can be seen without any endpoint."""
    asked = Asked(Constraints.model_validate({"heap": {"max_retained_growth_slope": 0}}))
    with LocalSensor(asked).open(copy) as watch:
        watch.sample()
        signals = watch.signals()
    assert signals.heap.kind == "rss"
    assert signals.heap.instances == signals.memory.instances


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Asked(Constraints.model_validate({"cardinality": {"growth_rate": "bounded"}})), "target.metrics: cardinality"),
        (Asked(EVERYTHING, queries={"heep": "x"}), "telemetry.queries: 'heep'"),
        (Asked(EVERYTHING, queries={"heap": "sum(x)"}, metrics_path="/metrics"), "PromQL needs Prometheus"),
        (Asked(EVERYTHING, queries={"heap": 'x{a=~"("}'}, metrics_path="/metrics"), "broken regular expression"),
        (Asked(Constraints.model_validate({"heap": {"max_retained_growth_slope": 0}}), runtime="jvm"), "heap is read"),
    ],
)
def test_what_cannot_be_seen_here_is_said_before_anything_starts(asked, message):
    """One clear line, and what to write instead."""
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        LocalSensor(asked)


def _start_ticks(copy) -> int:
    return int(Path(f"/proc/{copy.process.pid}/stat").read_text().rpartition(")")[2].split()[19])


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
