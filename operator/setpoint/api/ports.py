"""The ports: what the engine and the measuring code need from the world, and the values that cross.

Two levels. The engine (control/) sees only `Slow`: anything that takes time, keyed by a deterministic id. Measuring
(verify/) and evidence see `Source`, `Plant`, `Loader` and `Sensor`. Implementations are wired in cli/ and kube/.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import ErrorsSignal, Fault, LatencySignal, LoadPart, Metrics, Signal, Signals, Target
from setpoint.api.remedy import Evidence, GateReport, Proposal, PullRequest, TestReport, Tried, Verification
from setpoint.api.spec import Load
from setpoint.api.verdict import Verdict

Order_contra = TypeVar("Order_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Progress(Generic[Result_co]):
    """How a slow thing stands. `result` is there when Done; `message` and `error` (a class's name) when Failed."""

    phase: Literal["Absent", "Running", "Done", "Failed"]
    result: Result_co | None = None
    message: str = ""
    error: str = ""


class Slow(Protocol[Order_contra, Result_co]):
    """Anything that takes time: a load, a proposal, a test run, a pull request, a verification.

    Keyed by a deterministic id and idempotent: `ensure` creates or adopts (after checking the owner), and may block
    until the result is there or return at once; `state` never changes anything; `stop` leaves nothing running.
    """

    def ensure(self, key: str, order: Order_contra) -> None: ...
    def state(self, key: str) -> Progress[Result_co]: ...
    def stop(self, key: str) -> None: ...


# ── orders: all that a slow thing needs to know, plain values ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class MeasureOrder:
    """Run the load on the deployed code."""

    commit: str


@dataclass(frozen=True, slots=True)
class DiagnoseOrder:
    """Find out what the breached rows rest on, in a profiling copy."""

    commit: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ProposeOrder:
    """Propose a change. `base_patch` is what earlier attempts improved (empty: the deployed commit as it is)."""

    commit: str
    base_patch: str
    verdict: Verdict
    evidence: Evidence
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True, slots=True)
class PatchOrder:
    """Gate or test a patch, which is against `commit`."""

    commit: str
    patch: str


@dataclass(frozen=True, slots=True)
class PublishOrder:
    """Put commit + patch on `branch` and open, or bring up to date, its one pull request.

    `expected_head` is the commit that we put there before (empty: the branch must not exist): the lease. `at` (Unix
    seconds) is the commit's date, so that the same order gives the same commit id.
    """

    branch: str
    commit: str
    patch: str
    title: str
    body: str
    draft: bool
    expected_head: str
    at: int


@dataclass(frozen=True, slots=True)
class VerifyOrder:
    """Run the candidate (commit + patch) beside a control (the deployed commit) under the same load.

    `verdict` is what was breached; `previous` what the attempt that this one builds on had reached.
    """

    commit: str
    patch: str
    verdict: Verdict
    previous: Verification | None = None
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Ports:
    """All that the engine acts through."""

    measure: Slow[MeasureOrder, Metrics]
    diagnose: Slow[DiagnoseOrder, Evidence]
    propose: Slow[ProposeOrder, Proposal]
    gate: Slow[PatchOrder, GateReport]
    test: Slow[PatchOrder, TestReport]
    publish: Slow[PublishOrder, PullRequest]
    verify: Slow[VerifyOrder, Verification]


# ── measuring ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Source(Protocol):
    """The service's repository, read only: never touches its branches, index, files or worktree list."""

    def resolve(self, branch: str | None) -> str:
        """The commit id of `branch` (None: HEAD). Raises InputError when there is none."""

    def checkout(self, commit: str, patch: str, into: Path) -> Path:
        """Write the tree of commit + patch into the new folder `into`; the folder in it that the spec is about."""

    def diff(self, commit: str, tree: Path) -> str:
        """The patch that makes `commit` into the files under `tree` (as checkout gave it); empty when equal."""


class Copy(Protocol):
    """A running copy of the service."""

    name: str
    url: str  # http://127.0.0.1:PORT, no slash at the end

    def alive(self) -> bool: ...
    def pids(self) -> Sequence[int]:
        """Processes of the copy that live now (its process group and what came of it); empty when it is gone."""

    def output(self) -> str:
        """The end of what the copy printed (at most 8 KiB)."""


class Plant(Protocol):
    """What runs copies of the service. Leaving the context ends every process of the copy, whatever happened."""

    def start(self, name: str, tree: Path, env: Mapping[str, str] = ...) -> AbstractContextManager[Copy]:
        """Start and wait until ready. Raises TargetFailed with the end of its output."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    `code` is its exit code, or 128 + the signal that killed it; None: it took too long and was ended. `output` is the
    end of what it printed (at most 8 KiB, fit to be shown).
    """

    code: int | None
    seconds: float
    output: str


class Commands(Protocol):
    """Runs the user's commands, with nothing of ours in their environment; no process of theirs is left over."""

    def run(
        self, name: str, command: Sequence[str], tree: Path, timeout: float, environment: Mapping[str, str] = ...
    ) -> Ended:
        """Run `command` in `tree` to its end, for at most `timeout` seconds. Raises InputError: no such program.

        `environment` is what the command gets besides (default: nothing).
        """


@dataclass(frozen=True, slots=True)
class LoadOrder:
    """What to send where. `limits` (seconds) are edges that the latency buckets must have exactly."""

    load: Load
    url: str
    limits: tuple[float, ...] = ()
    folder: Path = Path()  # of the constraints file: script paths are relative to it
    seed: str = ""


@dataclass(frozen=True, slots=True)
class LoadFrame:
    """All that the load generator has done so far; cumulative. Latency, errors and throughput start after warm-up.

    `said`: the last error in its log, for people: what a script throws is counted nowhere.
    """

    load: LoadPart
    latency: LatencySignal
    errors: ErrorsSignal
    throughput: Signal
    faults: tuple[Fault, ...] = ()
    finished: bool = False
    said: str = ""


class RunningLoad(Protocol):
    """A load that was started."""

    def frame(self) -> LoadFrame:
        """What has been done so far; cheap enough to be called every second."""

    def stop(self) -> None:
        """End early, in good order: frame() then has finished=True and is as valid as a full one."""


class Loader(Protocol):
    """The load generator. Leaving the context ends its processes."""

    def start(self, order: LoadOrder) -> AbstractContextManager[RunningLoad]:
        """Raises LoadFailed when the generator is missing or refuses the script."""


class Watch(Protocol):
    """Sensors on one copy."""

    def sample(self) -> None:
        """Take one sample of every signal, now."""

    def signals(self) -> Signals:
        """Everything sampled so far, instances named by the copy."""

    def own(self, since: float) -> Signals | None:
        """The target's own latency, errors and throughput from `since` (Unix seconds) on; None: it exports none."""

    def faults(self) -> tuple[Fault, ...]: ...
    def target(self) -> Target:
        """The instances that were seen, with their start times and restarts."""


class Sensor(Protocol):
    """What reads signals from a copy: its processes and its /metrics page."""

    def open(self, copy: Copy) -> AbstractContextManager[Watch]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Which signals a sensor is asked for; taken from the constraints so that nothing else costs anything."""

    constraints: Constraints
    runtime: str = "auto"
    queries: Mapping[str, str] = field(default_factory=dict)
    metrics_path: str | None = None


class Clock(Protocol):
    """Time. `sleep` may return early when something happened."""

    def now(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class Tell(Protocol):
    """Progress for people: a line for each step, and how far a long one is (done of total seconds)."""

    def step(self, text: str) -> None: ...
    def progress(self, text: str, done: float, total: float) -> None: ...
