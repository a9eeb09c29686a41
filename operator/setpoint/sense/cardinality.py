"""How many series a page has, and which labels bring new ones."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from setpoint.api.metrics import LabelSignal, Point
from setpoint.sense.page import Page
from setpoint.sense.series import Missed, Series

WATCHED_METRICS = 3  # labels are looked at in so many metrics, those that grow fastest
MOST_VALUES = 200_000  # distinct values of one label that are told apart

# Possessive and from the start of a word, so that no line makes it go back and forth.
_LABEL = re.compile(rb'(?<!\w)([a-zA-Z_]\w*+)="((?:[^"\\\n]|\\.)*+)"')
EDGES = frozenset({"le", "quantile"})  # parts of one histogram or summary, not of what it is about


class CardinalityReader:
    """Counts series, and distinct values of the labels of those metrics that grow."""

    metrics: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.series = Series()
        self._first: Counter[str] | None = None
        self._labels: dict[tuple[str, str], list[Point]] = defaultdict(list)

    def read(self, page: Page) -> None:
        """Count the series of one page."""
        try:
            counts = page.series
        except Missed as missed:
            self.series.miss(missed)
            return
        self.series.add(page.at, counts.total())
        if self._first is None:
            self._first = counts
        for metric in growing(self._first, counts):
            for label, values in distinct_values(page.lines(metric)).items():
                self._labels[family(metric, counts), label].append((page.at, float(values)))

    def labels(self) -> tuple[LabelSignal, ...]:
        """The labels whose number of values grew, fastest first."""
        grown = {key: points for key, points in self._labels.items() if points[-1][1] > points[0][1]}
        fastest = sorted(grown, key=lambda key: grown[key][0][1] - grown[key][-1][1])
        return tuple(LabelSignal(metric=key[0], label=key[1], points=tuple(grown[key])) for key in fastest)


def growing(first: Counter[str], now: Counter[str]) -> list[str]:
    """The metrics with most new series since `first`; of a histogram or summary only its count."""
    new = now - first
    grown = [metric for metric, _ in new.most_common() if not _is_part(metric, now)]
    return grown[:WATCHED_METRICS]


def _is_part(metric: str, counts: Counter[str]) -> bool:
    base, _, suffix = metric.rpartition("_")
    if suffix == "created":
        return True
    return (suffix in ("bucket", "sum") and f"{base}_count" in counts) or f"{metric}_count" in counts


def family(metric: str, counts: Counter[str]) -> str:
    """The name under which code knows `metric`: without the ending that a histogram's or summary's count has."""
    base = metric.removesuffix("_count")
    return base if base != metric and f"{base}_sum" in counts else metric


def distinct_values(lines: Iterable[bytes]) -> dict[str, int]:
    """How many distinct values each label has in `lines`."""
    values: dict[bytes, set[int]] = defaultdict(set)
    for line in lines:
        for label, value in _LABEL.findall(line):
            if len(values[label]) < MOST_VALUES:
                values[label].add(hash(value))
    return {label.decode(): len(seen) for label, seen in values.items() if label.decode() not in EDGES}
