"""The port Forge: where a repository is hosted and people read about its changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from setpoint.api.forge import CommentOrder, HostedPullRequest, IssueOrder, StatusOrder


@dataclass(frozen=True, slots=True)
class Wanted:
    """The pull request that there is to be."""

    branch: str
    base: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote below a pull request. `edited`: not what it was when it was written."""

    number: int
    author: str
    at: str
    body: str
    edited: bool = False
    machine: bool = False


class Forge(Protocol):
    """Pull requests by name: whatever is asked for twice is there once, also when we died in between.

    Every method raises ForgeDenied, ForgeBusy, NotOffered or another ForgeFailed.
    """

    def find(self, branch: str) -> HostedPullRequest | None:
        """The pull request from `branch` of the repository itself, whatever its state; an open one first."""

    def ensure(self, wanted: Wanted) -> HostedPullRequest:
        """Open the draft, or adopt what is there. One that people closed or merged is returned as it is."""

    def update(self, pull_request: HostedPullRequest, title: str | None, body: str | None) -> None:
        """Give it another title or text; what is None stays."""

    def leave_draft(self, pull_request: HostedPullRequest) -> None:
        """Make it ready for review."""

    def close(self, pull_request: HostedPullRequest) -> None:
        """Close it."""

    def set_status(self, status: StatusOrder) -> None:
        """Set the state of a commit under our context."""

    def comment(self, pull_request: HostedPullRequest, order: CommentOrder) -> None:
        """Make our one comment with this marker say this."""

    def comments(self, pull_request: HostedPullRequest, since: str) -> Iterator[Comment]:
        """Comments that were written or changed since then (ISO 8601; empty: all), oldest first."""

    def may_write(self, author: str) -> bool | None:
        """Whether `author` may push to the repository. None: that cannot be found out."""

    def me(self) -> str:
        """The name under which we write."""

    def open_issue(self, order: IssueOrder) -> str:
        """The address of our one issue with this marker, which says this; one that people closed stays closed."""


def hidden(marker: str) -> str:
    """The marker as the first line of a comment: forges do not show it."""
    return f"<!-- setpoint: {marker} -->"


def marked(order: CommentOrder) -> str:
    """The text with its marker."""
    return f"{hidden(order.marker)}\n{order.body}"


def is_marked(body: str, marker: str) -> bool:
    """Whether `body` begins with the marker. Further down it may be quoted text of anybody."""
    return body.startswith(hidden(marker))


def same_text(one: str, other: str) -> bool:
    """Whether people would read the same: forges may change line ends, and take blanks off the end."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
