"""The target's own view of its requests in a window."""

from collections import defaultdict
from collections.abc import Sequence

from prometheus_client.samples import Sample

from setpoint.api.metrics import Points, Signal, Signals
from setpoint.api.reasons import Reason
from setpoint.sense.own import RATE, account, is_failure, own_signals
from setpoint.sense.presets import COUNTERS
from setpoint.sense.prometheus import promql
from setpoint.sense.prometheus.answers import Answer, by_label
from setpoint.sense.prometheus.instances import preferred
from setpoint.sense.prometheus.native import read_native
from setpoint.sense.prometheus.source import Source
from setpoint.sense.series import Missed


def read_own(source: Source, ignored_route: str | None) -> Signals:
    """Latency, errors and throughput as far as they are exported. Raises Missed."""
    gained = source.instant(promql.requests(source.target, source.seconds, ignored_route), source.end)
    groups = by_label(gained, promql.SOURCE)
    whole = account({metric: [_sample(metric, answer) for answer in some] for metric, some in groups.items()})
    native = read_native(source, ignored_route) if whole is None or whole.buckets is None else None
    if whole is not None:
        rates = source.range(promql.request_rates(source.target, source.scrape_age_seconds, ignored_route))
        own = own_signals(whole, Signal(unit=RATE, points=_successes(preferred(rates, COUNTERS))))
    elif native is not None:
        own = own_signals(native.whole, Signal(unit=RATE, points=native.rates))
    else:
        raise Missed(Reason.NO_DATA, "the target exports no requests under a name that is known")
    return own if native is None else own.model_copy(update={"latency": native.latency})


def _sample(metric: str, answer: Answer) -> Sample:
    return Sample(metric, dict(answer.labels), answer.points[0][1])


def _successes(rates: Sequence[Answer]) -> Points:
    """Successful requests per second over all instances."""
    found: dict[float, float] = defaultdict(float)
    for answer in rates:
        for at, value in answer.points:
            found[at] += 0.0 if is_failure(answer.labels) else value
    return tuple(sorted(found.items()))
