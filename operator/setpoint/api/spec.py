"""A local run's file: the custom resource's spec with a process as the plant (contract section 5)."""

import re
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, Strict, WithJsonSchema, model_validator

from setpoint.api.base import Model, Number
from setpoint.api.constraints import Constraints, Name
from setpoint.api.duration import Duration, LongDuration

# What generated loads and all comparisons of answers say they are: a service cannot tell one from the other by it.
USER_AGENT = "setpoint"

Count = Annotated[int, Strict(), Field(ge=1, le=50)]  # strict: neither "5" nor true
Command = Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]


def _url_path(path: str) -> str:
    if not path.startswith("/") or any(character.isspace() or ord(character) < 32 for character in path):
        raise ValueError(f"{path!r} is not a path on the target; write for example /healthz")
    return path


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if not path or pure.is_absolute() or ".." in pure.parts or "\x00" in path:
        raise ValueError(f"{path!r} does not lie inside the repository; write a relative path without ..")
    return path


def schema_format(name: str) -> WithJsonSchema:
    """What the type is called in schemas; api/crd_rules.py says what that means to an API server."""
    return WithJsonSchema({"type": "string", "format": f"setpoint-{name}"})


UrlPath = Annotated[str, AfterValidator(_url_path), schema_format("url-path")]
InsidePath = Annotated[str, AfterValidator(_inside), schema_format("inside-path")]


def branch_name(name: str) -> str:
    """`name` if it is one of a branch; raises ValueError."""
    bad = (
        name.startswith(("-", "refs/")) or any(c in name for c in " :~^?*[\\") or ".." in name or name.endswith(".lock")
    )
    if not name or bad or any(ord(c) < 33 for c in name):
        raise ValueError(f"{name!r} is not a branch name; write for example main")
    return name


class LocalTarget(Model):
    """The service as a process; gets PORT in its environment."""

    command: Command
    readiness: UrlPath = "/"
    metrics: UrlPath | None = None
    env: dict[str, str] = Field(default_factory=dict)


class Http(Model):
    """One request, sent at a constant arrival rate."""

    path: UrlPath = "/"
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "GET"
    body: str | None = Field(default=None, max_length=1_000_000)
    headers: dict[str, str] = Field(default_factory=dict)
    rate: Annotated[Number, Field(gt=0, le=100_000)] = Field(description="requests per second")


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

    latency: Literal["load", "prometheus"] = "load"
    runtime: Literal["auto", "python", "go", "jvm", "node"] = "auto"
    queries: dict[str, str] = Field(default_factory=dict)


class SourceSpec(Model):
    """Where the service's code is. `repository` is a path, relative to the file; `branch` defaults to HEAD."""

    repository: str = "."
    branch: Annotated[str, AfterValidator(branch_name)] | None = None
    paths: tuple[InsidePath, ...] = Field(default=(), description="what a repair may change; empty: nothing")


class TestSpec(Model):
    """The project's own tests."""

    __test__ = False  # not a test class, whatever its name

    command: Command
    timeout: LongDuration = 300.0


def _dollars(amount: str) -> str:
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", amount) or not Decimal(amount):
        raise ValueError(f'{amount!r} is not an amount of US dollars; write for example "5.00"')
    return amount


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"{name!r} is not the name of an environment variable; write the name alone, without a value")
    return name


def _model_name(name: str) -> str:
    if not re.fullmatch(r"[!-~]{1,200}", name):
        raise ValueError(f"{name!r} is not the name of a model; write it as the model's maker does")
    return name


Dollars = Annotated[
    str, AfterValidator(_dollars), schema_format("dollars")
]  # text: money does not survive binary fractions
VariableName = Annotated[str, AfterValidator(_variable)]
ModelName = Annotated[str, AfterValidator(_model_name), schema_format("model")]


class Budget(Model):
    """What a proposer may spend: `usd` in a whole remediation, the rest in one attempt."""

    usd: Dollars = "5.00"
    duration: LongDuration = 1200.0
    turns: Annotated[int, Strict(), Field(ge=1, le=1000)] = 60
    tokens: Annotated[int, Strict(), Field(ge=1000, le=1_000_000_000)] = 3_000_000


class Prices(Model):
    """What a model costs, in US dollars for a million tokens; for models whose prices Setpoint does not know."""

    input: Dollars
    output: Dollars


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

    duration: LongDuration | None = None


class VerifySpec(Model):
    """How a repair is verified; `load.duration` defaults to the run's."""

    load: VerifyLoad = VerifyLoad()


class LocalSpec(Model):
    """The whole file. `check` needs only `constraints`; the other commands say what they miss."""

    name: Name | None = None
    target: LocalTarget | None = None
    load: Load | None = None
    window: LongDuration = Field(default=1200.0, description="live traffic that is judged when there is no load")
    constraints: Constraints
    telemetry: Telemetry = Telemetry()
    repair: Repair = Repair()
    verify: VerifySpec = VerifySpec()
