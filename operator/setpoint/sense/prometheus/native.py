"""The target's requests from a native histogram, which Prometheus stores and no page of text has.

Some versions turn histograms into the number 0 where a function knows numbers only (label_replace, all _over_time).
So nothing but selectors, increase, sum and set operators touches them here, and a number in place of one is refused.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from setpoint.api.metrics import LatencySignal, Points, SparseBucket
from setpoint.api.reasons import Reason
from setpoint.sense.own import Account, is_failure, tells_status, unit_of
from setpoint.sense.presets import LATENCY
from setpoint.sense.prometheus import promql
from setpoint.sense.prometheus.answers import Answer
from setpoint.sense.prometheus.source import Source
from setpoint.sense.series import Missed


@dataclass(frozen=True, slots=True)
class Native:
    """Requests in a window: how many, how long they took, and successes per second between two scrapes."""

    whole: Account
    latency: LatencySignal
    rates: Points


def read_native(source: Source, ignored_route: str | None) -> Native | None:
    """What the first native histogram under a known name holds; None where there is none. Raises Missed."""
    names = source.instant(promql.native_names(source.target), source.end)
    exported = {answer.labels.get("__name__") for answer in names}
    metric = next((name for name in LATENCY if name in exported), None)
    if metric is None:
        return None
    asked = (
        promql.native_gained(metric, source.target, source.seconds, ignored_route),
        promql.native_born(metric, source.target, source.seconds, ignored_route),
    )
    gained = [answer for query in asked for answer in source.client.histograms(query, source.end)]
    counts = source.range(promql.native_counts(metric, source.target, ignored_route))
    return _native(metric, gained, counts)


def _native(metric: str, gained: Sequence[Answer], counts: Sequence[Answer]) -> Native:
    if any(answer.histogram is None for answer in gained):
        raise Missed(Reason.QUERY_FAILED, f"Prometheus answered with numbers for {metric}, which is a histogram")
    total = sum(_count(answer) for answer in gained)
    failed = sum(_count(answer) for answer in gained if is_failure(answer.labels))
    if not math.isfinite(total):
        raise Missed(Reason.NON_FINITE, f"{metric} does not add up to a number")
    buckets = _added((answer for answer in gained if not is_failure(answer.labels)), unit_of(metric))
    slow: tuple[SparseBucket, ...] = ((math.inf, math.inf, failed),) if failed else ()
    told = any(tells_status(answer.labels) for answer in gained)
    whole = Account(total, failed if told else None, None)
    return Native(whole, LatencySignal(count=total, native=buckets + slow), _rates(counts))


def _count(answer: Answer) -> float:
    return sum(count for _, _, count in answer.histogram or ())


def _added(answers: Iterable[Answer], unit: float) -> tuple[SparseBucket, ...]:
    counts: dict[tuple[float, float], float] = defaultdict(float)
    for answer in answers:
        for lower, upper, count in answer.histogram or ():
            counts[lower * unit, upper * unit] += count
    return tuple((lower, upper, count) for (lower, upper), count in sorted(counts.items()))


def _rates(counts: Iterable[Answer]) -> Points:
    found: dict[float, float] = defaultdict(float)
    for answer in counts:
        for (then, before), (at, now) in pairwise(answer.points):
            if now < before:
                raise Missed(Reason.TARGET_RESTARTED, "the target's count of its requests fell")
            found[at] += 0.0 if is_failure(answer.labels) else (now - before) / (at - then)
    return tuple(sorted(found.items()))
