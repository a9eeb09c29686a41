"""k6's CSV, row by row, into exact counts: cumulative, of constant size, no sample is kept.

The load begins when k6's scenario starts, up to seconds after its process. Our own scripts say when that was, by the
metric BEGAN. For other scripts it is the start of the first iteration (the smallest end minus duration seen), which
may be some milliseconds late. Its request is no better: a duration leaves out the wait for a connection. Requests of
setup() and teardown() carry no scenario and are left out.
"""

import csv
import math
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import IO

from setpoint.api.errors import LoadFailed

NEEDED = ("metric_name", "timestamp", "metric_value", "check", "error_code", "expected_response", "scenario", "status")
FINEST, COARSEST, RATIO = 0.0001, 120.0, 1.08  # seconds; neighbouring edges lie 8 % apart
BEGAN = "setpoint_began"
MOST_CHECKS = 200
OTHERS = "(others)"


def bucket_edges(limits: Iterable[float]) -> list[float]:
    """Ascending upper edges in seconds: a fine grid with every limit among them."""
    steps = math.ceil(math.log(COARSEST / FINEST) / math.log(RATIO))
    grid = (float(f"{FINEST * RATIO**step:.4g}") for step in range(steps + 1))
    return sorted({*limits, *grid})


class Fold:
    """Counts so far. Times are Unix seconds; `counts[i]` is of latencies up to `edges[i]`, the last of all above.

    `add` takes the rows of `k6 run --out csv` with K6_CSV_TIME_FORMAT=unix_micro, the header first. Only requests
    that start in [first + warmup, first + seconds) are counted.
    """

    def __init__(self, limits: Iterable[float], *, warmup: float, seconds: float) -> None:
        self.limits = frozenset(limits)
        self.edges = bucket_edges(self.limits)
        self.counts = [0] * (len(self.edges) + 1)
        self.warmup, self.seconds = warmup, seconds
        self.first, self.last = math.inf, -math.inf  # the load's begin; end of its last request
        self.beat = -math.inf  # k6's last sign of life, at least one a second
        self.started, self.started_by = 0, -math.inf  # iterations begun by that moment
        self.iterations = self.dropped = 0
        self.failed = self.answered = self.bytes = 0
        self.statuses: Counter[str] = Counter()
        self.checks: dict[str, list[int]] = {}
        self.anchor: float | None = None  # where the seconds of `successes` begin
        self.successes: Counter[int] = Counter()
        self.malformed = 0
        self._columns: dict[str, int] = {}
        self._folders: dict[str, Callable[[Sequence[str], float, float], None]] = {
            "http_req_duration": self._request,
            "iteration_duration": self._iteration,
            "dropped_iterations": self._dropped,
            "checks": self._check,
            "data_received": self._received,
            "vus": self._busy,
            BEGAN: self._began,
        }

    def add(self, row: Sequence[str]) -> None:
        """Fold one row. Raises LoadFailed when the header lacks a column that is needed."""
        if not self._columns:
            self._header(row)
        elif len(row) != self._width:
            self.malformed += 1
        elif folder := self._folders.get(row[self._name]):
            try:
                at, value = int(row[self._time]) / 1e6, float(row[self._value])
            except ValueError:
                at = value = math.nan
            if math.isfinite(at) and math.isfinite(value):
                folder(row, at, value)
            else:
                self.malformed += 1

    def _header(self, row: Sequence[str]) -> None:
        if missing := [name for name in NEEDED if name not in row]:
            raise LoadFailed(f"k6 writes its CSV without the column {missing[0]}; use k6 1.0 or newer")
        self._columns = {name: index for index, name in enumerate(row)}
        self._width = len(row)
        self._name, self._time, self._value, *rest = (self._columns[name] for name in NEEDED)
        self._check_name, self._error, self._expected, self._scenario, self._status = rest

    def _request(self, row: Sequence[str], end: float, milliseconds: float) -> None:
        if not row[self._scenario]:
            return
        start = end - milliseconds / 1000
        # An iteration of many requests ends long after its first one.
        self.first, self.last = min(self.first, start), max(self.last, end)
        after_warmup = self.first + self.warmup
        # As bytes are counted: by when they came. k6 tells them at an iteration's end, on a busy host after the window.
        self.answered += end >= after_warmup
        if after_warmup <= start < self.first + self.seconds:
            self._count(row, end, milliseconds / 1000)

    def _count(self, row: Sequence[str], end: float, latency: float) -> None:
        self.statuses[row[self._status]] += 1
        # With a response callback of the script's own k6 may leave open what was expected.
        expected = row[self._expected]
        if expected == "false" or (not expected and row[self._error]):
            self.failed += 1
            self.counts[-1] += 1  # slower than every limit, whatever its duration
            return
        self.counts[bisect_left(self.edges, latency)] += 1
        if self.anchor is None:
            self.anchor = self.first + self.warmup
        self.successes[int(end - self.anchor)] += 1

    def _iteration(self, _row: Sequence[str], at: float, milliseconds: float) -> None:
        self.iterations += 1
        self.first, self.last = min(self.first, at - milliseconds / 1000), max(self.last, at)

    def _dropped(self, _row: Sequence[str], at: float, value: float) -> None:
        if at < self.first + self.seconds:
            self.dropped += int(value)

    def _check(self, row: Sequence[str], at: float, value: float) -> None:
        if row[self._scenario] and at >= self.first + self.warmup:
            name = row[self._check_name]
            if name not in self.checks and len(self.checks) >= MOST_CHECKS:
                name = OTHERS
            self.checks.setdefault(name, [0, 0])[0 if value else 1] += 1

    def _received(self, row: Sequence[str], at: float, value: float) -> None:
        if row[self._scenario] and at >= self.first + self.warmup:
            self.bytes += int(value)

    def _began(self, _row: Sequence[str], _at: float, milliseconds: float) -> None:
        self.first = min(self.first, milliseconds / 1000)

    def _busy(self, _row: Sequence[str], at: float, users: float) -> None:
        """Once a second k6 says how many iterations are under way: with those that ended, all that were started."""
        self.beat = max(self.beat, at)
        if users and self.first == math.inf:
            self.first = at  # until the first iteration ends, which then says when it began
        if at <= self.first + self.seconds:
            self.started, self.started_by = max(self.started, self.iterations + int(users)), at


def fold_rows(stream: IO[str], fold: Fold, folding: threading.Lock) -> None:
    """Fold the CSV in `stream` until it ends; `folding` is held for each row.

    The csv module reads all rows, also those that are not needed: names of checks and tags are free text, and may
    hold quotes and line breaks.
    """
    rows = csv.reader(stream)
    while True:
        try:
            for row in rows:
                with folding:
                    fold.add(row)
            return
        except csv.Error:  # of this row only: the reader goes on with the next
            fold.malformed += 1
