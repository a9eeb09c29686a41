"""The operator's configuration: what authors of constraints must not choose. One ConfigMap, key config.yaml.

It is watched and applied without a restart. A broken one is refused as a whole: the last good one stays in force.
"""

import re
import ssl
from contextlib import suppress
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict

from setpoint.api.base import Model, Positive
from setpoint.api.duration import LongDuration
from setpoint.api.opening import Freeze, LoadWindow
from setpoint.api.shapes import ImageName, LabelName, ModelName
from setpoint.api.spec import Prices

ADDRESS = re.compile(r"https?://[A-Za-z0-9\[][-A-Za-z0-9.:\[\]]*(/[-A-Za-z0-9._~/]*)?")
LONGEST_CERTIFICATES = 100_000
CONFIG_MAP, CONFIG_KEY = "setpoint-config", "config.yaml"


def _address(url: str) -> str:
    if not ADDRESS.fullmatch(url):
        raise ValueError(f"{url!r} is no address; write for example http://prometheus.monitoring:9090")
    return url.rstrip("/")


def _host(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9\[][-A-Za-z0-9.:\[\]]*", name):
        raise ValueError(f"{name!r} is no host; write for example git.example.com or git.example.com:3000")
    return name.lower()


def _certificates(text: str) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with suppress(ssl.SSLError, ValueError):
        context.load_verify_locations(cadata=text)
    if not context.get_ca_certs() or len(text) > LONGEST_CERTIFICATES:
        raise ValueError("this is no certificate of an authority; write its PEM text, from -----BEGIN CERTIFICATE-----")
    return text


Address = Annotated[str, AfterValidator(_address)]
Host = Annotated[str, AfterValidator(_host)]


class Endpoint(Model):
    """A Prometheus. The token in `token_file`, if any, is sent to it alone."""

    url: Address
    token_file: str | None = None
    timeout: LongDuration = 15.0


class Ceilings(Model):
    """The most that any load may be."""

    rate: Positive = Field(
        default=1000.0, description="iterations per second, at any moment; a script: requests over HTTP as well"
    )
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
    certificates: Annotated[str, AfterValidator(_certificates)] | None = Field(
        default=None,
        description="PEM, of the authorities that the host's own certificate rests on, instead of the usual",
    )


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


class GatewayAddress(Model):
    """The Service of the model gateway, and what its pods are known by: their namespace and their port."""

    service: LabelName
    namespace: LabelName
    port: Annotated[int, Strict(), Field(ge=1, le=65535)] = 8081

    @property
    def url(self) -> str:
        """As pods reach it."""
        return f"http://{self.service}.{self.namespace}.svc:{self.port}"


class CustomQueries(Model):
    """What queries of authors are held to, where they are allowed."""

    tenant_label: Annotated[str, Field(pattern="^[a-zA-Z_][a-zA-Z0-9_]*$")] = Field(
        default="namespace", description="is the constraint's namespace in every selector"
    )
    longest_reach: LongDuration = Field(
        default=3600.0, description="how far back one may look: ranges, subqueries and offsets together"
    )
    most_points: Annotated[int, Strict(), Field(ge=1, le=10_000)] = Field(
        default=1000, description="how often subqueries may ask for each point of the answer"
    )


class Configuration(Model):
    """All of it; every entry has a default."""

    suspended: bool = Field(default=False, description="the kill switch: no load anywhere, within 10 seconds")
    prometheus: dict[LabelName, Endpoint] = Field(default_factory=dict)
    ceilings: Ceilings = Ceilings()
    windows: tuple[LoadWindow, ...] = Field(
        default=(), max_length=100, description="when loads may begin; none: at any time"
    )
    freezes: tuple[Freeze, ...] = Field(default=(), max_length=100, description="when no load may begin")
    runner: RunnerImage = RunnerImage()
    repositories: tuple[str, ...] = Field(default=(), description="patterns of repositories that may be repaired")
    forges: dict[Host, ForgeHost] = Field(default_factory=dict, description="what is not github.com or a plain remote")
    repair: RepairLimits = RepairLimits()
    gateway: GatewayAddress | None = Field(default=None, description="of models; none: no proposer anthropic")
    models: dict[ModelName, Prices] = Field(default_factory=dict, description="prices of what Setpoint does not know")
    allow_custom_queries: bool = Field(default=False, description="custom[].query and telemetry.queries of authors")
    custom_queries: CustomQueries = CustomQueries()
    allow_unenforced_network: bool = False
    restrict_loads: bool = Field(default=True, description="a NetworkPolicy binds load pods to their target")
    stop_early: bool = Field(default=True, description="end a long load when every row is decided")
    retry_after: LongDuration = Field(default=900.0, description="until a run that could not be judged is tried again")
