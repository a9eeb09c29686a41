"""A local run's file: the custom resource's spec with a process as the plant (contract section 5)."""

from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from setpoint.api.base import Model, Number
from setpoint.api.constraints import Constraints, Query
from setpoint.api.duration import Duration, LongDuration
from setpoint.api.shapes import (
    BranchName,
    Dollars,
    HeaderName,
    HeaderValue,
    InsidePath,
    LabelName,
    ModelName,
    SignalName,
    UrlPath,
    VariableName,
)

# What generated loads and all comparisons of answers say they are: a service cannot tell one from the other by it.
USER_AGENT = "setpoint"

Count = Annotated[int, Strict(), Field(ge=1, le=50)]  # strict: neither "5" nor true
Command = Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]


class LocalTarget(Model):
    """The service as a process; gets PORT in its environment."""

    command: Command
    readiness: UrlPath = "/"
    metrics: UrlPath | None = None
    env: dict[str, str] = Field(default_factory=dict)


class Http(Model):
    """One request, sent at a constant arrival rate."""

    path: UrlPath = Field(default="/", description="Path and query on the target")
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = Field(
        default="GET", description="Method of the request"
    )
    body: str | None = Field(default=None, max_length=1_000_000, description="What is sent")
    headers: Annotated[dict[HeaderName, HeaderValue], Field(max_length=50)] = Field(
        default_factory=dict, description="Headers by their names"
    )
    rate: Annotated[Number, Field(gt=0, le=100_000)] = Field(description="Requests per second")


class Load(Model):
    """What exercises the target: one request at a rate, or a k6 script."""

    http: Http | None = None
    script: InsidePath | None = None
    warmup: Duration = 10.0
    duration: LongDuration = 60.0

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.http is None) == (self.script is None):
            raise ValueError("load needs exactly one of http and script")
        return self


class Telemetry(Model):
    """Where signals come from when not from the load generator and the process."""

    latency: Literal["load", "prometheus"] = Field(
        default="load",
        description="Whose latency, errors and throughput are judged: the load generator's or the target's own",
    )
    runtime: Literal["auto", "python", "go", "jvm", "node"] = Field(
        default="auto", description="Whose metric tells the heap"
    )
    queries: dict[SignalName, Query] = Field(
        default_factory=dict, description="PromQL in place of a preset: of memory, heap, cardinality, cpu"
    )


class SourceSpec(Model):
    """Where the service's code is. `repository` is a path, relative to the file; `branch` defaults to HEAD."""

    repository: str = "."
    branch: BranchName | None = None
    paths: tuple[InsidePath, ...] = Field(default=(), description="what a repair may change; empty: nothing")


class TestSpec(Model):
    """The project's own tests."""

    __test__ = False  # not a test class, whatever its name

    command: Command = Field(description="Program and arguments, no shell")
    timeout: LongDuration = Field(default=300.0, description="How long they may take")


class Budget(Model):
    """What a proposer may spend: `usd` in a whole remediation, the rest in one attempt."""

    usd: Dollars = Field(default="5.00", description="US dollars in a whole remediation")
    duration: LongDuration = Field(default=1200.0, description="Time of one attempt")
    turns: Annotated[int, Strict(), Field(ge=1, le=1000)] = Field(
        default=60, description="Answers of a model in one attempt"
    )
    tokens: Annotated[int, Strict(), Field(ge=1000, le=1_000_000_000)] = Field(
        default=3_000_000, description="Tokens of a model in one attempt"
    )


class Prices(Model):
    """What a model costs, in US dollars for a million tokens; for models whose prices Setpoint does not know."""

    input: Dollars = Field(description="For what the model reads")
    output: Dollars = Field(description="For what the model writes")


class Repair(Model):
    """What may be done about a confirmed breach.

    `command` is for the proposer of that name, and `environment` names the variables of ours that it gets besides.
    `model`, `prices` and the money and tokens of `budget` are for the proposer anthropic.
    """

    mode: Literal["Observe", "Diagnose", "Propose", "Verify"] = "Observe"
    source: SourceSpec = SourceSpec()
    test: TestSpec | None = None
    proposer: str = "playbook"
    command: Command | None = None
    environment: Annotated[tuple[VariableName, ...], Field(max_length=50)] = ()
    model: ModelName | None = None
    prices: Prices | None = None
    budget: Budget = Budget()
    max_iterations: Count = 5
    escalate_after: Count = 3

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.mode in ("Propose", "Verify") and not self.source.paths:
            raise ValueError(f"repair.mode {self.mode} needs source.paths: the files and folders that it may change")
        if self.mode in ("Propose", "Verify") and self.test is None:
            raise ValueError(f"repair.mode {self.mode} needs test.command: the project's own tests")
        if self.proposer == "command" and self.command is None:
            raise ValueError("repair.proposer command needs command: the program that proposes changes")
        return self


class VerifyLoad(Model):
    """How the load of a verification differs from the run's."""

    duration: LongDuration | None = Field(default=None, description="Default: the run's")


class VerifySpec(Model):
    """How a repair is verified; `load.duration` defaults to the run's."""

    load: VerifyLoad = VerifyLoad()


class LocalSpec(Model):
    """The whole file. `check` needs only `constraints`; the other commands say what they miss."""

    name: LabelName | None = None
    target: LocalTarget | None = None
    load: Load | None = None
    window: LongDuration = Field(default=1200.0, description="live traffic that is judged when there is no load")
    constraints: Constraints
    telemetry: Telemetry = Telemetry()
    repair: Repair = Repair()
    verify: VerifySpec = VerifySpec()
