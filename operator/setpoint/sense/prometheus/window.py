"""The signals of a window: the deployed target under load, or live traffic."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import TypeVar

from setpoint.api.metrics import CardinalitySignal, Fault, Instance, LabelSignal, Signal, Signals, Target
from setpoint.api.ports import Asked
from setpoint.api.reasons import Reason
from setpoint.sense.asked import OWN, asked_signals, written_queries
from setpoint.sense.presets import heap_sources
from setpoint.sense.prometheus import promql
from setpoint.sense.prometheus.endpoint import PrometheusClient
from setpoint.sense.prometheus.instances import points_of, series_by_instance
from setpoint.sense.prometheus.labels import growing_labels
from setpoint.sense.prometheus.own_view import read_own
from setpoint.sense.prometheus.signals import cardinality, cpu, custom, heap, memory
from setpoint.sense.prometheus.source import Source
from setpoint.sense.selector import Matcher
from setpoint.sense.series import Missed, Series

Read = TypeVar("Read")
_OWN_PREFIX = "own."


def read(
    client: PrometheusClient,
    selector: Mapping[str, str] | tuple[Matcher, ...],
    asked: Asked,
    start: float,
    end: float,
    step: float,
) -> tuple[Signals, Signals | None, tuple[Fault, ...]]:
    """What `asked` wants of the series that `selector` (labels, or any matchers) takes, from `start` to `end`.

    Times are Unix seconds. Gives the signals, the target's own latency, errors and throughput, and what could not be
    read. Faults of the own view are called `own.latency` and so on; `as_judged` renames them where there is no other
    view. Raises InputError for a selector, runtime or query that cannot work; whatever Prometheus does becomes a fault.
    """
    window = _Window(Source(client, promql.target_of(selector), start, end, step), asked)
    return window.signals(), window.own(), tuple(window.faults)


def as_judged(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """`faults` where the target's own view is what rows rest on."""
    return tuple(fault.model_copy(update={"signal": fault.signal.removeprefix(_OWN_PREFIX)}) for fault in faults)


def read_target(
    client: PrometheusClient, selector: Mapping[str, str], start: float, end: float, step: float
) -> tuple[Target, tuple[Fault, ...]]:
    """The instances that were there, with starts and restarts as their processes export them."""
    try:
        source = Source(client, promql.target_of(selector), start, end, step)
        answers = source.range(promql.start_times(source.target))
        instances = tuple(_instance(name, series) for name, series in series_by_instance(answers).items())
    except Missed as missed:
        return Target(), (Fault(signal="target", reason=missed.reason, message=missed.message),)
    return Target(instances=instances), ()


def _instance(name: str, series: Series) -> Instance:
    starts = [value for _, value in points_of(series)]
    try:
        started = datetime.fromtimestamp(starts[0], UTC).isoformat()
    except (OverflowError, ValueError) as error:
        raise Missed(Reason.QUERY_FAILED, f"{starts[0]:g} is no start time of {name}") from error
    return Instance(name=name, started_at=started, restarts=sum(a != b for a, b in pairwise(starts)))


class _Window:
    """One window that is being read; what cannot be is noted in `faults`."""

    def __init__(self, source: Source, asked: Asked) -> None:
        self.faults: list[Fault] = []
        self._source, self._asked = source, asked
        self._wanted = asked_signals(asked.constraints)
        self._written = {signal: query for signal, (_, query) in written_queries(asked).items()}

    def signals(self) -> Signals:
        """All but the target's own view of its requests."""
        read, sources = self._source, heap_sources(self._asked.runtime)
        return Signals(
            memory=self._try("memory", lambda: memory(read, self._written.get("memory"))),
            heap=self._try("heap", lambda: heap(read, self._written.get("heap"), sources)),
            cardinality=self._cardinality(),
            cpu=self._try("cpu", lambda: cpu(read, self._written.get("cpu"))),
            custom=self._custom(),
        )

    def own(self) -> Signals | None:
        """The target's own view, where rows want one."""
        wanted = [signal for signal in OWN if signal in self._wanted]
        if not wanted:
            return None
        try:
            own = read_own(self._source, self._asked.metrics_path)
        except Missed as missed:
            self._note(missed, *(f"{_OWN_PREFIX}{signal}" for signal in wanted))
            return None
        absent = [f"{_OWN_PREFIX}{signal}" for signal in wanted if getattr(own, signal) is None]
        self._note(Missed(Reason.NO_DATA, "the target does not export it under a name that is known"), *absent)
        return own

    def _cardinality(self) -> CardinalitySignal | None:
        level = self._try("cardinality", lambda: cardinality(self._source, self._written.get("cardinality")))
        if level is None:
            return None
        instances = level.instances or {}
        labels: tuple[LabelSignal, ...] = ()
        if any(points[-1][1] > points[0][1] for points in instances.values()):
            try:
                labels = growing_labels(self._source)
            except Missed as missed:  # the level stands without the words for its growth
                self._note(missed, "cardinality.labels")
        return CardinalitySignal(unit="series", instances=instances, by_label=labels)

    def _custom(self) -> dict[str, Signal]:
        queries = {asked.name: asked.query for asked in self._asked.constraints.custom}
        found = {name: self._try(f"custom.{name}", partial(custom, self._source, queries[name])) for name in queries}
        return {name: signal for name, signal in found.items() if signal}

    def _try(self, signal: str, read: Callable[[], Read]) -> Read | None:
        if signal not in self._wanted:
            return None
        try:
            return read()
        except Missed as missed:
            self._note(missed, signal)
            return None

    def _note(self, missed: Missed, *signals: str) -> None:
        self.faults += [Fault(signal=signal, reason=missed.reason, message=missed.message) for signal in signals]
