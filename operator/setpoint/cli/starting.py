"""A constraints file to begin with: setpoints with room above what was measured, every line explained. Pure."""

import json
import math
from collections.abc import Iterator

from setpoint.api.duration import format_duration
from setpoint.api.metrics import LatencySignal, Metrics, Signal
from setpoint.api.spec import Http

ROOM = 2.0  # times what was seen in a short look
MEMORY_ROOM = 1.5
LEAST_REQUESTS = 1200  # fewer cannot show that at most 1 % failed or were slow
LONGEST_SECONDS = 6 * 3600
LEAST_LATENCY_MS = 5.0  # below that a busy machine's own noise decides
_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

_HEAD = """\
# Setpoints of this service: what it must hold under load. `setpoint check` judges a measurement against them,
# `setpoint run` measures, judges and, where `repair` allows it, repairs.
"""
_TARGET = """
# How a copy of the service is started, with PORT in its environment, in a fresh checkout. `setpoint run` needs it.
# target:
#   command: [python, app.py]
#   readiness: /healthz
"""
_HEAP = """\
  heap:
    max_retained_growth_slope: 0   # MB per hour: nothing may leak
    smallest_effect_mb_per_hour: 200   # what a minute can tell from noise; 20 minutes can do with 10
"""
_REPAIR = """
# What may be done about a confirmed breach: Observe, Diagnose, Propose or Verify.
repair:
  mode: Observe
  # mode: Verify
  # source: {repository: ., paths: [src/]}   # what a repair may change
  # test: {command: [python, -m, pytest, -q]}   # the project's own tests
"""


def starting_file(http: Http, metrics_path: str | None, seen: Metrics | None) -> str:
    """The file's text. `seen`: a short look at the service; without one the limits are examples."""
    path = f"#   metrics: {json.dumps(metrics_path)}\n" if metrics_path else ""
    return "".join([_HEAD, _TARGET, path, _load(http), "\n", *_constraints(http, seen), _REPAIR])


def _load(http: Http) -> str:
    seconds = min(max(60, math.ceil(LEAST_REQUESTS / http.rate / 30) * 30), LONGEST_SECONDS)
    body = f"    body: {json.dumps(http.body)}\n" if http.body else ""
    return f"""
load:
  http:
    path: {json.dumps(http.path)}
    method: {http.method}
{body}    rate: {http.rate:g}   # requests a second, whatever the answers take
  warmup: 10s
  duration: {format_duration(seconds)}   # after the warm-up; longer runs see slower leaks
"""


def _constraints(http: Http, seen: Metrics | None) -> Iterator[str]:
    yield (
        "# Limits lie well above a short look at the service; tighten them to what you promise.\n"
        if seen
        else ("# The limits are examples; `setpoint init --url URL` proposes them from a running service.\n")
    )
    yield "constraints:\n"
    signals = seen.signals if seen else None
    yield _latency(signals.latency if signals else None)
    yield f"  errors:\n    budget_percent: 1   # of all requests{_errors(seen)}\n"
    least = math.floor(9 * http.rate) / 10 or 0.1
    yield f"  throughput:\n    min_requests_per_second: {least:g}   # of {http.rate:g} that are sent\n"
    yield _memory(highest(signals.memory) if signals else None, seen is None)
    if seen is None or (signals and signals.heap):
        yield _HEAP
    yield _cardinality(highest(signals.cardinality) if signals else None, seen is None)


def _latency(latency: LatencySignal | None) -> str:
    examples = {"p50": 40.0, "p90": 80.0, "p99": 120.0}
    lines = []
    for name, example in examples.items():
        at = quantile_ms(latency, float(name[1:]) / 100) if latency else None
        limit = nice_above(max(at * ROOM, LEAST_LATENCY_MS)) if at is not None else example
        said = f"   # {at:.3g} ms were seen" if at is not None else ""
        lines.append(f"    {name}_max_ms: {limit:g}{said}\n")
    return "  latency:\n" + "".join(lines)


def _errors(seen: Metrics | None) -> str:
    errors = seen.signals.errors if seen else None
    return f"; {errors.failed:.0f} of {errors.total:.0f} failed" if errors and errors.failed and errors.total else ""


def _memory(most: float | None, example: bool) -> str:
    if most is None and not example:
        return "  # memory:   # its metrics page does not tell; `setpoint run` reads it from the process itself\n"
    limit = nice_above(most * MEMORY_ROOM / 1e6) if most else 300.0
    said = f"   # {most / 1e6:.3g} MB were seen" if most else ""
    return f"  memory:\n    max_mb: {limit:g}{said}\n"


def _cardinality(most: float | None, example: bool) -> str:
    if most is None and not example:
        return ""
    limit = nice_above(max(most * ROOM, 100)) if most else 10_000.0
    said = f"   # {most:.0f} series were seen" if most else ""
    return (
        f"  cardinality:\n    max_unique_labels: {limit:g}{said}\n"
        "    growth_rate: bounded   # no label may bring new series for ever\n"
    )


def highest(signal: Signal | None) -> float | None:
    """The highest finite value of any instance."""
    if signal is None:
        return None
    series = [signal.points or (), *(signal.instances or {}).values()]
    return max((y for points in series for _, y in points if math.isfinite(y)), default=None)


def quantile_ms(latency: LatencySignal, quantile: float) -> float | None:
    """The upper edge of the bucket that `quantile` lies in, in milliseconds; None above all edges."""
    buckets = latency.buckets or ()
    total = buckets[-1][1] if buckets else 0
    edges = [edge for edge, count in buckets if total and count >= quantile * total and math.isfinite(edge)]
    return 1000 * edges[0] if edges else None


def nice_above(value: float) -> float:
    """The next number above that people would write."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(float(f"{step * power:.6g}") for step in _STEPS if step * power >= value * (1 - 1e-9))
