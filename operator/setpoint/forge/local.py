"""The local forge: a pull request is a branch with one commit in the user's repository, and a document beside the run.

The commit is made from the git objects alone and the branch is moved by compare-and-swap: the user's branch, index
and files take no part in it. The same order gives the same commit id, so an order that was carried out half, or
twice, ends the same.
"""

import re
import tempfile
from pathlib import Path

from setpoint.api.errors import ForeignCommit, ForgeFailed
from setpoint.api.ports import PublishOrder
from setpoint.api.remedy import PullRequest
from setpoint.forge.command import GitFailed
from setpoint.forge.document import FILE, one_line, read_document, write_document
from setpoint.forge.repository import scratch
from setpoint.forge.source import GitSource

NAME, EMAIL = "Setpoint", "setpoint@localhost"
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
        head = self._commit(order, current)
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

    def _commit(self, order: PublishOrder, current: str) -> str:
        """The id of a commit that holds the order's tree: the current one if it is ours and does, else a new one."""
        with scratch(self._repository, keep=True) as index:
            index.load(order.commit, order.patch)
            tree = index.answer("write-tree")
            if tree == index.answer("rev-parse", f"{order.commit}^{{tree}}"):
                raise ForgeFailed(f"there is nothing to publish: the patch changes nothing in {order.commit[:12]}")
            ours = current and current == order.expected_head
            if ours and index.answer("rev-parse", f"{current}^{{tree}}", f"{current}^@") == f"{tree}\n{order.commit}":
                return current  # only the document is to change, for instance because the draft became ready
            with tempfile.NamedTemporaryFile(prefix="setpoint-message-") as message:
                message.write(_message(order).encode())
                message.flush()
                made = ("commit-tree", "-p", order.commit, "-F", message.name, tree)
                return index.answer(*made, environment=_signature(order.at))

    def _move(self, order: PublishOrder, current: str, head: str) -> None:
        if current != order.expected_head:
            stands = f"is at {current[:12]}" if current else "was deleted"
            left = f"left it at {order.expected_head[:12]}" if order.expected_head else "have not made it"
            raise ForeignCommit(f"branch {order.branch} {stands}, but we {left}; it is left alone")
        if f"branch refs/heads/{order.branch}" in self._repository.run("worktree", "list", "--porcelain").splitlines():
            raise ForeignCommit(f"branch {order.branch} is checked out, so it is left alone; switch to another branch")
        expected = current or "0" * len(head)
        try:
            # git compares again while it holds the lock, so whoever moves the branch right now is not overwritten.
            self._repository.run("update-ref", "--no-deref", f"refs/heads/{order.branch}", head, expected)
        except GitFailed as error:
            moved = self._head(order.branch) != current
            raise (ForeignCommit if moved else ForgeFailed)(f"branch {order.branch} was not moved: {error}") from error


def _message(order: PublishOrder) -> str:
    return f"{one_line(order.title)}\n\nSetpoint-Remediation: {order.branch.rpartition('/')[2]}\n"


def _signature(at: int) -> dict[str, str]:
    """Author and committer are fixed, so that a commit's id depends on nothing but the order."""
    return {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", NAME), ("EMAIL", EMAIL), ("DATE", f"@{at} +0000"))
    }
