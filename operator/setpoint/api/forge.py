"""What crosses between the operator and the forge's Jobs: orders in, results out, all of it JSON.

An order says where the repository is and what is to be true of it afterwards; carrying it out twice changes nothing
the second time. The token is never a value here: orders name the file that holds it.
"""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, Strict, model_validator

from setpoint.api.base import Model
from setpoint.api.remedy import LARGEST_PATCH

LONGEST_BODY = 60_000
LABELS = ("setpoint", "performance")
STATUS_CONTEXT = "setpoint/verify"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _repository(url: str) -> str:
    """An address that git and we read alike: no user in it, nothing that is an option or a helper's name."""
    rule = r"(https?://[A-Za-z0-9\[][-A-Za-z0-9.:\[\]]*|file://)(/[A-Za-z0-9_~][-A-Za-z0-9._~+]*)+/?"
    if not re.fullmatch(rule, url) or "/../" in f"{url}/":
        raise ValueError(f"{url!r} is no repository's address; write for example https://git.example.com/shop/app.git")
    return url.rstrip("/")


def _branch(name: str) -> str:
    parts = name.split("/")
    spoilt = any(part.endswith((".lock", ".")) or ".." in part for part in parts)
    if not re.fullmatch(r"[A-Za-z0-9_][-A-Za-z0-9._+]*(/[A-Za-z0-9_][-A-Za-z0-9._+]*)*", name) or spoilt:
        raise ValueError(f"{name!r} is no branch; write its name without refs/heads/")
    return name


def _ours(name: str) -> str:
    if not name.startswith("setpoint/"):
        raise ValueError(f"{name!r} is not a branch of ours; they are all called setpoint/…")
    return _branch(name)


RepositoryUrl = Annotated[str, Field(max_length=1000), AfterValidator(_repository)]
Branch = Annotated[str, Field(max_length=250), AfterValidator(_branch)]
OurBranch = Annotated[str, Field(max_length=250), AfterValidator(_ours)]
CommitId = Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
Head = Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})?$")]
Marker = Annotated[str, Field(pattern=r"^[a-z0-9][-a-z0-9./]{0,99}$")]
Body = Annotated[str, Field(max_length=LONGEST_BODY)]
Title = Annotated[str, Field(min_length=1, max_length=250)]


class Hosting(Model):
    """Where a repository is and how to reach it. Plain http is for loopback, unless `plain_http` says otherwise."""

    kind: Literal["gitea", "github", "git"]
    repository: RepositoryUrl
    api: RepositoryUrl | None = Field(default=None, description="where it differs from what the address tells")
    token_file: str | None = None
    ca_file: str | None = Field(default=None, description="certificates that the forge's own rests on")
    plain_http: Annotated[bool, Strict()] = False

    @model_validator(mode="after")
    def _reachable(self) -> "Hosting":
        for url in (self.repository, self.api or self.repository):
            address = urlsplit(url)
            if address.scheme == "http" and not self.plain_http and address.hostname not in _LOOPBACK:
                raise ValueError(f"{url} would show the token to the network; use https")
            if address.scheme == "file" and self.kind != "git":
                raise ValueError(f"{url} is a folder, not a forge; its kind is git")
        if self.kind != "git" and len(self.repository.split("/")) < 5:
            raise ValueError(f"{self.repository} names no owner; write …/OWNER/NAME.git")
        return self

    @property
    def owner(self) -> str:
        """Whose repository it is."""
        return self.repository.split("/")[-2]

    @property
    def name(self) -> str:
        """What the repository is called."""
        return self.repository.split("/")[-1].removesuffix(".git")

    @property
    def server(self) -> str:
        """The address that the owner's name follows."""
        return self.repository.rsplit("/", 2)[0]


# ── what is found ─────────────────────────────────────────────────────────────────────────────────────────────────


