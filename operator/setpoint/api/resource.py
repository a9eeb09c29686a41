"""The spec of the custom resource: the setpoints of a Deployment, its load, and what may be done (contract section 7).

No reference has a namespace: everything that it names lies beside the resource.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, Strict, WithJsonSchema, model_validator

from setpoint.api.base import Model
from setpoint.api.constraints import Constraints
from setpoint.api.duration import Duration, LongDuration
from setpoint.api.shapes import (
    AnnotationName,
    BranchName,
    CommitImage,
    CommitTag,
    Cron,
    ImageName,
    InsidePath,
    KeyName,
    LabelName,
    ModelName,
    MountPath,
    ObjectName,
    RepositoryUrl,
    TimeZone,
    UrlPath,
)
from setpoint.api.spec import Budget, Command, Count, Http, Prices, Telemetry, TestSpec, VerifyLoad

API_VERSION, GROUP, VERSION = "setpoint.dev/v1alpha1", "setpoint.dev", "v1alpha1"
KIND, PLURAL, SHORT_NAME = "PerformanceConstraint", "performanceconstraints", "pc"

_PORT_NAME = "([0-9]+-)*[0-9]*[a-z](-?[a-z0-9])*"


def _port(port: object) -> object:
    # A Service's port has a letter in its name (RFC 6335): "8080" is a number that somebody put in quotes.
    if isinstance(port, bool) or not isinstance(port, int | str):
        raise ValueError("a port is needed here; write the name or the number of the Service's port")
    if not (1 <= port <= 65535 if isinstance(port, int) else len(port) <= 15 and re.fullmatch(_PORT_NAME, port)):
        raise ValueError(f"{port!r} is not a port; write the name or the number of the Service's port")
    return port


_PORT_RULE = {
    "rule": f"type(self) == int ? self >= 1 && self <= 65535 : self.matches('^{_PORT_NAME}$')",
    "message": "is not a port; write the name or the number of the Service's port",
}
_PORT_SCHEMA = {"x-kubernetes-int-or-string": True, "maxLength": 15, "x-kubernetes-validations": [_PORT_RULE]}
Port = Annotated[int | str, BeforeValidator(_port), WithJsonSchema(_PORT_SCHEMA)]


Flag = Annotated[bool, Strict()]


class DeploymentTarget(Model):
    """The plant: a Deployment, and the Service and port that its requests are sent to."""

    deployment: ObjectName = Field(description="The Deployment that is measured")
    service: LabelName = Field(description="The Service that requests are sent to")
    port: Port = Field(description="Name or number of the Service's port")
    container: LabelName | None = Field(default=None, description="Of several: the one that is measured (default: all)")
    metrics: UrlPath | None = Field(default=None, description="Path of its metrics page, left out of its own latency")


class KeyOf(Model):
    """A key of a ConfigMap beside the resource."""

    config_map: ObjectName = Field(description="Name of the ConfigMap")
    key: KeyName = Field(description="The key that holds the script")


class ClusterLoad(Model):
    """What exercises the target: one request at a rate, or a k6 script in a ConfigMap."""

    http: Http | None = None
    script: KeyOf | None = None
    warmup: Duration = Field(default=10.0, description="Load before anything is judged")
    duration: LongDuration = Field(default=60.0, description="Load that is judged, after the warm-up")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.http is None) == (self.script is None):
            raise ValueError("load needs exactly one of http and script")
        return self


class ClusterTelemetry(Telemetry):
    """Where signals come from. `prometheus` is the name of an endpoint in the operator's configuration."""

    prometheus: LabelName = Field(default="default", description="An endpoint that the operator's configuration names")


class Revision(Model):
    """Which commit is deployed: an annotation of the Deployment, or a part of its image's tag."""

    annotation: AnnotationName | None = Field(default=None, description="Annotation of the Deployment that holds it")
    image_tag: CommitTag | None = Field(default=None, description="How tags are made, {sha} for the commit: v1-{sha}")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.annotation is None) == (self.image_tag is None):
            raise ValueError("revision needs exactly one of annotation and image_tag")
        return self


class ClusterSource(Model):
    """Where the target's code is. Of the Secret `secret_ref` only the key setpoint-git-token is ever mounted."""

    repository: RepositoryUrl = Field(description="Must match the operator's list of repositories")
    branch: BranchName = Field(description="The branch that repairs are proposed for")
    paths: Annotated[tuple[InsidePath, ...], Field(max_length=50)] = Field(
        default=(), description="What a repair may change; empty: nothing"
    )
    secret_ref: ObjectName | None = Field(
        default=None, description="A Secret; only its key setpoint-git-token is mounted"
    )
    revision: Revision | None = None


