"""What a copy's /metrics page shows: all that is seen of one whose processes run elsewhere, half of any other."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from setpoint.api.errors import InputError
from setpoint.api.metrics import CardinalitySignal, Fault, HeapSignal, Instance, Signal, Signals, Target
from setpoint.api.ports import Asked, Copy
from setpoint.sense.asked import OWN, asked_signals, written_queries
from setpoint.sense.cardinality import CardinalityReader
from setpoint.sense.chosen import ChosenReader
from setpoint.sense.heap import HeapReader
from setpoint.sense.own import OwnReader
from setpoint.sense.presets import HeapSource, Kind, heap_sources
from setpoint.sense.scrape import Scraper
from setpoint.sense.selector import Selector, parse_selector
from setpoint.sense.series import Series


@dataclass(frozen=True, slots=True)
class Found:
    """The series that a signal is taken from; `paged`: from the metrics page."""

    series: Series
    paged: bool = True
    kind: Kind = "live"


class PageSensor:
    """Opens watches on the pages of copies that run elsewhere. What processes tell is for somebody else to bring.

    `pages`: where (a URL) a copy of that name has its page; one without a page shows nothing. A written query that is
    more than a selector cannot be read from a page, so its signal is absent.
    """

    def __init__(self, asked: Asked, pages: Mapping[str, str]) -> None:
        self._asked, self._pages = asked, pages
        self._sources = heap_sources(asked.runtime) if asked.constraints.heap else ()
        self._selectors: dict[str, Selector] = {}
        for signal, (where, query) in written_queries(asked).items():
            with suppress(InputError):
                self._selectors[signal] = parse_selector(query, where)

    @contextmanager
    def open(self, copy: Copy) -> "Iterator[PageWatch]":
        """A watch on `copy`; it samples only when told to, and leaves nothing behind."""
        server, path = split(self._pages[copy.name]) if copy.name in self._pages else (copy.url, None)
        asked = replace(self._asked, metrics_path=path)
        yield PageWatch(copy.name, server, asked, self._sources, self._selectors)


def split(url: str) -> tuple[str, str]:
    """A page's address as its server's and its path there."""
    address = urlsplit(url)
    return (
        f"{address.scheme}://{address.netloc}",
        f"{address.path or '/'}{f'?{address.query}' if address.query else ''}",
    )


class PageWatch:
    """Sensors on the page `asked.metrics_path` at `url`: `setpoint.api.ports.Watch`."""

    def __init__(
        self, name: str, url: str, asked: Asked, sources: Sequence[HeapSource], selectors: Mapping[str, Selector]
    ) -> None:
        self._name, self._asked = name, asked
        self._signals = asked_signals(asked.constraints)
        self._chosen = {signal: ChosenReader(selector) for signal, selector in selectors.items()}
        self._heap = HeapReader(sources)
        self._cardinality = CardinalityReader()
        self._own = OwnReader(asked.metrics_path) if self._signals & set(OWN) else None
        own = (self._own,) if self._own else ()
        readers = (*self._chosen.values(), self._heap, self._cardinality, *own)
        self._scraper = Scraper(url, asked.metrics_path, readers) if asked.metrics_path else None

    def sample(self) -> None:
        """Take one sample of everything, now. Never raises: what could not be read becomes a fault."""
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
            return self._own.signals(self._name, since) if self._own else None

    def faults(self) -> tuple[Fault, ...]:
        """What could not be read, of the signals that were asked for."""
        with self._reading():
            found = (self._fault(signal) for signal in sorted(self._signals - set(OWN)))
            own = self._own.totals.fault("own") if self._own else None
            return tuple(fault for fault in (*found, own) if fault)

    def target(self) -> Target:
        """The copy as the only instance."""
        return Target(instances=(self._instance(),))

    def _instance(self) -> Instance:
        return Instance(name=self._name)

    def _reading(self) -> AbstractContextManager[object]:
        return self._scraper.lock if self._scraper else nullcontext()

    def _found(self, signal: str) -> Found:
        if signal in self._chosen:
            return Found(self._chosen[signal].series)
        if signal == "heap":
            return self._retained()
        if signal == "cardinality":
            return Found(self._cardinality.series)
        return self._elsewhere(signal)

    def _retained(self) -> Found:
        best = self._heap.best()
        return Found(best[1], True, best[0]) if best else Found(Series())

    def _elsewhere(self, signal: str) -> Found:  # noqa: ARG002 - whoever sees processes knows better
        """What no page tells: nothing, and no fault of the page."""
        return Found(Series(), paged=False)

    def _signal(self, signal: str, unit: str = "") -> Signal | None:
        points = self._found(signal).series.points
        return Signal(unit=unit, instances={self._name: tuple(points)}) if points else None

    def _heap_signal(self) -> HeapSignal | None:
        if "heap" not in self._signals:
            return None
        found = self._found("heap")
        points = {self._name: tuple(found.series.points)}
        return HeapSignal(unit="bytes", kind=found.kind, instances=points) if found.series.points else None

    def _cardinality_signal(self) -> CardinalitySignal | None:
        points = tuple(self._found("cardinality").series.points)
        signal = CardinalitySignal(unit="series", instances={self._name: points}, by_label=self._cardinality.labels())
        return signal if points else None

    def _custom_signals(self) -> dict[str, Signal]:
        found = {custom.name: self._signal(f"custom.{custom.name}") for custom in self._asked.constraints.custom}
        return {name: signal for name, signal in found.items() if signal}

    def _fault(self, signal: str) -> Fault | None:
        found = self._found(signal)
        page = self._scraper.fault(signal) if found.paged and self._scraper else None
        return page or found.series.fault(signal)
