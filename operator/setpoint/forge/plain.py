"""A git remote without an API: there is the branch, and nothing else to write to."""

from collections.abc import Iterator

from setpoint.api.errors import NotOffered
from setpoint.api.forge import CommentOrder, HostedPullRequest, Hosting, IssueOrder, StatusOrder
from setpoint.forge.port import Comment, Wanted
from setpoint.forge.remote import remote_repository
from setpoint.forge.token import Token


class PlainRemote:
    """The port Forge, as far as it goes: the branch stands for the pull request."""

    def __init__(self, hosting: Hosting, token: Token) -> None:  # noqa: ARG002 - git reads the token's file itself
        self._hosting = hosting

    def me(self) -> str:
        """Nobody in particular."""
        return ""

    def find(self, branch: str) -> HostedPullRequest | None:
        """What git shows of it."""
        with remote_repository(self._hosting) as remote:
            head = remote.head(branch)
        return HostedPullRequest(branch=branch, head=head) if head else None

    def ensure(self, wanted: Wanted) -> HostedPullRequest:
        """Raises NotOffered when the branch was not pushed before."""
        found = self.find(wanted.branch)
        if found is None:
            raise NotOffered(f"a plain git remote has no pull requests, and no branch {wanted.branch}")
        return found

    def update(self, pull_request: HostedPullRequest, title: str | None, body: str | None) -> None:  # noqa: ARG002
        """There is no text."""
        raise NotOffered(f"a plain git remote has no pull requests; branch {pull_request.branch} is all there is")

    def leave_draft(self, pull_request: HostedPullRequest) -> None:
        """There is no draft."""
        raise NotOffered(f"a plain git remote has no drafts; branch {pull_request.branch} is all there is")

    def close(self, pull_request: HostedPullRequest) -> None:
        """There is nothing to close."""
        raise NotOffered(f"a plain git remote has nothing to close; branch {pull_request.branch} stays")

    def set_status(self, status: StatusOrder) -> None:
        """There is no status."""
        raise NotOffered(f"a plain git remote keeps no status of commit {status.commit[:12]}")

    def comment(self, pull_request: HostedPullRequest, order: CommentOrder) -> None:  # noqa: ARG002
        """There are no comments."""
        raise NotOffered("a plain git remote has no comments")

    def comments(self, pull_request: HostedPullRequest, since: str) -> Iterator[Comment]:  # noqa: ARG002
        """There are no comments."""
        raise NotOffered("a plain git remote has no comments, so nobody can ask for anything there")

    def may_write(self, author: str) -> bool | None:  # noqa: ARG002
        """Nobody knows."""
        return None

    def open_issue(self, order: IssueOrder) -> str:  # noqa: ARG002
        """There are no issues."""
        raise NotOffered("a plain git remote has no issues")
