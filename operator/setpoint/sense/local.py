"""The sensor of a copy on this machine: its processes seen from outside, and its /metrics page."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from setpoint.api.errors import InputError
from setpoint.api.metrics import Fault, Instance
from setpoint.api.ports import Asked, Copy
from setpoint.api.reasons import Reason
from setpoint.sense.asked import written_queries
from setpoint.sense.paged import Found, PageWatch
from setpoint.sense.presets import HeapSource, heap_sources
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


class LocalWatch(PageWatch):
    """Sensors on one copy: its page, and its processes."""

    def __init__(
        self, copy: Copy, asked: Asked, sources: Sequence[HeapSource], selectors: Mapping[str, Selector]
    ) -> None:
        super().__init__(copy.name, copy.url, asked, sources, selectors)
        self._vitals = Vitals(copy)

    def sample(self) -> None:
        """Take one sample of everything, now. Never raises: what could not be read becomes a fault."""
        self._vitals.sample()
        super().sample()

    def _instance(self) -> Instance:
        return self._vitals.instance()

    def _retained(self) -> Found:
        best = self._heap.best()
        # Resident memory is the same seen from outside, where a page that cannot be had is no hindrance.
        if best and not (best[0] == "rss" and self._scraper and self._scraper.fault("heap")):
            return Found(best[1], True, best[0])
        runtime = self._asked.runtime
        if runtime in OUTSIDE_RUNTIMES and (self._scraper is None or self._scraper.reached()):
            return Found(self._vitals.memory, False, "rss")
        why = Missed(Reason.NO_DATA, f"the metrics page has no heap metric that is known for runtime {runtime}")
        return Found(Series(missed=1, last=why), True)

    def _elsewhere(self, signal: str) -> Found:
        return Found(self._vitals.memory if signal == "memory" else self._vitals.cpu, paged=False)

    def _fault(self, signal: str) -> Fault | None:
        fault = self._found(signal).series.fault(signal)
        if fault and fault.reason is Reason.TARGET_CHANGED and self._vitals.killed_for_memory:
            return None  # that is no gap but an observation: it reached its limit
        return super()._fault(signal)
