"""The target's own view of its requests: what its counters and its latency histogram say."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from prometheus_client.samples import Sample

from setpoint.api.metrics import ErrorsSignal, LatencySignal, Signal, Signals
from setpoint.api.reasons import Reason
from setpoint.sense.page import Page
from setpoint.sense.presets import COUNTERS, LATENCY, ROUTE, STATUS, UNITS
from setpoint.sense.series import Missed, Series

RATE = "requests_per_second"


@dataclass(frozen=True, slots=True)
class Account:
    """Requests since the target started. `failed` None: no status is exported; `buckets`: none are.

    `buckets` holds the count up to each edge in seconds; failed requests, where they are told apart, only at infinity.
    """

    total: float
    failed: float | None
    buckets: Mapping[float, float] | None

    @property
    def succeeded(self) -> float:
        """Requests that did not fail, as far as failures are told."""
        return self.total - (self.failed or 0.0)

    def since(self, earlier: "Account") -> "Account | None":
        """What was added since `earlier`; None when counters were set back, or counted something else."""
        if (self.failed is None) != (earlier.failed is None) or self.total < earlier.total:
            return None
        failed = self.failed - earlier.failed if self.failed is not None and earlier.failed is not None else None
        buckets = _added(self.buckets, earlier.buckets)
        return Account(self.total - earlier.total, failed, buckets)


def _added(now: Mapping[float, float] | None, before: Mapping[float, float] | None) -> Mapping[float, float] | None:
    if now is None or before is None:
        return None
    added = {edge: count - before.get(edge, 0.0) for edge, count in now.items()}
    return added if min(added.values(), default=0.0) >= 0 else None


def account(samples: Mapping[str, Sequence[Sample]], ignored_route: str | None = None) -> Account | None:
    """Adds up `samples` (by metric name); None when there is neither a counter nor a histogram of requests.

    Requests to `ignored_route` (our own scrapes) are left out where the route is exported.
    """
    kept = {name: [s for s in some if not _on(ignored_route, s.labels)] for name, some in samples.items()}
    histogram = next((name for name in LATENCY if kept.get(f"{name}_bucket")), None)
    counter = next((kept[name] for name in COUNTERS if kept.get(name)), None)
    if counter is None:
        return None
    buckets = _buckets(kept[f"{histogram}_bucket"], unit_of(histogram)) if histogram else None
    total = sum(s.value for s in counter)
    if not all(map(math.isfinite, (total, *(buckets or {}).values()))):
        raise Missed(Reason.NON_FINITE, f"{counter[0].name} or its histogram does not add up to a number")
    return Account(total, _failed(counter), buckets)


def _on(route: str | None, labels: Mapping[str, str]) -> bool:
    return route is not None and any(labels.get(label) == route for label in ROUTE)


def unit_of(histogram: str) -> float:
    """Seconds in one of the unit that the name of `histogram` (of LATENCY) ends with."""
    return next(scale for suffix, scale in UNITS.items() if histogram.endswith(suffix))


def _status(labels: Mapping[str, str]) -> str | None:
    return next((labels[label] for label in STATUS if labels.get(label)), None)


def tells_status(labels: Mapping[str, str]) -> bool:
    """Whether `labels` say how a request ended."""
    return _status(labels) is not None


def is_failure(labels: Mapping[str, str]) -> bool:
    """As the load generator sees it: client and server errors; `5xx` is as good as 503."""
    return (_status(labels) or "").startswith(("4", "5"))


def _failed(samples: Iterable[Sample]) -> float | None:
    told = [sample for sample in samples if tells_status(sample.labels)]
    return sum((sample.value for sample in told if is_failure(sample.labels)), 0.0) if told else None


def _buckets(samples: Iterable[Sample], unit: float) -> Mapping[float, float]:
    counts: dict[float, float] = defaultdict(float)
    for sample in samples:
        edge = _edge(sample)
        if math.isinf(edge) or not is_failure(sample.labels):
            counts[edge * unit] += sample.value
    if math.inf not in counts:
        raise Missed(Reason.PARTIAL_DATA, "the latency histogram has no bucket for all requests (le=+Inf)")
    return dict(sorted(counts.items()))


def _edge(sample: Sample) -> float:
    try:
        return float(sample.labels["le"])
    except (KeyError, ValueError) as error:
        raise Missed(Reason.PARTIAL_DATA, f"{sample.name} has a bucket without an edge") from error


class OwnReader:
    """Keeps the accounts of one instance over time."""

    metrics = frozenset((*COUNTERS, *(f"{name}_bucket" for name in LATENCY)))

    def __init__(self, ignored_route: str | None) -> None:
        self._ignored_route = ignored_route
        self._accounts: list[tuple[float, Account]] = []
        self.totals = Series()

    def read(self, page: Page) -> None:
        """Take the account of one page."""
        try:
            found = account({metric: page.samples(metric) for metric in self.metrics}, self._ignored_route)
        except Missed as missed:
            self.totals.miss(missed)
            return
        if found:
            self.totals.add(page.at, found.total)
            self._accounts.append((page.at, found))

    def signals(self, instance: str, since: float) -> Signals | None:
        """Latency, errors and throughput from `since` (Unix seconds) on; None without two accounts to compare."""
        window = [entry for entry in self._accounts if entry[0] >= since]
        steps = [(then, at, now.since(before)) for (then, before), (at, now) in pairwise(window)]
        if not steps or any(step is None for _, _, step in steps):
            return None
        whole = window[-1][1].since(window[0][1])
        rates = tuple((at, step.succeeded / (at - then)) for then, at, step in steps if step and at > then)
        return own_signals(whole, Signal(unit=RATE, instances={instance: rates})) if whole else None


def own_signals(whole: Account, throughput: Signal | None) -> Signals:
    """The account of a `whole` window as signals; what is not exported is left out."""
    buckets = tuple((whole.buckets or {}).items())
    told = whole.failed is not None
    return Signals(
        latency=LatencySignal(count=buckets[-1][1], buckets=buckets) if buckets else None,
        errors=ErrorsSignal(failed=whole.failed, total=whole.total) if told else None,
        throughput=throughput if told else None,
    )