class HostedPullRequest(Model):
    """A pull request as it stands. A plain git remote has none: then `number` is empty and `state` Open.

    `head` is what the forge says, which may lag behind the branch. `merge_commit` is there when it was merged.
    """

    number: int | None = None
    url: str = ""
    branch: str
    base: str = ""
    head: str = ""
    state: Literal["Open", "Closed", "Merged"] = "Open"
    draft: bool = False
    merge_commit: str = ""
    title: str = Field(default="", exclude=True)
    body: str = Field(default="", exclude=True)
    labels: tuple[str, ...] = Field(default=(), exclude=True)
    key: str = Field(default="", exclude=True, description="the forge's inner name of it")


class Mark(Model):
    """How far comments were read: the newest one's number and time."""

    comment: int = 0
    at: str = ""


class PersonCommand(Model):
    """What somebody with write access asked for, in a comment."""

    verb: Literal["stop", "retry", "approve"]
    argument: str = ""
    author: str
    comment: int
    at: str


class IgnoredCommand(Model):
    """A command that is not obeyed, and why."""

    author: str
    comment: int
    why: str


# ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────────


class ForgeOrder(Model):
    """What every order begins with."""

    hosting: Hosting
    branch: OurBranch


class PublishJob(ForgeOrder):
    """Put commit + patch on `branch`, in one commit, and open its one draft pull request, or bring it up to date.

    `expected_head`: the commit that we put there before (empty: none). `tree`: the hash that the gate saw (empty:
    not compared). `at` (Unix seconds) is the commit's date.
    """

    base: Branch
    commit: CommitId
    patch: Annotated[str, Field(min_length=1, max_length=LARGEST_PATCH)]
    tree: Head = ""
    title: Title
    body: Body
    expected_head: Head = ""
    at: Annotated[int, Field(ge=0, lt=2**33)]


class StatusOrder(Model):
    """The state of a commit under the context setpoint/verify."""

    commit: CommitId
    state: Literal["pending", "success", "failure", "error"]
    description: Annotated[str, Field(max_length=140)] = ""


class CommentOrder(Model):
    """The one comment with this marker: made once, then edited."""

    marker: Marker
    body: Annotated[str, Field(min_length=1, max_length=LONGEST_BODY)]


class IssueOrder(CommentOrder):
    """The one issue with this marker, for what has no pull request; opened once, then kept up to date."""

    title: Title


class ReportJob(ForgeOrder):
    """Say in the pull request how it went. `ready`: leave draft, if the branch and it are still at `expected_head`."""

    expected_head: Head = ""
    title: Title | None = None
    body: Body | None = None
    ready: Annotated[bool, Strict()] = False
    status: StatusOrder | None = None
    comment: CommentOrder | None = None
    issue: IssueOrder | None = None

    @model_validator(mode="after")
    def _pinned(self) -> "ReportJob":
        if self.ready and not self.expected_head:
            raise ValueError("ready needs expectedHead: what was verified is a commit, not a branch")
        return self


class PollJob(ForgeOrder):
    """How the pull request stands, and what people ask for since `mark`."""

    expected_head: Head = ""
    mark: Mark = Mark()


class CloseJob(ForgeOrder):
    """Close our pull request, if it is open, with a comment that says why. The branch stays."""

    comment: CommentOrder | None = None


# ── results ───────────────────────────────────────────────────────────────────────────────────────────────────────


class ForgeResult(Model):
    """How it stands now. `head`: where the branch is (empty: it is gone). `notes`: what could not be done, and why.

    `foreign`: the branch is not at the order's expected_head, and nobody merged it: someone else moved or deleted it.
    """

    schema_version: Literal[1] = 1
    pull_request: HostedPullRequest | None = None
    head: str = ""
    tree: str = ""
    foreign: bool = False
    issue: str = Field(default="", description="the issue's address")
    commands: tuple[PersonCommand, ...] = ()
    ignored: tuple[IgnoredCommand, ...] = ()
    mark: Mark | None = None
    notes: tuple[str, ...] = ()


class ForgeProblem(Model):
    """Why an order was not carried out: the error's class, what it says, and in how many seconds to try again."""

    error: str
    message: str
    retry_after: float | None = None
