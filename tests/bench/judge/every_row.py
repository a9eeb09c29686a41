"""How long a verdict on every row takes: 20 minutes of points each 15 s, 60,000 requests, read from mappings."""

import statistics
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

START = 1_767_225_600.0
TIMES = START + np.arange(83) * 15.0  # a warm-up of 30 s and 20 minutes
CONSTRAINTS = {
    "memory": {"max_mb": 150, "sustained_load_minutes": 15},
    "heap": {"max_retained_growth_slope": 0, "observation_window_minutes": 20},
    "latency": {"p50_max_ms": 20, "p90_max_ms": 50, "p99_max_ms": 100},
    "cardinality": {"max_unique_labels": 1000, "growth_rate": "bounded"},
    "cpu": {"max_saturation_percent": 80},
    "throughput": {"min_requests_per_second": 45},
    "errors": {"budget_percent": 1.0},
    "custom": [{"name": "queue", "query": "queue", "max": 100}],
}
EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def milliseconds(judge: Any, cases: int = 120) -> list[float]:
    """Of as many verdicts, no two on the same data: what one working set of data was asked before is of no help.

    Of processor time, so that whatever else runs on the machine does not count.
    """
    made = [metrics(seed) for seed in range(cases + 1)]
    judge(CONSTRAINTS, made[-1])  # what depends on the number of points alone is worked out once
    return [_spent(judge, each) for each in made[:-1]]


def _spent(judge: Any, seen: dict[str, Any]) -> float:
    begin = time.process_time()
    verdict = judge(CONSTRAINTS, seen)
    spent = 1000 * (time.process_time() - begin)
    if len(verdict.rows) != 11 or any(row.observed is None for row in verdict.rows):
        raise RuntimeError("a row was not judged")
    return spent


def line(judge: Any) -> str:
    """In one sentence."""
    spent = milliseconds(judge)
    least, middle = min(spent), statistics.median(spent)
    return (
        f"{middle:.2f} ms of processor time for every row of 20 minutes of points each 15 s "
        f"(median of {len(spent)}), {least:.2f} at best"
    )


def metrics(seed: int) -> dict[str, Any]:
    """A healthy service, or (every other one) a leak of 20 MB/h."""
    random = np.random.default_rng(seed)
    heap, times = (
        [_heap(random, slope) for slope in (3.0, 20.0 * (seed % 2))],
        np.sort(random.lognormal(-4, 0.5, 60000)),
    )
    fresh = np.minimum(700, 100 * np.log1p(np.arange(len(TIMES)))).round()
    buckets = [[edge, int(np.searchsorted(times, edge))] for edge in EDGES] + [["+Inf", len(times)]]
    signals = {
        "memory": {"unit": "bytes", "points": _points(heap[0])},
        "heap": {"unit": "bytes", "kind": "postGc", "points": _points(heap[1])},
        "latency": {"unit": "seconds", "count": len(times), "buckets": buckets},
        "cardinality": {"unit": "series", "points": _points(fresh)},
        "cpu": {"unit": "ratio", "points": _points(0.5 + 0.03 * _noise(random, 0.5))},
        "throughput": {"unit": "requests_per_second", "points": _points(49.9 + 0.4 * _noise(random, 0.2))},
        "errors": {"failed": int(random.binomial(len(times), 0.003)), "total": len(times)},
        "custom": {"queue": {"unit": "", "points": _points(abs(5 * _noise(random, 0.5)))}},
    }
    load = {"requestedRate": 50.0, "achievedRate": 49.9, "startedAt": "2026-01-01T00:00:00Z"}
    window = {"warmupSeconds": 30, "durationSeconds": 1230}
    return {"schemaVersion": 1, "load": load | window, "signals": signals}


def _heap(random: np.random.Generator, slope: float) -> NDArray[np.float64]:
    return 1e6 * (100 + slope * (TIMES - START) / 3600 + 0.5 * _noise(random, 0.8))


def _noise(random: np.random.Generator, memory: float) -> NDArray[np.float64]:
    noise = random.standard_normal(len(TIMES))
    for place in range(1, len(noise)):
        noise[place] = memory * noise[place - 1] + noise[place] * (1 - memory**2) ** 0.5
    return noise


def _points(values: NDArray[np.float64]) -> list[list[float]]:
    return [[float(at), float(value)] for at, value in zip(TIMES, values, strict=True)]
