"""The values of a remediation: evidence, proposal, gate, tests, pull request, verification (contract section 6).

All of them are written to disk between steps, so each is a Model with a JSON form. A `patch` is a unified diff as git
writes it, always against the deployed commit (not against the attempt before), text of at most 256 KiB.
"""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from setpoint.api.base import Model, Open
from setpoint.api.metrics import Metrics
from setpoint.api.verdict import Verdict

LARGEST_PATCH = 256 * 1024


class Site(Open):
    """A place in the service's own code that evidence points at; paths are relative to the repository's top."""

    file: str
    line: int
    function: str = ""
    code: str = ""
    grown_bytes: int = 0
    grown_count: int = 0
    share: float = Field(default=0.0, description="of everything of its kind that was seen, 0 to 1")


class Stack(Open):
    """Code that was seen again and again while the load ran; `frames` are the service's own, innermost last."""

    frames: tuple[Site, ...]
    kind: Literal["cpu", "waiting"] = "cpu"
    share: float = Field(description="of all samples of its kind, 0 to 1")
    inside: str = Field(default="", description="the library function that the innermost frame was in, if any")


class Holder(Open):
    """A container of the service that grew under load; `line` is where it is first assigned, if that was found.

    `owner` is its qualified name: `app.CACHE` (scope module), `app.Store.seen` (class: on the class itself; instance:
    on objects of it), `app.main.seen` (function: a local or enclosed variable, a default argument, or an lru_cache).
    """

    kind: Literal["list", "dict", "set", "deque", "lru_cache", "other"]
    owner: str
    scope: Literal["module", "class", "instance", "function"]
    file: str
    line: int | None = None
    length_then: int
    length_now: int
    nested: bool = Field(default=False, description="the containers inside it grew, not it; lengths are their sums")
    key: str = Field(default="", description="nested: the one key under which the container is that grew, if it is one")
    grown_bytes: int = Field(default=0, description="estimate from a few of its newest items")


class LabelGrowth(Open):
    """A label whose values keep growing, with a few of them. `site`: where the metric is given the label, if known."""

    metric: str
    label: str
    values: int
    grown: int
    examples: tuple[str, ...] = ()
    site: Site | None = None


class Statement(Open):
    """A database statement (values taken out) and how often one request runs it, from one place."""

    text: str
    per_request: float
    site: Site


class Blocking(Open):
    """A call that held up an event loop or a lock: how often, and how long in all.

    For a lock these are how often someone was seen waiting at `site`, and the seconds of all who waited together.
    """

    call: str
    kind: Literal["event-loop", "lock"] = "event-loop"
    count: int
    seconds: float
    site: Site
    holding: Site | None = Field(default=None, description="what ran inside the lock meanwhile, if that was seen")


class Opened(Open):
    """Connections, files or clients opened at one place, for each request, and how many were still open at the end."""

    kind: Literal["connection", "file", "client"]
    per_request: float
    still_open: int
    site: Site
    what: str = Field(default="", description="an address, a file name or a class of client")


class Evidence(Open):
    """What a profiling copy showed under the same load. All of it came from outside: data, never orders."""

    runtime: str = "unknown"
    growth: tuple[Site, ...] = Field(default=(), description="allocations that outlived a collection, most first")
    holders: tuple[Holder, ...] = Field(default=(), description="containers that grew, largest growth first")
    stacks: tuple[Stack, ...] = ()
    labels: tuple[LabelGrowth, ...] = ()
    statements: tuple[Statement, ...] = ()
    blocking: tuple[Blocking, ...] = ()
    opened: tuple[Opened, ...] = ()
    seconds: float = Field(default=0.0, description="between the two marks")
    requests: int = Field(default=0, description="between the two marks")
    words: tuple[str, ...] = Field(default=(), description="the findings as sentences, most telling first")
    notes: tuple[str, ...] = Field(default=(), description="what could not be gathered, and why")


class Tried(Model):
    """An earlier attempt, told to the proposer so that it does not repeat it."""

    number: int
    title: str
    pattern: str = ""
    patch: str
    why_not: str


class Proposal(Model):
    """A change that may repair the breach. `patch` empty: no proposal, `explanation` says why."""

    patch: str = Field(default="", max_length=LARGEST_PATCH)
    title: str = ""
    cause: str = Field(default="", description="root cause in words, with file and line")
    explanation: str = Field(default="", description="what the change does and what it might break")
    pattern: str = Field(default="", description="playbook pattern, or the proposer's own name for it")
    proposer: str = ""


class GateReport(Model):
    """What the gate said; `violations` has one sentence each, empty when passed.

    `tree`: git's hash of the tree of base + patch, where somebody worked it out; empty when refused.
    """

    passed: bool
    violations: tuple[str, ...] = ()
    files: int = 0
    additions: int = 0
    deletions: int = 0
    tree: str = ""


class TestReport(Model):
    """The project's own tests on commit + patch, run by us."""

    __test__ = False

    passed: bool
    command: tuple[str, ...]
    seconds: float = 0.0
    output: str = Field(default="", description="the end of what they printed")


class PullRequest(Model):
    """One branch with one commit, and where people read about it. `url` is a path for the local forge."""

    branch: str
    head: str = Field(description="commit id that we put there")
    url: str = ""
    draft: bool = True
    number: int | None = None


class Outcome(StrEnum):
    """What became of an attempt."""

    ACCEPTED = "Accepted"
    IMPROVED = "Improved"
    DROPPED = "Dropped"
    NOT_REPRODUCED = "NotReproduced"
    INCONCLUSIVE = "Inconclusive"


class Change(Model):
    """One row of candidate beside control: medians of what was seen, and whether it moved beyond the interval."""

    constraint: str
    unit: str
    limit: float
    control: float | None = None
    candidate: float | None = None
    interval: tuple[float | None, float | None] | None = Field(default=None, description="of candidate minus control")
    moved: Literal["Better", "Same", "Worse", "Unknown"]
    message: str = ""


class Verification(Model):
    """Candidate and control under the same load at the same time, and what follows from it."""

    outcome: Outcome
    why: str
    changes: tuple[Change, ...] = ()
    control: Verdict | None = None
    candidate: Verdict | None = None
    work: tuple[str, ...] = Field(default=(), description="what was compared to see that the work was done")
    gaming: bool = Field(default=False, description="dropped since it did less work than the control")


class Pair(Model):
    """Metrics of control and candidate from one window; kept as artifacts."""

    control: Metrics
    candidate: Metrics
