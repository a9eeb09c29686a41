"""Doubles for measuring: a clock that runs when somebody sleeps, copies, loads and watches that are scripted."""

from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from setpoint.api.metrics import (
    CardinalitySignal,
    ErrorsSignal,
    HeapSignal,
    LatencySignal,
    LoadPart,
    Signal,
    Signals,
    Target,
)
from setpoint.api.ports import LoadFrame
from setpoint.api.spec import Http, Load

START = 1_767_225_600.0


class Clock:
    """Runs when somebody sleeps."""

    def __init__(self):
        self.time = START

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += seconds


class Quiet:
    """Keeps the lines that people would be told."""

    def __init__(self):
        self.lines = []

    def step(self, text):
        self.lines.append(text)

    def progress(self, text, done, total): ...


@dataclass
class Running:
    """A load that ends after its time, or never."""

    clock: Clock
    seconds: float
    stopped: bool = False
    said: str = ""
    began: float = field(init=False)

    def __post_init__(self):
        self.began = self.clock.now()

    def frame(self):
        ran = self.clock.now() - self.began
        return LoadFrame(
            load=LoadPart(
                requested_rate=10,
                achieved_rate=10,
                started_at="2026-01-01T00:00:00Z",
                warmup_seconds=5,
                duration_seconds=ran,
            ),
            latency=LatencySignal(count=1),
            errors=ErrorsSignal(failed=0, total=1),
            throughput=Signal(unit="requests_per_second"),
            finished=self.stopped or ran >= self.seconds,
            said=self.said,
        )

    def stop(self):
        self.stopped = True


@dataclass
class Loader:
    clock: Clock
    seconds: float = 20
    started: list = field(default_factory=list)
    left: int = 0
    said: str = ""

    @contextmanager
    def start(self, order):
        running = Running(self.clock, self.seconds, said=self.said)
        self.started.append((order, running))
        try:
            yield running
        finally:
            self.left += 1


class Watch:
    """Counts its samples as memory."""

    def __init__(self, clock, name):
        self.clock, self.name, self.points = clock, name, []

    def sample(self):
        self.points.append((self.clock.now(), float(len(self.points))))

    def signals(self):
        series = {self.name: tuple(self.points)}
        return Signals(
            memory=Signal(instances=series), heap=HeapSignal(), cpu=Signal(), cardinality=CardinalitySignal()
        )

    def own(self, since):
        return Signals(errors=ErrorsSignal(failed=1, total=self.clock.now() - since))

    def faults(self):
        return ()

    def target(self):
        return Target()


class Sensor:
    def __init__(self, clock):
        self.clock = clock

    @contextmanager
    def open(self, copy):
        yield Watch(self.clock, copy.name)


@dataclass
class Copy:
    name: str
    url: str = "http://127.0.0.1:1"
    lives: bool = True

    def alive(self):
        return self.lives

    def output(self):
        return "out of cheese\n"


@pytest.fixture
def make_rig():
    from setpoint.verify.measure import Rig

    def make(seconds=20, **load):
        clock = Clock()
        loader = Loader(clock, seconds)
        spec = Load(http=Http(rate=10), **({"warmup": "5s", "duration": "15s"} | load))
        return Rig(loader, Sensor(clock), clock, Quiet(), spec, limits=(0.1,)), loader

    return make


@pytest.fixture
def make_copy():
    return Copy
