"""A scripted world for the engine: every port answers from a list, every effect is counted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from setpoint.api.metrics import Metrics
from setpoint.api.ports import Ports, Progress
from setpoint.api.reasons import Reason, Result
from setpoint.api.remedy import Evidence, GateReport, Outcome, Proposal, PullRequest, TestReport, Verification
from setpoint.api.verdict import Row, Verdict
from setpoint.control.engine import Engine
from setpoint.control.observed import Policy
from setpoint.control.record import Record


class Killed(BaseException):
    """The process died here."""


@dataclass
class MemoryStore:
    """Keeps the record as JSON, as a disk would; may be told to die before or after a save."""

    text: str
    saves: int = 0
    die_at: int | None = None
    die_before: bool = False

    def load(self) -> Record:
        return Record.model_validate_json(self.text)

    def save(self, record: Record) -> None:
        self.saves += 1
        if self.saves == self.die_at and self.die_before:
            raise Killed
        self.text = record.model_dump_json(by_alias=True)
        if self.saves == self.die_at:
            raise Killed


@dataclass
class Scripted:
    """A slow thing with scripted results by the order in which keys are first asked for; survives the engine."""

    name: str
    results: list[Any]
    world: "World"
    done: dict[str, Any] = field(default_factory=dict)
    orders: dict[str, Any] = field(default_factory=dict)

    def ensure(self, key: str, order: Any) -> None:
        if key in self.done:
            return
        self.world.effect(self.name, before=True)
        self.orders[key] = order
        self.done[key] = self.results[min(len(self.done), len(self.results) - 1)]
        self.world.effects.append(f"{self.name} {key}")
        self.world.effect(self.name, before=False)

    def state(self, key: str) -> Progress[Any]:
        if key not in self.done:
            return Progress("Absent")
        result = self.done[key]
        if isinstance(result, Exception):
            return Progress("Failed", message=str(result), error=type(result).__name__)
        return Progress("Done", result)

    def stop(self, key: str) -> None:
        self.done.pop(key, None)


class Clock:
    """Stands still but for sleeping."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Quiet:
    """Nobody listens."""

    def step(self, text: str) -> None: ...
    def progress(self, text: str, done: float, total: float) -> None: ...


def verdict(result: Result = Result.BREACHED, name: str = "heap.growth") -> Verdict:
    reason = {Result.BREACHED: Reason.SETPOINT_BREACHED, Result.WITHIN: Reason.WITHIN_SETPOINTS}.get(
        result, Reason.NO_DATA
    )
    row = Row(
        constraint=name, observed=9, limit=0, unit="MB/h", confidence=0.99, result=result, reason=reason, message="m"
    )
    return Verdict(result=result, rows=(row,))


METRICS = Metrics(schema_version=1, signals={})
PATCH = "diff --git a/app.py b/app.py\n"


@dataclass
class World:
    """The ports' answers and what was done; `engine()` gives a fresh engine over the same world, as after a crash."""

    policy: Policy = field(default_factory=lambda: Policy(mode="Verify"))
    verdict: Verdict = field(default_factory=verdict)
    proposals: list[Any] = field(default_factory=lambda: [Proposal(patch=PATCH, title="clear the batch")])
    gates: list[Any] = field(default_factory=lambda: [GateReport(passed=True)])
    tests: list[Any] = field(default_factory=lambda: [TestReport(passed=True, command=("true",))])
    verifications: list[Any] = field(default_factory=lambda: [Verification(outcome=Outcome.ACCEPTED, why="better")])
    published: list[Any] = field(default_factory=lambda: [PullRequest(branch="b", head="h")])
    evidence: list[Any] = field(default_factory=lambda: [Evidence(runtime="python")])
    effects: list[str] = field(default_factory=list)
    effect_count: int = 0
    die_at_effect: int | None = None

    def __post_init__(self) -> None:
        record = Record(uid="u", name="demo", generation="g", number=1, run="r1", commit="c0ffee", started_at=0)
        self.store = MemoryStore(record.model_dump_json(by_alias=True))
        script = {
            "measure": [METRICS],
            "diagnose": self.evidence,
            "propose": self.proposals,
            "gate": self.gates,
            "test": self.tests,
            "publish": self.published,
            "verify": self.verifications,
        }
        self.slow = {name: Scripted(name, results, self) for name, results in script.items()}

    def effect(self, name: str, *, before: bool) -> None:
        self.effect_count += 1
        if self.effect_count == self.die_at_effect:
            raise Killed

    def engine(self) -> Engine:
        ports = Ports(**self.slow)
        judge: Callable[[Metrics], Verdict] = lambda metrics: self.verdict  # noqa: E731
        describe = lambda record: ("title", f"ended {record.remediation.ended}")  # noqa: E731
        return Engine(self.policy, ports, self.store, judge, describe, Clock(), Quiet())

    def run(self) -> Record:
        return self.engine().run()


@pytest.fixture
def make_world() -> type[World]:
    return World


@pytest.fixture
def make_verdict() -> Callable[..., Verdict]:
    return verdict


@pytest.fixture
def killed() -> type[Killed]:
    return Killed
