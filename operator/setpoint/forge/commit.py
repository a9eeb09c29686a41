"""The one commit of a repair, made from git's objects alone. The same order gives the same commit id, anywhere."""

import tempfile

from setpoint.api.errors import ForeignCommit, ForgeFailed
from setpoint.api.ports import PublishOrder
from setpoint.forge.document import one_line
from setpoint.forge.repository import Repository, scratch

NAME, EMAIL = "Setpoint", "setpoint@localhost"


def commit_order(repository: Repository, order: PublishOrder, current: str = "") -> str:
    """The id of a commit that holds the order's tree: `current` if it is ours and does, else a new one.

    Raises ForgeFailed when the patch does not apply, or changes nothing.
    """
    with scratch(repository, keep=True) as index:
        index.load(order.commit, order.patch)
        tree = index.answer("write-tree")
        if tree == index.answer("rev-parse", f"{order.commit}^{{tree}}"):
            raise ForgeFailed(f"there is nothing to publish: the patch changes nothing in {order.commit[:12]}")
        ours = current and current == order.expected_head
        if ours and index.answer("rev-parse", f"{current}^{{tree}}", f"{current}^@") == f"{tree}\n{order.commit}":
            return current  # only the pull request's text is to change, for instance because the draft became ready
        with tempfile.NamedTemporaryFile(prefix="setpoint-message-") as message:
            message.write(_message(order).encode())
            message.flush()
            made = ("commit-tree", "-p", order.commit, "-F", message.name, tree)
            return index.answer(*made, environment=signature(order.at))


def check_ours(order: PublishOrder, current: str) -> None:
    """Raises ForeignCommit when the order's branch is at `current`, and that is not where we left it."""
    if current == order.expected_head:
        return
    stands = f"is at {current[:12]}" if current else "was deleted"
    left = f"left it at {order.expected_head[:12]}" if order.expected_head else "have not made it"
    raise ForeignCommit(f"branch {order.branch} {stands}, but we {left}; it is left alone")


def _message(order: PublishOrder) -> str:
    return f"{one_line(order.title)}\n\nSetpoint-Remediation: {order.branch.rpartition('/')[2]}\n"


def signature(at: int) -> dict[str, str]:
    """Author and committer are fixed, so that a commit's id depends on nothing but the order."""
    return {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", NAME), ("EMAIL", EMAIL), ("DATE", f"@{at} +0000"))
    }
