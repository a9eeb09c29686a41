"""The operator's configuration: what authors of constraints must not choose. One ConfigMap, key config.yaml.

It is watched and applied without a restart. A broken one is refused as a whole: the last good one stays in force.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict

from setpoint.api.base import Model, Positive
from setpoint.api.duration import LongDuration
from setpoint.api.shapes import ImageName, LabelName

CONFIG_MAP, CONFIG_KEY = "setpoint-config", "config.yaml"


def _address(url: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9\[][-A-Za-z0-9.:\[\]]*(/[-A-Za-z0-9._~/]*)?", url):
        raise ValueError(f"{url!r} is no address; write for example http://prometheus.monitoring:9090")
    return url.rstrip("/")


def _host(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9\[][-A-Za-z0-9.:\[\]]*", name):
        raise ValueError(f"{name!r} is no host; write for example git.example.com or git.example.com:3000")
    return name.lower()


Address = Annotated[str, AfterValidator(_address)]
Host = Annotated[str, AfterValidator(_host)]


class Endpoint(Model):
    """A Prometheus. The token in `token_file`, if any, is sent to it alone."""

    url: Address
    token_file: str | None = None
    timeout: LongDuration = 15.0


class Ceilings(Model):
    """The most that any load may be."""

    rate: Positive = Field(default=1000.0, description="iterations per second, at any moment")
    duration: LongDuration = Field(default=7200.0, description="warm-up included")
    concurrent_loads: Annotated[int, Strict(), Field(ge=1, le=1000)] = 4


def _no_limits() -> dict[str, dict[str, str]]:
    # No limit on CPU: a throttled load generator would be measured as a slow target.
    return {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}


class RunnerImage(Model):
    """The image of load pods, what they get, and how long one may take to start."""

    name: ImageName = "ghcr.io/setpoint/runner:0.1.0"
    pull_policy: str = "IfNotPresent"
    pull_secrets: tuple[LabelName, ...] = ()
    resources: dict[str, dict[str, str]] = Field(default_factory=_no_limits)
    start_within: LongDuration = 120.0


class ForgeHost(Model):
    """What a host of repositories is. Plain http shows the token to the network, so it has to be asked for."""

    kind: Literal["gitea", "github", "git"]
    api: Address | None = None
    plain_http: Annotated[bool, Strict()] = False


def _small() -> dict[str, dict[str, str]]:
    return {
        "requests": {"cpu": "50m", "memory": "128Mi"},
        "limits": {"cpu": "2", "memory": "1Gi", "ephemeral-storage": "2Gi"},
    }


class RepairLimits(Model):
    """What repairs may take, whoever asks for them."""

    within: LongDuration = Field(default=14_400.0, description="a remediation that is still open then is escalated")
    image_within: LongDuration = Field(default=1800.0, description="until the repository's CI has published an image")
    cool_down: LongDuration = Field(
        default=3600.0, description="after one that did not succeed; twice as long each time"
    )
    look_every: LongDuration = Field(default=60.0, description="at what people did, while an attempt is open")
    look_later: LongDuration = Field(default=900.0, description="the same, while they decide about a pull request")
    resources: dict[str, dict[str, str]] = Field(default_factory=_small, description="of every container of a repair")


class Configuration(Model):
    """All of it; every entry has a default."""

    suspended: bool = Field(default=False, description="the kill switch: no load anywhere, within 10 seconds")
    prometheus: dict[LabelName, Endpoint] = Field(default_factory=dict)
    ceilings: Ceilings = Ceilings()
    runner: RunnerImage = RunnerImage()
    repositories: tuple[str, ...] = Field(default=(), description="patterns of repositories that may be repaired")
    forges: dict[Host, ForgeHost] = Field(default_factory=dict, description="what is not github.com or a plain remote")
    repair: RepairLimits = RepairLimits()
    allow_custom_queries: bool = Field(default=False, description="custom[].query and telemetry.queries of authors")
    allow_unenforced_network: bool = False
    stop_early: bool = Field(default=True, description="end a long load when every row is decided")
    retry_after: LongDuration = Field(default=900.0, description="until a run that could not be judged is tried again")
