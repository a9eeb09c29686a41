"""What crosses between the operator and the pods of a repair: orders in, results out, all of it JSON.

Every pod does one thing (`setpoint step NAME --order FILE`) and holds no more than that needs. What it found is the
last line that it prints; what it printed before is talk. An order is given again after a crash, and gives the same.
"""

from typing import Annotated, Literal

from pydantic import Field

from setpoint.api.base import Model
from setpoint.api.constraints import Constraints
from setpoint.api.forge import Branch, Hosting
from setpoint.api.metrics import Metrics
from setpoint.api.remedy import Evidence, Tried
from setpoint.api.spec import Load, Repair, Telemetry
from setpoint.api.verdict import Verdict

# Before the result, on the last line that a step prints: gzip in base64, so that it is one line of any length.
RESULT_MARK = "setpoint-result:"
SOURCE_PORT = 8080
PATCH_FILE = "patch.diff"

StepName = Literal["source", "propose", "gate", "diagnose", "verify"]
Prefix = Annotated[str, Field(pattern=r"^[0-9a-f]{7,64}$")]


class SourceStep(Model):
    """Clone at `commit`, which may be shortened, and serve its tree on SOURCE_PORT: the only step with a token.

    `/tree.tar` is the tree, `/healthz` answers 200 when it is there.
    """

    hosting: Hosting
    branch: Branch
    commit: Prefix


class SourceFound(Model):
    """Said as soon as the tree is served. `commit` is the whole id; `branch_head` where the branch stands now."""

    commit: str
    branch_head: str


class ProposeStep(Model):
    """Propose a change of the tree at `source` (a URL). `repair.source.paths` are from the top of the tree.

    `toolbox`: the folder through which commands are run in the project's own image (None: there is no toolbox, and
    nothing can be run). `forbidden`: host:port that a network whose policies are enforced does not let through.
    """

    source: str
    commit: str
    base_patch: str = ""
    verdict: Verdict
    evidence: Evidence
    tried: tuple[Tried, ...] = ()
    repair: Repair
    toolbox: str | None = None
    forbidden: str | None = None


class GateStep(Model):
    """Gate `patch` against the tree at `source`; `paths` and `protected` as in GateRules. Gives a GateReport."""

    source: str
    patch: str
    paths: tuple[str, ...]
    protected: tuple[str, ...] = ()


class MostLoad(Model):
    """The operator's ceilings, for whoever sends a load: requests a second, and seconds with warm-up."""

    rate: float
    seconds: float


class DiagnoseStep(Model):
    """Profile the copy at `url` (in the same pod) under `load`, and say what was seen. Gives an Evidence.

    `probe` is the folder that the copy's probe and we share. Files of the copy below `mounted` (None: its working
    folder) are those of the tree at `source`. A script of the load lies beside the order.
    """

    source: str
    commit: str
    url: str
    metrics: str | None = None
    load: Load
    most: MostLoad
    verdict: Verdict
    probe: str
    mounted: str | None = None


class CopyOf(Model):
    """A running copy: where it is asked, and where its metrics page is, if it has one."""

    url: str
    metrics_url: str | None = None


class VerifyStep(Model):
    """The same load on every copy at the same time. Gives a VerifySeen.

    `copies` has `control` and `candidate`, and `twin` (a second control) where the noise is not known yet.
    """

    copies: dict[str, CopyOf]
    commit: str
    load: Load
    most: MostLoad
    constraints: Constraints
    telemetry: Telemetry = Telemetry()
    seed: str


class VerifySeen(Model):
    """What was seen of each copy from outside, over its requests and its page; `missing`: work that was left out.

    `asked`: where each copy was, so that one that is elsewhere now is known to be another. `trouble`: why nothing can
    be said of the candidate, whoever brought that about; empty: something can.
    """

    copies: dict[str, Metrics]
    missing: tuple[str, ...] = ()
    trouble: str = ""
    asked: dict[str, str] = Field(default_factory=dict)


class StepEnding(Model):
    """What a step leaves as its termination message: the SHA-256 of its result, or why there is none."""

    digest: str = ""
    error: str = Field(default="", description="the error's class")
    message: str = ""
    retry_after: float | None = None