class ClusterTest(TestSpec):
    """The project's own tests; `image` defaults to the target's."""

    image: ImageName | None = Field(default=None, description="Where they run; default: the target's image")


class ClusterRepair(Model):
    """What may be done about a confirmed breach."""

    mode: Literal["Observe", "Diagnose", "Propose", "Verify"] = Field(
        default="Observe",
        description="Observe: judge only. Diagnose: find the cause. Propose: open a draft pull request. "
        "Verify: also prove it beside an unchanged copy",
    )
    source: ClusterSource | None = None
    test: ClusterTest | None = None
    proposer: Literal["playbook", "anthropic", "command"] = Field(
        default="playbook", description="Who proposes changes: known patterns, a model, or a program of yours"
    )
    command: Command | None = Field(default=None, description="The program of the proposer command")
    model: ModelName | None = Field(default=None, description="The model of the proposer anthropic")
    prices: Prices | None = None
    budget: Budget = Budget()
    max_iterations: Count = Field(default=5, description="Attempts in all, before people are called")
    escalate_after: Count = Field(
        default=3, description="Attempts in a row without improvement, before people are called"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.proposer == "command" and self.command is None:
            raise ValueError("repair.proposer command needs command: the program that proposes changes")
        if self.mode == "Observe":
            return self
        if self.source is None:
            raise ValueError(f"repair.mode {self.mode} needs source: the repository of the target's code")
        if self.mode in ("Propose", "Verify") and not self.source.paths:
            raise ValueError(f"repair.mode {self.mode} needs source.paths: the files and folders that it may change")
        if self.mode in ("Propose", "Verify") and self.test is None:
            raise ValueError(f"repair.mode {self.mode} needs test.command: the project's own tests")
        return self


class Mounted(Model):
    """The source over the image's, for interpreted code: each of source.paths by subPath below `mount_path`."""

    mount_path: MountPath = Field(description="Where the source lies in the container")


class Allowed(Model):
    """What candidate and control may keep of the target's own; all else is taken from them."""

    secrets: Annotated[tuple[ObjectName, ...], Field(max_length=50)] = Field(default=(), description="Names of Secrets")
    config_maps: Annotated[tuple[ObjectName, ...], Field(max_length=50)] = Field(
        default=(), description="Names of ConfigMaps"
    )
    volumes: Annotated[tuple[LabelName, ...], Field(max_length=50)] = Field(
        default=(), description="Names of volumes of the pod"
    )


class ClusterVerify(Model):
    """How a repair is verified: from an image that the repository's CI publishes, or from the source over the image."""

    image: CommitImage | None = Field(default=None, description="The image of a commit, {sha} for the commit's id")
    source: Mounted | None = None
    load: VerifyLoad = VerifyLoad()
    approval: Literal["None", "BeforeCanary"] = Field(
        default="None", description="BeforeCanary: wait for the annotation setpoint.dev/approve before copies start"
    )
    allow: Allowed = Allowed()

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.image is not None and self.source is not None:
            raise ValueError("verify has both image and source; write the one that the copies are made from")
        return self


class ResourceSpec(Model):
    """The setpoints, how they are measured, and what may be done about a breach."""

    target: DeploymentTarget
    load: ClusterLoad | None = None
    window: LongDuration = Field(default=1200.0, description="Live traffic that is judged when there is no load")
    schedule: Cron | None = Field(default=None, description="Also runs then: minute, hour, day, month, weekday")
    time_zone: TimeZone = Field(default="UTC", description="Of the schedule, a name of the IANA data base")
    on_rollout: Flag = Field(default=True, description="Also run after a rollout to other images")
    constraints: Constraints
    telemetry: ClusterTelemetry = ClusterTelemetry()
    repair: ClusterRepair = ClusterRepair()
    verify: ClusterVerify = ClusterVerify()
    suspend: Flag = Field(default=False, description="No more runs until it is false again")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.repair.mode == "Verify" and self.verify.image is None and self.verify.source is None:
            raise ValueError("repair.mode Verify needs verify.image or verify.source: what the copies are made from")
        if self.repair.mode in ("Propose", "Verify") and self.load is None:
            raise ValueError(f"repair.mode {self.repair.mode} needs load: a repair is proven under the same load")
        return self
