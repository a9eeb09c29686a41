"""Which metric and label bring new series, when there are more at the end of a window than at its start."""

import math
from collections import Counter
from collections.abc import Iterator

from setpoint.api.metrics import LabelSignal
from setpoint.sense.cardinality import EDGES, family, growing
from setpoint.sense.prometheus import promql
from setpoint.sense.prometheus.answers import by_label
from setpoint.sense.prometheus.source import Source
from setpoint.sense.series import printable

# Labels that Prometheus adds, not the target.
_ADDED = frozenset({"__name__", "job", "instance", "pod", "namespace"})


def growing_labels(source: Source) -> tuple[LabelSignal, ...]:
    """The labels whose number of values grew, of the metrics that grew most; fastest first. Raises Missed."""
    first, last = _counts(source, source.start), _counts(source, source.end)
    found = [signal for metric in growing(first, last) for signal in _labels(source, metric, family(metric, last))]
    return tuple(sorted(found, key=lambda signal: signal.points[0][1] - signal.points[-1][1]))


def _counts(source: Source, at: float) -> Counter[str]:
    answers = source.instant(promql.counted_by_metric(source.target), at)
    counts = {answer.labels.get("__name__", ""): answer.points[0][1] for answer in answers}
    return Counter({metric: int(count) for metric, count in counts.items() if math.isfinite(count)})


def _labels(source: Source, metric: str, name: str) -> Iterator[LabelSignal]:
    series = source.instant(promql.one_series(metric, source.target), source.end)
    labels = sorted({label for one in series for label in one.labels} - _ADDED - EDGES)
    query = promql.distinct_values(metric, labels, source.target)
    for label, answers in by_label(source.range(query) if query else (), promql.SOURCE).items():
        points = answers[0].points
        if points[-1][1] > points[0][1]:
            yield LabelSignal(metric=printable(name), label=printable(label), points=points)
