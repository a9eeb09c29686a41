"""Signals of a piece of code that is called again and again in this process: for unit and boundary tests.

Repeats take the place of time: `rate` calls a second are assumed, so that growth for each call becomes growth for
each hour at that rate, and the same setpoints hold in a unit test as under load.
"""

import gc
import sys
import time
import tracemalloc
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CoroutineType
from typing import Any

from setpoint.api.errors import InputError
from setpoint.api.metrics import (
    CardinalitySignal,
    ErrorsSignal,
    HeapSignal,
    Instance,
    LatencySignal,
    LoadPart,
    Metrics,
    Points,
    Signal,
    Signals,
    Target,
)

MARKS = 40  # points that a repeat is cut into: enough for a slope, few enough that collections cost little
ROOM = 1024  # points that there is room for
FAILED_SECONDS = 3600.0  # a failed call is over every latency limit
EPOCH = 1_767_225_600.0  # the virtual clock's start; only differences count


@dataclass(frozen=True, slots=True)
class Repeats:
    """What was seen while `call` ran `times` times; memory in bytes, latency in seconds."""

    times: int
    rate: float
    heap: Points
    peak: Points
    series: Points
    latencies: tuple[float, ...]
    failed: int
    failure: str = ""  # the first one, in words


class _Calls:
    """Makes the calls, counts those that fail and keeps how the first one did."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call, self.failed, self.failure = call, 0, ""

    def fails(self) -> bool:
        """Call once. Raises InputError when it gives a coroutine: nothing of it would have run."""
        try:
            result = self.call()
        except Exception as error:
            self.failed += 1
            self.failure = self.failure or f"{type(error).__name__}: {error}"
            return True
        if isinstance(result, CoroutineType):
            result.close()
            raise InputError(
                "the call gives a coroutine, of which nothing runs before it is awaited",
                instead="call loop.run_until_complete(...) or asyncio.run(...) in it",
            )
        return False


def repeat(call: Callable[[], Any], *, times: int, warmup: int, rate: float) -> Repeats:
    """Run `call` `warmup` + `times` times. Latencies are taken without tracing, growth with it, on other repeats."""
    calls = _Calls(call)
    _warm(calls, warmup)
    latencies = tuple(_seconds(calls) for _ in range(times))
    step = max(times // MARKS, 1)
    starts = range(0, times + 1, step)
    with _tracing():
        # Room for what is measured is made first and then only filled: a few floats more for each mark would look like
        # code that keeps a few bytes of each call. It is traced too, so that a heap is never as good as empty.
        heap, peak, series = (array("d", bytes(8 * ROOM)) for _ in range(3))
        _warm(calls, warmup)
        for mark, start in enumerate(starts):
            heap[mark] = _collected()
            series[mark] = _series()
            tracemalloc.reset_peak()
            for _ in range(min(step, times - start)):
                calls.fails()
            peak[mark] = tracemalloc.get_traced_memory()[1]
    moments = [EPOCH + start / rate for start in starts]
    seen = [tuple(zip(moments, values, strict=False)) for values in (heap, peak, series)]
    return Repeats(times, rate, seen[0], seen[1], seen[2], latencies, calls.failed, calls.failure)


def as_metrics(repeats: Repeats, name: str) -> Metrics:
    """The repeats as metrics.json: one instance called `name`, the virtual clock as time."""
    return Metrics(
        schema_version=1,
        load=LoadPart(
            requested_rate=repeats.rate,
            achieved_rate=repeats.rate,
            started_at="2026-01-01T00:00:00Z",
            duration_seconds=repeats.times / repeats.rate,
        ),
        target=Target(instances=(Instance(name=name),)),
        signals=Signals(
            memory=Signal(unit="bytes", instances={name: repeats.peak}),
            heap=HeapSignal(unit="bytes", kind="postGc", instances={name: repeats.heap}),
            latency=LatencySignal(samples=repeats.latencies, count=len(repeats.latencies)),
            cardinality=CardinalitySignal(unit="series", instances={name: repeats.series}),
            errors=ErrorsSignal(failed=repeats.failed, total=2 * repeats.times),
        ),
    )


def _warm(calls: _Calls, times: int) -> None:
    """Calls whose failures are not counted."""
    before = calls.failed
    for _ in range(times):
        calls.fails()
    calls.failed = before


def _seconds(calls: _Calls) -> float:
    start = time.perf_counter()
    failed = calls.fails()
    return FAILED_SECONDS if failed else time.perf_counter() - start


@contextmanager
def _tracing() -> Iterator[None]:
    """Trace allocations, unless somebody does already."""
    ours = not tracemalloc.is_tracing()
    if ours:
        tracemalloc.start()
    try:
        yield
    finally:
        if ours:
            tracemalloc.stop()


def _collected() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _series() -> int:
    """Series in prometheus_client's default registry, when the code under test uses it."""
    client = sys.modules.get("prometheus_client")
    if client is None:
        return 0
    return sum(len(metric.samples) for metric in client.REGISTRY.collect())
