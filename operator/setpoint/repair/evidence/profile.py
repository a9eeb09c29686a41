"""One profile: the load runs, the probes are led through their steps, and what belongs to each moment is kept."""

from dataclasses import dataclass, field

from setpoint.api.errors import TargetFailed
from setpoint.api.ports import Clock, Copy, RunningLoad, Tell
from setpoint.repair.evidence.control import Control
from setpoint.repair.evidence.page import fetch

TEXT = "profile"
GO_HEAP = "/debug/pprof/heap?gc=1&debug=1"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the parts of a profile take, in seconds."""

    warmup: float = 5.0  # a generated load has used all of its connections by then
    memory: float = 8.0  # allocations are watched
    time: float = 6.0  # stacks are sampled, allocations no longer watched
    patience: float = 30.0  # for the probes to finish one step; a large heap takes a while to look through

    @property
    def total(self) -> float:
        """All parts together, not counting what the probes take for the steps themselves."""
        return self.warmup + self.memory + self.time


@dataclass(frozen=True, slots=True)
class Mark:
    """The copy at one moment of the load. `requests` counts from the end of the warm-up."""

    at: float
    requests: int
    page: str = ""  # of metrics; empty when there is none
    heap: str = ""  # of Go's pprof; empty when there is none


@dataclass(slots=True)
class Profile:
    """The steps of one profile, taken one after the other. `metrics` is the path of the metrics page, if any."""

    copy: Copy
    control: Control
    running: RunningLoad
    metrics: str | None
    limits: Limits
    clock: Clock
    tell: Tell
    marks: list[Mark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Warm up, then step through. Raises TargetFailed when the copy dies."""
        self._wait(self.limits.warmup, 0.0)
        done = self.limits.warmup
        half, rest = self.limits.memory / 2, self.limits.time
        for step, seconds in (("begin", half), ("middle", half), ("settle", rest), ("end", 0.0)):
            self._step(step)
            self._wait(seconds, done)
            done += seconds
        self.running.stop()

    def _step(self, step: str) -> None:
        page = self._page(self.metrics) if self.metrics else ""
        heap = "" if self.control.hello() else self._page(GO_HEAP)
        before = self._requests()
        if not self.control.step(step, self.limits.patience):
            self.notes.append(f"a process took longer than {self.limits.patience:g} s for the step {step!r}")
        # What the probes count starts when they have begun, and ends when they are asked for it.
        requests = self._requests() if step == "begin" else before
        self.marks.append(Mark(self.clock.now(), requests, page, heap))

    def _page(self, path: str) -> str:
        return fetch(self.copy.url, path) or ""

    def _requests(self) -> int:
        total = self.running.frame().errors.total
        return int(total) if total and total > 0 else 0

    def _wait(self, seconds: float, done: float) -> None:
        began = self.clock.now()
        while (elapsed := self.clock.now() - began) < seconds:
            if not self.copy.alive():
                raise TargetFailed(f"the copy ended under the load; the end of its output:\n{self.copy.output()}")
            self.tell.progress(TEXT, done + elapsed, self.limits.total)
            self.clock.sleep(min(0.5, seconds - elapsed))
        self.tell.progress(TEXT, done + seconds, self.limits.total)
