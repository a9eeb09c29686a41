"""The retained heap, from what the target's runtime exports."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from setpoint.api.metrics import Point
from setpoint.api.reasons import Reason
from setpoint.sense.page import Page
from setpoint.sense.presets import HeapSource, Kind
from setpoint.sense.series import Missed, Series

FEWEST_COLLECTIONS = 3


def measured_again(points: Sequence[Point]) -> bool:
    """Whether a figure that is taken after collections changed often enough to tell of growth.

    One that stands still says that nothing was collected, not that nothing grew.
    """
    return sum(before[1] != after[1] for before, after in pairwise(points)) >= FEWEST_COLLECTIONS


def usable(source: HeapSource, points: Sequence[Point]) -> bool:
    """Whether `points` of `source` may be judged."""
    return bool(points) and (source.kind != "postGc" or measured_again(points))


def choose(seen: Mapping[HeapSource, Collection[Series]]) -> HeapSource:
    """The best of the sources that were seen (at least one, best first), each with the series of its instances."""
    first = next(iter(seen))
    for source, series in seen.items():
        # Other runtimes export resident memory too; it does not stand in for a heap that they should tell.
        if source.runtime == first.runtime and all(usable(source, one.points) for one in series):
            return source
    return first


def judged(source: HeapSource, series: Series) -> Series:
    """`series` as it may be judged: none of it where the source was not taken anew often enough."""
    if usable(source, series.points) or not series.points:
        return series
    why = f"{source.selector.metric} was taken after fewer than {FEWEST_COLLECTIONS} collections"
    return Series(missed=len(series.points), last=Missed(Reason.TOO_FEW_SAMPLES, why))


class HeapReader:
    """Collects every source that the pages have; which of them is the heap is decided when it is asked for."""

    def __init__(self, sources: Sequence[HeapSource]) -> None:
        self._series = {source: Series() for source in sources}
        self.metrics = frozenset(source.selector.metric for source in sources)

    def read(self, page: Page) -> None:
        """Take one reading of each source that is there."""
        for source, series in self._series.items():
            try:
                values = source.selector.values(page.samples(source.selector.metric))
                if values:
                    series.add(page.at, sum(values))
                elif series.points:
                    raise Missed(Reason.NO_DATA, f"{source.selector.metric} is no longer exported")
            except Missed as missed:
                series.miss(missed)

    def best(self) -> tuple[Kind, Series] | None:
        """Kind and series of the best source; None when the pages had none at all."""
        seen = {source: [series] for source, series in self._series.items() if series.points or series.missed}
        if not seen:
            return None
        source = choose(seen)
        return source.kind, judged(source, self._series[source])
