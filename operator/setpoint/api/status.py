"""The status of the custom resource: what people and GitOps tools read (contract section 7).

No code of the operator reads `phase`. Between runs, `last_run` is all that the operator knows of the last one.
"""

from typing import Annotated, Literal

from pydantic import Field

from setpoint.api.base import Open
from setpoint.api.verdict import Row

Truth = Literal["True", "False", "Unknown"]
LONGEST_MESSAGE = 1000
LONGEST_HISTORY = 10
LARGEST_STATUS = 64 * 1024


class Condition(Open):
    """A metav1.Condition."""

    type: str
    status: Truth
    reason: str
    message: Annotated[str, Field(max_length=32_768)] = ""
    observed_generation: int | None = None
    last_transition_time: str


class LastRun(Open):
    """The newest run. It is open until `finished_at` is there."""

    id: str
    number: int
    trigger: str = Field(description="NewGeneration, Rollout, Schedule, Requested or Retry")
    generation: int
    images: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    requested: str | None = Field(
        default=None, description="the value of the annotation setpoint.dev/run that it answers"
    )
    started_at: str
    finished_at: str | None = None
    result: Literal["Within", "Breached", "Inconclusive"] | None = None
    reason: str | None = None
    message: str = ""
    revision: str | None = Field(default=None, description="the deployed commit, where it is known")
    url: str | None = Field(default=None, description="where the load goes")
    unjudged: int = Field(default=0, description="runs in a row that a passing trouble kept from a verdict")


class ProposalStatus(Open):
    """The change that an attempt proposes."""

    title: str = ""
    digest: str = Field(description="SHA-256 of the patch")
    files: int = 0
    additions: int = 0
    deletions: int = 0
    gate: str | None = None


class PullRequestStatus(Open):
    """Where people read about the change."""

    url: str = ""
    number: int | None = None
    branch: str
    head: str
    state: str = ""
    draft: bool = True


class CanaryStatus(Open):
    """Candidate and control of a verification."""

    candidate: str = ""
    control: str = ""
    outcome: str | None = None
    message: str = ""


class BudgetStatus(Open):
    """What the remediation has spent."""

    attempts: int = 0
    usd: str = "0"
    limit_usd: str | None = None


class RemediationStatus(Open):
    """The answer to one confirmed breach: while it is open, and after it until a run is within its setpoints."""

    id: str
    run: str = Field(default="", description="the run whose breach it answers")
    generation: int = 0
    images: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    revision: str | None = None
    attempt: int = 0
    step: str = ""
    started_at: str | None = None
    ended: str | None = Field(default=None, description="how it ended; not there while it is open")
    escalation: str | None = Field(default=None, description="why people were called")
    retried_by: str | None = Field(default=None, description="who asked for another try; a run answers it")
    cools_until: str | None = Field(default=None, description="until then no other one begins")
    cause: str = ""
    proposal: ProposalStatus | None = None
    pull_request: PullRequestStatus | None = None
    canary: CanaryStatus | None = None
    budget: BudgetStatus | None = None
    message: str = ""


class PastRemediation(Open):
    """One that ended."""

    id: str
    ended: str
    reason: str
    message: str = ""
    attempts: int = 0
    pull_request: str = ""
    at: str


class ResourceStatus(Open):
    """The whole status; under 64 KiB."""

    observed_generation: int | None = None
    phase: str | None = Field(default=None, description="a label for people; no code reads it")
    conditions: tuple[Condition, ...] = ()
    last_run: LastRun | None = None
    constraints: tuple[Row, ...] = Field(default=(), description="the rows of the last verdict")
    worst: str | None = Field(default=None, description="the row that decided the last verdict")
    remediation: RemediationStatus | None = None
    history: Annotated[tuple[PastRemediation, ...], Field(max_length=LONGEST_HISTORY)] = ()
    next_run_time: str | None = None

    def condition(self, kind: str) -> Condition | None:
        """The condition of that type, if there is one."""
        return next((condition for condition in self.conditions if condition.type == kind), None)
