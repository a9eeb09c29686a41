"""A commit's tree as one file that can be given away: found at the forge, every byte and mode as git keeps it."""

from dataclasses import dataclass
from pathlib import Path

from setpoint.api.errors import ForgeFailed
from setpoint.api.forge import Hosting
from setpoint.forge.remote import remote_repository

TREE, SUBMODULES = "tree.tar", "submodules"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which commit it is, where the branch stands, and the files that tell its tree."""

    commit: str
    branch_head: str
    folder: Path


def take(hosting: Hosting, branch: str, prefix: str, folder: Path) -> Snapshot:
    """Find the commit that begins with `prefix`, and write its tree into `folder`: TREE, and SUBMODULES beside it.

    Raises ForgeFailed, or one of its kinds: RevisionUnknown when no commit, or several, begin so.
    """
    with remote_repository(hosting) as remote:
        head = remote.head(branch)
        if not head:
            raise ForgeFailed(f"{hosting.repository} has no branch {branch!r}")
        commit = remote.find(prefix)
        remote.archive(commit, folder / TREE)
        (folder / SUBMODULES).write_text(remote.submodules(commit), encoding="utf-8", errors="surrogateescape")
    return Snapshot(commit, head, folder)
