"""The retained heap, from what the target's runtime exports.

A heap that is still full of garbage grows until it is collected, whether anything leaks or not. So what the runtime
uses is looked at only where a collection has just ended; where too few were seen, there is nothing to be judged.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from setpoint.api.metrics import Point
from setpoint.api.reasons import Reason
from setpoint.sense.page import Page
from setpoint.sense.presets import HeapSource, Kind, Told
from setpoint.sense.series import Missed, Series

FEWEST_COLLECTIONS = 3
DROP = 0.05  # of the used heap between two readings: a collection, not some object that went away


def changes(points: Sequence[Point]) -> list[float]:
    """When a figure that each collection takes anew was another one than before."""
    return [after[0] for before, after in pairwise(points) if after[1] != before[1]]


def drops(points: Sequence[Point]) -> list[float]:
    """When the used heap had fallen."""
    return [after[0] for before, after in pairwise(points) if after[1] < (1 - DROP) * before[1]]


def rises(counts: Sequence[Point]) -> list[float]:
    """When a counter of collections had risen. One that a restart set back has not."""
    return [after[0] for before, after in pairwise(counts) if after[1] > before[1]]


def floors(points: Sequence[Point], collected: Sequence[float]) -> list[Point]:
    """The used heap right after each collection, held until the next one.

    `collected`: when (Unix seconds, at least two). What the last one left is held as long as the longest wait for one:
    a heap that is no longer collected does not stand still, it is not known.
    """
    known = collected[-1] + max(after - before for before, after in pairwise(collected))
    fresh, held = set(collected), None
    found = []
    for at, value in points:
        held = value if at in fresh else held
        if held is not None and at <= known:
            found.append((at, held))
    return found


def measured_again(points: Sequence[Point]) -> bool:
    """Whether a figure that is taken after collections changed often enough to tell of growth.

    One that stands still says that nothing was collected, not that nothing grew.
    """
    return len(changes(points)) >= FEWEST_COLLECTIONS


def judged(source: HeapSource, series: Series, counts: Sequence[Point] = ()) -> Series:
    """`series` of `source` as it may be judged: none of it where too few collections were seen.

    `counts`: of the source's counter of collections, where that is exported. No other source stands in for one that
    was seldom collected: the same heap with its garbage would seem to grow.
    """
    if source.told is None or series.fault("heap"):
        return series
    collected = rises(counts) if counts else _TELLING[source.told](series.points)
    if len(collected) < FEWEST_COLLECTIONS:
        return Series(missed=len(series.points), last=_too_few(source, len(collected), series.points))
    kept = series.points if source.told == "changes" else floors(series.points, collected)
    return Series(kept, series.missed, series.last)


_TELLING: Mapping[Told, Callable[[Sequence[Point]], list[float]]] = {
    "changes": changes,
    "drops": drops,
    "hidden": lambda _: [],
}


def _too_few(source: HeapSource, seen: int, points: Sequence[Point]) -> Missed:
    metric, seconds = source.selector.metric, points[-1][0] - points[0][0]
    if source.told == "hidden":
        why = f"{metric} does not tell when old objects were collected; export the heap after collections or by space"
    else:
        why = f"{seen} collections were seen by {metric} in {seconds:.0f} s; {FEWEST_COLLECTIONS} are needed"
    return Missed(Reason.TOO_FEW_SAMPLES, why)


class HeapReader:
    """Collects every source that the pages have; which of them is the heap is decided when it is asked for."""

    def __init__(self, sources: Sequence[HeapSource]) -> None:
        self._series = {source: Series() for source in sources}
        self._counts: dict[HeapSource, list[Point]] = {source: [] for source in sources}
        selectors = (one for source in sources for one in (source.selector, source.collections))
        self.metrics = frozenset(one.metric for one in selectors if one)

    def read(self, page: Page) -> None:
        """Take one reading of each source that is there."""
        for source, series in self._series.items():
            try:
                values = source.selector.values(page.samples(source.selector.metric))
                if values:
                    self._count(source, page)
                    series.add(page.at, sum(values))
                elif series.points:
                    raise Missed(Reason.NO_DATA, f"{source.selector.metric} is no longer exported")
            except Missed as missed:
                series.miss(missed)

    def _count(self, source: HeapSource, page: Page) -> None:
        """Its counter has no series before the first collection of a kind: it is 0 once there is another kind."""
        if source.collections and (samples := page.samples(source.collections.metric)):
            self._counts[source].append((page.at, sum(source.collections.values(samples))))

    def best(self) -> tuple[Kind, Series] | None:
        """Kind and series of the best source; None when the pages had none at all."""
        for source, series in self._series.items():
            if series.points or series.missed:
                return source.kind, judged(source, series, self._counts[source])
        return None
