"""All that a row may look at, and the rows that there are."""

from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import LatencySignal, Metrics
from setpoint.api.reasons import Reason
from setpoint.judge.finding import Unfit
from setpoint.judge.ranked import Ranked
from setpoint.judge.reading import Reading
from setpoint.judge.responses import ranked_of
from setpoint.judge.tails import Floats
from setpoint.judge.units import scale
from setpoint.judge.window import Window, load_trouble, window_of


@dataclass(frozen=True, slots=True)
class Case:
    """Constraints, metrics and their window.

    `trouble`: why no row can rest on the load. `latency` and `own_latency`: the response times that the load and the
    target saw, read once for all quantiles.
    """

    asked: Constraints
    metrics: Metrics
    window: Window
    trouble: Unfit | None
    latency: Ranked | Unfit
    own_latency: Ranked | Unfit


_NOTHING = Unfit(Reason.NO_DATA, "nothing was measured")


def case_of(asked: Constraints, reading: Reading) -> Case:
    """What `reading` holds for the rows that are asked for."""
    metrics = reading.metrics
    ours, own = (
        (metrics.signals.latency, metrics.own.latency if metrics.own else None) if asked.latency else (None, None)
    )
    latency, own_latency = _responses(ours, reading.samples), _responses(own, None)
    return Case(asked, metrics, window_of(metrics), load_trouble(metrics.load), latency, own_latency)


def _responses(signal: LatencySignal | None, samples: Floats | None) -> Ranked | Unfit:
    if signal is None:
        return _NOTHING
    factor = scale("latency", signal.unit)
    return factor if isinstance(factor, Unfit) else ranked_of(signal, samples, factor)


def limits_of(asked: Constraints) -> Iterator[tuple[str, float, str, float | None]]:
    """(row, limit, unit, stated minutes) of every row, in the order of the contract."""
    if memory := asked.memory:
        limit = memory.max_mb * (1 + memory.tolerance_percent / 100)
        yield "memory", limit, "MB", memory.sustained_load_minutes
    if heap := asked.heap:
        yield "heap.growth", heap.max_retained_growth_slope, "MB/h", heap.observation_window_minutes
    for _, quantile, most in asked.latency.limits() if asked.latency else ():
        yield f"latency.{quantile}", most, "ms", None
    if asked.cardinality and asked.cardinality.max_unique_labels is not None:
        yield "cardinality.level", asked.cardinality.max_unique_labels, "series", None
    if asked.cardinality and asked.cardinality.growth_rate:
        yield "cardinality.growth", 0.0, "series/min", None
    if asked.cpu:
        yield "cpu", asked.cpu.max_saturation_percent, "%", None
    if asked.throughput:
        yield "throughput", asked.throughput.min_requests_per_second, "requests/s", None
    if asked.errors:
        yield "errors", asked.errors.budget_percent, "%", None
    for custom in asked.custom:
        yield f"custom.{custom.name}", float(custom.max if custom.max is not None else custom.min or 0.0), "", None


PER_INSTANCE = ("memory", "heap", "cardinality", "cpu")
_SIGNALS = (*PER_INSTANCE, "latency", "throughput", "errors", "custom")
# The target's own view and the labels explain a row; it does not rest on them.
_BESIDE = ("own", "cardinality.labels")


def concerns(signal: str, row: str) -> bool:
    """Whether a fault that names `signal` is about `row`; one that names nothing we know is about every row."""
    named = signal.strip().lower()
    first, of_row = named.partition(".")[0], row.partition(".")[0]
    if named in _BESIDE or first == "own":
        return False
    if first == "target":
        return of_row in PER_INSTANCE
    if first in _SIGNALS:
        return named in (of_row, row.lower())
    return True
