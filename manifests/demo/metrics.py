"""The service's metrics, in the text format that Prometheus reads."""

from __future__ import annotations

import os
import threading
from collections import Counter
from pathlib import Path

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Requests:
    """Requests by method, route and status, and how long they took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, int]] = Counter()
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def record(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        slot = sum(seconds > edge for edge in BUCKETS)
        with self._lock:
            self._counts[method, route, status] += 1
            self._buckets[slot] += 1
            self._seconds += seconds

    def lines(self) -> list[str]:
        """The counter and the histogram."""
        with self._lock:
            counts, buckets, seconds = dict(self._counts), list(self._buckets), self._seconds
        return _counter_lines(counts) + _histogram_lines(buckets, seconds)


def _counter_lines(counts: dict[tuple[str, str, int], int]) -> list[str]:
    lines = ["# HELP http_requests_total Requests answered.", "# TYPE http_requests_total counter"]
    for (method, route, status), count in sorted(counts.items()):
        lines.append(f'http_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}')
    return lines


def _histogram_lines(buckets: list[int], seconds: float) -> list[str]:
    name = "http_request_duration_seconds"
    lines = [f"# HELP {name} Time to answer a request.", f"# TYPE {name} histogram"]
    below = 0
    for edge, count in zip([*map(str, BUCKETS), "+Inf"], buckets):
        below += count
        lines.append(f'{name}_bucket{{le="{edge}"}} {below}')
    return [*lines, f"{name}_sum {seconds:.6f}", f"{name}_count {below}"]


def single(name: str, kind: str, text: str, value: float) -> list[str]:
    """One metric without labels."""
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value}"]


def resident_bytes() -> int:
    """Resident memory of this process, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
