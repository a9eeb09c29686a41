"""Which metric and label bring new series, when there are more at the end of a window than at its start."""

from collections import Counter
from collections.abc import Iterator

from setpoint.api.metrics import LabelSignal
from setpoint.sense.cardinality import EDGES, family, growing
from setpoint.sense.prometheus import promql
from setpoint.sense.prometheus.source import Source

# Labels that Prometheus adds, not the target.
_ADDED = frozenset({"__name__", "job", "instance", "pod", "namespace"})


def growing_labels(source: Source) -> tuple[LabelSignal, ...]:
    """The labels whose number of values grew, of the metrics that grew most; fastest first. Raises Missed."""
    first, last = _counts(source, source.start), _counts(source, source.end)
    found = [signal for metric in growing(first, last) for signal in _labels(source, metric, family(metric, last))]
    return tuple(sorted(found, key=lambda signal: signal.points[0][1] - signal.points[-1][1]))


def _counts(source: Source, at: float) -> Counter[str]:
    answers = source.instant(promql.counted_by_metric(source.target), at)
    return Counter({answer.labels.get("__name__", ""): int(answer.points[0][1]) for answer in answers})


def _labels(source: Source, metric: str, name: str) -> Iterator[LabelSignal]:
    series = source.instant(promql.one_series(metric, source.target), source.end)
    labels = sorted({label for one in series for label in one.labels} - _ADDED - EDGES)
    if not labels:
        return
    for answer in source.range(promql.distinct_values(metric, labels, source.target)):
        if answer.points[-1][1] > answer.points[0][1]:
            yield LabelSignal(metric=name, label=answer.labels[promql.SOURCE], points=answer.points)
