"""Each signal of the processes, read from Prometheus. `written`: a query of the user's in place of ours.

All functions raise Missed when the signal cannot be had.
"""

from collections.abc import Sequence

from setpoint.api.metrics import HeapSignal, Signal
from setpoint.api.reasons import Reason
from setpoint.sense.heap import judged
from setpoint.sense.presets import HeapSource
from setpoint.sense.prometheus import promql
from setpoint.sense.prometheus.answers import by_label
from setpoint.sense.prometheus.instances import points_of, preferred, series_by_instance, signal_of
from setpoint.sense.prometheus.source import Source
from setpoint.sense.series import Missed

_SEEN_BY = (promql.CONTAINER, promql.PROCESS)  # the container's limit is what ends it, so its figure is preferred


def memory(source: Source, written: str | None) -> Signal:
    """Bytes by instance."""
    if written:
        return signal_of("bytes", source.range(written))
    return signal_of("bytes", preferred(source.range(promql.memory(source.target)), _SEEN_BY))


def cpu(source: Source, written: str | None) -> Signal:
    """Saturation by instance."""
    if written:
        return signal_of("ratio", source.range(written))
    return signal_of("ratio", preferred(source.range(promql.cpu(source.target, source.scrape_age_seconds)), _SEEN_BY))


def heap(source: Source, written: str | None, presets: Sequence[HeapSource]) -> HeapSignal:
    """Retained heap by instance, of the best of `presets` that all of them export."""
    if written:
        return HeapSignal(unit="bytes", kind="live", instances=signal_of("bytes", source.range(written)).instances)
    groups = by_label(source.range(promql.heap(source.target, presets)), promql.SOURCE)
    places = [place for place in range(len(presets)) if str(place) in groups]
    seen = {presets[place]: series_by_instance(groups[str(place)]) for place in places}
    if not seen:
        raise Missed(Reason.QUERY_FAILED, "Prometheus answered with series that were not asked for")
    chosen, instances = next(iter(seen.items()))
    points = {name: points_of(judged(chosen, series)) for name, series in instances.items()}
    return HeapSignal(unit="bytes", kind=chosen.kind, instances=points)


def cardinality(source: Source, written: str | None) -> Signal:
    """Series by instance."""
    if written:
        return signal_of("series", source.range(written))
    noted = source.client.range(promql.scraped(source.target), source.start, source.end, source.step)
    return signal_of("series", noted or source.range(promql.counted(source.target)))


def custom(source: Source, query: str) -> Signal:
    """The one series of the user's `query`."""
    answers = source.range(query)
    if len(answers) > 1:
        what = f"the query gives {len(answers)} series and one is wanted; add label matchers or sum them up"
        raise Missed(Reason.QUERY_FAILED, what)
    [series] = series_by_instance(answers).values()
    return Signal(points=points_of(series))
