"""One profile: the copy under load, its probes led through their steps, and what belongs to each moment kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Self

from setpoint.api.errors import NoVerdict, TargetFailed
from setpoint.api.ports import Clock, Copy, Loader, LoadOrder, RunningLoad, Tell
from setpoint.api.spec import Load
from setpoint.api.verdict import Verdict
from setpoint.repair.evidence.control import Control
from setpoint.repair.evidence.page import fetch
from setpoint.repair.evidence.tracing import Tracing, plan

GO_HEAP = "/debug/pprof/heap?gc=1&debug=1"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the parts of a profile take, in seconds."""

    watch: float  # the service is watched under its full load
    trace: float  # what is allocated and kept then counts as growth
    warmup: float = 5.0  # before watch: a generated load has used all of its connections by then
    settle: float = 2.0  # before trace: what is kept once is there by then
    patience: float = 30.0  # for the probes to finish one step; a large heap takes a while to look through

    @classmethod
    def for_rows(cls, verdict: Verdict) -> Self:
        """More time for allocations when memory is what grows too large, more for all else when it is not."""
        memory = any(row.constraint.startswith(("memory", "heap")) for row in verdict.breached())
        return cls(watch=7.0, trace=7.0) if memory else cls(watch=10.0, trace=3.0)

    @property
    def total(self) -> float:
        """All parts together, not counting what the probes take for the steps themselves."""
        return self.warmup + self.watch + self.settle + self.trace


@dataclass(frozen=True, slots=True)
class Mark:
    """The copy at one moment of the load. `requests` counts from the end of the warm-up, `cpu` from its start."""

    at: float
    requests: int
    cpu: float
    page: str = ""  # of metrics; empty when there is none
    heap: str = ""  # of Go's pprof; empty when there is none


@dataclass(slots=True)
class Profile:
    """A copy and its load. `metrics` is the path of the metrics page, if any."""

    copy: Copy
    control: Control
    loader: Loader
    order: LoadOrder
    metrics: str | None
    limits: Limits
    clock: Clock
    tell: Tell
    marks: list[Mark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    done: float = 0.0

    def run(self) -> None:
        """Watch the service under its load, then its allocations. Raises TargetFailed when the copy dies in between."""
        with self._load(self.order.load) as running:
            self._wait(self.limits.warmup)
            for step, seconds in (("begin", self.limits.watch / 2), ("middle", self.limits.watch / 2), ("settle", 0.0)):
                self._mark(step, running)
                self._wait(seconds)
        if self.control.hello():
            self._trace(self._plan())
        self.tell.progress("profile", self.limits.total, self.limits.total)

    def _trace(self, tracing: Tracing) -> None:
        """Allocations come last: tracing them makes the service slow. What was seen before does not depend on it."""
        if not tracing.frames:
            self.notes.append("the load is too much for the service while its allocations are traced; they were not")
            return
        try:
            self._step("trace", tracing.frames)
            with self._load(tracing.load):
                self._wait(self.limits.settle)
                self._step("mark")
                self._wait(self.limits.trace)
                self._step("end")
        except NoVerdict as error:
            self.notes.append(f"allocations could not be traced: {error}")

    def _plan(self) -> Tracing:
        begin, end = self.marks[0], self.marks[-1]
        cpu = end.cpu - begin.cpu
        return plan(
            self.order.load,
            cpu_per_second=cpu / max(end.at - begin.at, 1e-3),
            cpu_per_request=cpu / max(end.requests - begin.requests, 1),
        )

    @contextmanager
    def _load(self, load: Load) -> Iterator[RunningLoad]:
        """The load for as long as it can be needed; it is stopped when it is not any more."""
        longest = self.limits.total + 4 * self.limits.patience
        bounded = load.model_copy(update={"warmup": self.limits.warmup, "duration": longest})
        with self.loader.start(replace(self.order, load=bounded)) as running:
            yield running
            running.stop()

    def _mark(self, step: str, running: RunningLoad) -> None:
        page = fetch(self.copy.url, self.metrics) if self.metrics else ""
        heap = "" if self.control.hello() else fetch(self.copy.url, GO_HEAP)
        if self.metrics and not page:
            self.notes.append(f"{self.metrics} could not be read at the step {step!r}; labels are not compared")
        before = _requests(running)
        self._step(step)
        # What the probes count starts when they have begun, and ends when they are asked for it.
        requests = _requests(running) if step == "begin" else before
        self.marks.append(Mark(self.clock.now(), requests, self.control.cpu(step), page, heap))

    def _step(self, step: str, frames: int = 0) -> None:
        if not self.control.step(step, self.limits.patience, frames):
            self.notes.append(f"a process took longer than {self.limits.patience:g} s for the step {step!r}")

    def _wait(self, seconds: float) -> None:
        began = self.clock.now()
        while (elapsed := self.clock.now() - began) < seconds:
            if not self.copy.alive():
                raise TargetFailed(f"the copy ended under the load; the end of its output:\n{self.copy.output()}")
            self.tell.progress("profile", self.done + elapsed, self.limits.total)
            self.clock.sleep(min(0.5, seconds - elapsed))
        self.done += seconds


def _requests(running: RunningLoad) -> int:
    total = running.frame().errors.total
    return int(total) if total and total > 0 else 0
