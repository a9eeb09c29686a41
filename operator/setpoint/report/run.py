"""What a report of a run is made of: values that were measured, decided and tried."""

from dataclasses import dataclass

from setpoint.api.metrics import Metrics
from setpoint.api.remedy import Evidence, GateReport, Pair, Proposal, PullRequest, TestReport, Verification
from setpoint.api.verdict import Verdict


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """What was decided or done; `at` in Unix seconds."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class AttemptReport:
    """One attempt, as far as it came. `pair`: what control and candidate showed."""

    number: int
    proposal: Proposal | None = None
    gate: GateReport | None = None
    test: TestReport | None = None
    verification: Verification | None = None
    pair: Pair | None = None
    outcome: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReportInput:
    """All that a report shows. `ended`: the whole in one sentence."""

    title: str
    run: str = ""
    commit: str = ""
    verdict: Verdict | None = None
    metrics: Metrics | None = None
    evidence: Evidence | None = None
    attempts: tuple[AttemptReport, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    pull_request: PullRequest | None = None
    ended: str = ""
