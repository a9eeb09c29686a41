"""A local run's file: the custom resource's spec with a process as the plant (contract section 5)."""

from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, Strict, model_validator

from setpoint.api.base import Model, Number
from setpoint.api.constraints import Constraints, Name
from setpoint.api.duration import Duration, LongDuration

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


UrlPath = Annotated[str, AfterValidator(_url_path)]
InsidePath = Annotated[str, AfterValidator(_inside)]


def _branch(name: str) -> str:
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
    branch: Annotated[str, AfterValidator(_branch)] | None = None
    paths: tuple[InsidePath, ...] = Field(default=(), description="what a repair may change; empty: nothing")


class TestSpec(Model):
    """The project's own tests."""

    __test__ = False  # not a test class, whatever its name

    command: Command
    timeout: LongDuration = 300.0


class Repair(Model):
    """What may be done about a confirmed breach."""

    mode: Literal["Observe", "Diagnose", "Propose", "Verify"] = "Observe"
    source: SourceSpec = SourceSpec()
    test: TestSpec | None = None
    proposer: str = "playbook"
    max_iterations: Count = 5
    escalate_after: Count = 3

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.mode in ("Propose", "Verify") and not self.source.paths:
            raise ValueError(f"repair.mode {self.mode} needs source.paths: the files and folders that it may change")
        if self.mode in ("Propose", "Verify") and self.test is None:
            raise ValueError(f"repair.mode {self.mode} needs test.command: the project's own tests")
        return self


class VerifySpec(Model):
    """How a repair is verified; `load.duration` defaults to the run's."""

    duration: LongDuration | None = None


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
