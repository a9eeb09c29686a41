"""The local forge: a pull request is a branch with one commit in the user's repository, and a document beside the run.

The commit is made from the git objects alone and the branch is moved by compare-and-swap: the user's branch, index
and files take no part in it. The same order gives the same commit id, so an order that was carried out half, or
twice, ends the same.
"""

import re
from pathlib import Path

from setpoint.api.errors import ForeignCommit, ForgeFailed
from setpoint.api.ports import PublishOrder
from setpoint.api.remedy import PullRequest
from setpoint.forge.command import GitFailed
from setpoint.forge.commit import check_ours, commit_order
from setpoint.forge.document import FILE, one_line, read_document, write_document
from setpoint.forge.source import GitSource

_OURS = re.compile(r"setpoint(/[A-Za-z0-9][-A-Za-z0-9._]*)+")


class LocalForge:
    """Pull requests as branches `setpoint/…` of `source`'s repository and `<folder>/pull-request.md`."""

    def __init__(self, source: GitSource, folder: Path) -> None:
        self._repository = source.repository
        self._folder = folder

    def publish(self, order: PublishOrder) -> PullRequest:
        """Make the branch hold commit + patch in one commit, and bring the document up to date.

        Raises ForeignCommit when the branch is not where the order expects it, or checked out; ForgeFailed when the
        patch does not apply or changes nothing. Nothing is changed then.
        """
        if not _OURS.fullmatch(order.branch):
            raise ForgeFailed(f"{order.branch!r} is not a branch of ours; they are all called setpoint/…")
        current = self._head(order.branch)
        head = commit_order(self._repository, order, current)
        if head != current:
            self._move(order, current, head)
        url = str(self._folder.absolute() / FILE)
        pull_request = PullRequest(branch=order.branch, head=head, url=url, draft=order.draft)
        write_document(self._folder, pull_request, one_line(order.title), order.body)
        return pull_request

    def find(self, branch: str) -> PullRequest | None:
        """The pull request as it stands; None without its branch. `url` is empty when the document is missing."""
        head = self._head(branch)
        if not head:
            return None
        written = read_document(self._folder)
        if written is None or written.branch != branch:
            return PullRequest(branch=branch, head=head)
        return written.model_copy(update={"head": head})

    def _head(self, branch: str) -> str:
        """The commit that the branch is at; empty when there is no such branch."""
        return self._repository.run("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").strip()

    def _move(self, order: PublishOrder, current: str, head: str) -> None:
        check_ours(order, current)
        if f"branch refs/heads/{order.branch}" in self._repository.run("worktree", "list", "--porcelain").splitlines():
            raise ForeignCommit(f"branch {order.branch} is checked out, so it is left alone; switch to another branch")
        expected = current or "0" * len(head)
        try:
            # git compares again while it holds the lock, so whoever moves the branch right now is not overwritten.
            self._repository.run("update-ref", "--no-deref", f"refs/heads/{order.branch}", head, expected)
        except GitFailed as error:
            moved = self._head(order.branch) != current
            raise (ForeignCommit if moved else ForgeFailed)(f"branch {order.branch} was not moved: {error}") from error
