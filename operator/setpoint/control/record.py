"""What is written down between steps: enough to go on after a crash, and to explain every decision.

Records are immutable; each `with_*` gives the next one. In a cluster the status is a projection of it.
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from setpoint.api.base import Model
from setpoint.api.reasons import Ending, Escalation, Step
from setpoint.api.remedy import (
    Evidence,
    GateReport,
    Outcome,
    Proposal,
    PullRequest,
    TestReport,
    Tried,
    Verification,
)
from setpoint.api.verdict import Verdict


class Stage(StrEnum):
    """The slow things that the engine starts, one at a time."""

    MEASURE = "measure"
    DIAGNOSE = "diagnose"
    PROPOSE = "propose"
    GATE = "gate"
    TEST = "test"
    PUBLISH = "publish"
    VERIFY = "verify"
    ANNOUNCE = "announce"


STEP_OF = {
    Stage.DIAGNOSE: Step.DIAGNOSING,
    Stage.PROPOSE: Step.PROPOSING,
    Stage.GATE: Step.GATING,
    Stage.TEST: Step.TESTING,
    Stage.PUBLISH: Step.PUBLISHING,
    Stage.VERIFY: Step.VERIFYING,
    Stage.ANNOUNCE: Step.PUBLISHING,
}


class Action(StrEnum):
    """What a decision does."""

    START = "Start"
    WAIT = "Wait"
    TAKE = "Take"
    OPEN = "Open"
    ATTEMPT = "Attempt"
    SETTLE = "Settle"
    END = "End"
    FINISH = "Finish"


class Decision(Model):
    """What to do next, which rule said so, and why; `after` (seconds) is when to look again while waiting."""

    rule: str = ""
    action: Action
    stage: Stage | None = None
    reason: str
    message: str
    outcome: Outcome | None = None
    ending: Ending | None = None
    escalation: Escalation | None = None
    after: float = 0.0
    at: float = 0.0


class Attempt(Model):
    """One try: a proposal and how far it came. `base_patch` is what it builds on (empty: the deployed commit)."""

    number: int
    base_patch: str = ""
    proposal: Proposal | None = None
    gate: GateReport | None = None
    test: TestReport | None = None
    published: bool = False
    verification: Verification | None = None
    rounds: int = Field(default=1, description="of verification, the one under way included")
    outcome: Outcome | None = None
    why: str = ""

    @property
    def patch(self) -> str:
        """The proposed patch, against the deployed commit; empty when there is none."""
        return self.proposal.patch if self.proposal else ""


class Remediation(Model):
    """The answer to one confirmed breach: evidence, attempts, one pull request, an end."""

    id: str
    opened_at: float
    evidence: Evidence | None = None
    attempts: tuple[Attempt, ...] = ()
    pull_request: PullRequest | None = None
    announced: bool = False
    ended: Ending | None = None
    escalation: Escalation | None = None
    message: str = ""

    @property
    def current(self) -> Attempt | None:
        """The last attempt, open or not."""
        return self.attempts[-1] if self.attempts else None

    def key_of(self, attempt: Attempt, stage: Stage) -> str:
        """The deterministic key of a stage of an attempt; each round of verification has its own."""
        again = f"-{attempt.rounds}" if stage is Stage.VERIFY and attempt.rounds > 1 else ""
        return f"{self.id}-{attempt.number}-{stage}{again}"

    def with_attempt(self, attempt: Attempt) -> "Remediation":
        """With `attempt` in place of the one of its number, or added."""
        others = tuple(other for other in self.attempts if other.number != attempt.number)
        return self.model_copy(update={"attempts": (*others, attempt)})

    def tried(self) -> tuple[Tried, ...]:
        """The concluded attempts that had a proposal, told to the next proposer and to people."""
        return tuple(
            Tried(
                number=attempt.number,
                title=attempt.proposal.title,
                pattern=attempt.proposal.pattern,
                patch=attempt.patch,
                why_not=attempt.why,
            )
            for attempt in self.attempts
            if attempt.outcome not in (None, Outcome.ACCEPTED) and attempt.proposal and attempt.patch
        )

    def shown(self) -> Attempt | None:
        """The attempt that the branch holds and people are shown: the current one while the remediation is open.

        At the end the accepted one; else the best that there is, which improved something; else the last.
        """
        if self.ended is None:
            return self.current
        published = [attempt for attempt in self.attempts if attempt.published]
        accepted = [attempt for attempt in published if attempt.outcome is Outcome.ACCEPTED]
        improved = [attempt for attempt in published if attempt.outcome is Outcome.IMPROVED]
        best = accepted or improved or published
        return best[-1] if best else None

    def base(self) -> Attempt | None:
        """The attempt that the next one builds on: the last that improved a breached row."""
        improved = [attempt for attempt in self.attempts if attempt.outcome is Outcome.IMPROVED]
        return improved[-1] if improved else None


class Pending(Model):
    """A slow thing that was written down before it was started."""

    stage: Stage
    key: str


class Record(Model):
    """One run of one constraint: what it measured, judged, decided and did."""

    schema_version: Literal[1] = 1
    uid: str
    name: str
    generation: str
    number: int
    run: str
    commit: str
    started_at: float
    pending: Pending | None = None
    verdict: Verdict | None = None
    remediation: Remediation | None = None
    finished: bool = False
    decisions: tuple[Decision, ...] = Field(default=(), max_length=1000)

    @property
    def branch(self) -> str:
        """The one branch of the remediation."""
        assert self.remediation is not None
        return f"setpoint/{self.name}/{self.remediation.id}"

    def with_remediation(self, **changes: object) -> "Record":
        """With the open remediation changed."""
        assert self.remediation is not None
        return self.model_copy(update={"remediation": self.remediation.model_copy(update=changes)})

    def with_current(self, **changes: object) -> "Record":
        """With the current attempt changed."""
        assert self.remediation is not None and self.remediation.current is not None
        attempt = self.remediation.current.model_copy(update=changes)
        return self.model_copy(update={"remediation": self.remediation.with_attempt(attempt)})
