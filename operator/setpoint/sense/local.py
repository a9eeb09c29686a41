"""The sensor of a copy on this machine: its processes seen from outside, and its /metrics page."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from setpoint.api.errors import InputError
from setpoint.api.metrics import CardinalitySignal, Fault, HeapSignal, Signal, Signals, Target
from setpoint.api.ports import Asked, Copy
from setpoint.api.reasons import Reason
from setpoint.sense.asked import OWN, asked_signals, written_queries
from setpoint.sense.cardinality import CardinalityReader
from setpoint.sense.chosen import ChosenReader
from setpoint.sense.heap import HeapReader
from setpoint.sense.own import OwnReader
from setpoint.sense.presets import HeapSource, Kind, heap_sources
from setpoint.sense.scrape import Scraper
from setpoint.sense.selector import Selector, parse_selector
from setpoint.sense.series import Missed, Series
from setpoint.sense.vitals import Vitals

# Runtimes whose heap can be taken for the memory of the processes, where nothing better is exported.
OUTSIDE_RUNTIMES = ("auto", "python")


class LocalSensor:
    """Opens watches on copies. Raises InputError when what is asked for cannot be seen on this machine."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._sources = heap_sources(asked.runtime) if asked.constraints.heap else ()
        written = written_queries(asked)
        self._selectors = {signal: parse_selector(query, where) for signal, (where, query) in written.items()}
        _check(asked, self._selectors)

    @contextmanager
    def open(self, copy: Copy) -> "Iterator[LocalWatch]":
        """A watch on `copy`; it samples only when told to, and leaves nothing behind."""
        yield LocalWatch(copy, self._asked, self._sources, self._selectors)


def _check(asked: Asked, selectors: Mapping[str, Selector]) -> None:
    """Without a metrics page only the processes can be seen."""
    needing = [*selectors, *(["cardinality"] if asked.constraints.cardinality else [])]
    if asked.constraints.heap and asked.runtime not in OUTSIDE_RUNTIMES:
        needing.append("heap")
    if needing and asked.metrics_path is None:
        what = f"{needing[0]} is read from the target's metrics page, and none is given"
        raise InputError(what, where="target.metrics", instead="write for example metrics: /metrics")


@dataclass(frozen=True, slots=True)
class _Found:
    """The series that a signal is taken from; `paged`: from the metrics page."""

    series: Series
    paged: bool
    kind: Kind = "live"


class LocalWatch:
    """Sensors on one copy: `setpoint.api.ports.Watch`, and the target's own view of its requests."""

    def __init__(
        self, copy: Copy, asked: Asked, sources: Sequence[HeapSource], selectors: Mapping[str, Selector]
    ) -> None:
        self._copy, self._asked = copy, asked
        self._signals = asked_signals(asked.constraints)
        self._vitals = Vitals(copy)
        self._chosen = {signal: ChosenReader(selector) for signal, selector in selectors.items()}
        self._heap = HeapReader(sources)
        self._cardinality = CardinalityReader()
        self._own = OwnReader(asked.metrics_path) if self._signals & set(OWN) else None
        own = (self._own,) if self._own else ()
        readers = (*self._chosen.values(), self._heap, self._cardinality, *own)
        self._scraper = Scraper(copy.url, asked.metrics_path, readers) if asked.metrics_path else None

    def sample(self) -> None:
        """Take one sample of everything, now. Never raises: what could not be read becomes a fault."""
        self._vitals.sample()
        if self._scraper:
            self._scraper.sample()

    def signals(self) -> Signals:
        """Everything sampled so far."""
        with self._reading():
            return Signals(
                memory=self._signal("memory", "bytes"),
                heap=self._heap_signal(),
                cardinality=self._cardinality_signal(),
                cpu=self._signal("cpu", "ratio"),
                custom=self._custom_signals(),
            )

    def own(self, since: float) -> Signals | None:
        """What the target itself says of its requests from `since` (Unix seconds) on; None when it says nothing."""
        with self._reading():
            return self._own.signals(self._copy.name, since) if self._own else None

    def faults(self) -> tuple[Fault, ...]:
        """What could not be read, of the signals that were asked for."""
        with self._reading():
            found = (self._fault(signal) for signal in sorted(self._signals - set(OWN)))
            own = self._own.totals.fault("own") if self._own else None
            return tuple(fault for fault in (*found, own) if fault)

    def target(self) -> Target:
        """The copy as the only instance."""
        return Target(instances=(self._vitals.instance(),))

    def _reading(self) -> AbstractContextManager[object]:
        return self._scraper.lock if self._scraper else nullcontext()

    def _found(self, signal: str) -> _Found:
        if signal in self._chosen:
            return _Found(self._chosen[signal].series, paged=True)
        if signal == "heap":
            return self._retained()
        if signal == "cardinality":
            return _Found(self._cardinality.series, paged=True)
        return _Found(self._vitals.memory if signal == "memory" else self._vitals.cpu, paged=False)

    def _retained(self) -> _Found:
        best = self._heap.best()
        # Resident memory is the same seen from outside, where a page that cannot be had is no hindrance.
        if best and not (best[0] == "rss" and self._scraper and self._scraper.fault("heap")):
            return _Found(best[1], True, best[0])
        runtime = self._asked.runtime
        if runtime in OUTSIDE_RUNTIMES and (self._scraper is None or self._scraper.reached()):
            return _Found(self._vitals.memory, False, "rss")
        why = Missed(Reason.NO_DATA, f"the metrics page has no heap metric that is known for runtime {runtime}")
        return _Found(Series(missed=1, last=why), True)

    def _signal(self, signal: str, unit: str = "") -> Signal | None:
        points = self._found(signal).series.points
        return Signal(unit=unit, instances={self._copy.name: tuple(points)}) if points else None

    def _heap_signal(self) -> HeapSignal | None:
        if "heap" not in self._signals:
            return None
        found = self._found("heap")
        points = {self._copy.name: tuple(found.series.points)}
        return HeapSignal(unit="bytes", kind=found.kind, instances=points) if found.series.points else None

    def _cardinality_signal(self) -> CardinalitySignal | None:
        points = tuple(self._found("cardinality").series.points)
        signal = CardinalitySignal(
            unit="series", instances={self._copy.name: points}, by_label=self._cardinality.labels()
        )
        return signal if points else None

    def _custom_signals(self) -> dict[str, Signal]:
        found = {custom.name: self._signal(f"custom.{custom.name}") for custom in self._asked.constraints.custom}
        return {name: signal for name, signal in found.items() if signal}

    def _fault(self, signal: str) -> Fault | None:
        found = self._found(signal)
        fault = found.series.fault(signal)
        if fault and fault.reason is Reason.TARGET_CHANGED and self._vitals.killed_for_memory:
            return None  # that is no gap but an observation: it reached its limit
        page = self._scraper.fault(signal) if found.paged and self._scraper else None
        return page or fault
