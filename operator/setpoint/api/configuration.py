"""The operator's configuration: what authors of constraints must not choose. One ConfigMap, key config.yaml.

It is watched and applied without a restart. A broken one is refused as a whole: the last good one stays in force.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, Strict

from setpoint.api.base import Model, Positive
from setpoint.api.duration import LongDuration
from setpoint.api.shapes import ImageName, LabelName

CONFIG_MAP, CONFIG_KEY = "setpoint-config", "config.yaml"


def _address(url: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9\[][-A-Za-z0-9.:\[\]]*(/[-A-Za-z0-9._~/]*)?", url):
        raise ValueError(f"{url!r} is no address; write for example http://prometheus.monitoring:9090")
    return url.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]


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


class Configuration(Model):
    """All of it; every entry has a default."""

    suspended: bool = Field(default=False, description="the kill switch: no load anywhere, within 10 seconds")
    prometheus: dict[LabelName, Endpoint] = Field(default_factory=dict)
    ceilings: Ceilings = Ceilings()
    runner: RunnerImage = RunnerImage()
    repositories: tuple[str, ...] = Field(default=(), description="patterns of repositories that may be repaired")
    allow_custom_queries: bool = Field(default=False, description="custom[].query and telemetry.queries of authors")
    allow_unenforced_network: bool = False
    stop_early: bool = Field(default=True, description="end a long load when every row is decided")
    retry_after: LongDuration = Field(default=900.0, description="until a run that could not be judged is tried again")
