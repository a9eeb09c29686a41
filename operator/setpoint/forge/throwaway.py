"""git on a tree that came without its repository: one commit of it, its hash with a patch, and a patch applied to it.

Files go in as they are. No attribute of the tree changes a byte of them, nothing that it ignores is left out, and so
the hash of a tree is the one that its repository has for it.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from setpoint.api.errors import ForgeFailed
from setpoint.forge.command import GitFailed, git
from setpoint.forge.commit import signature
from setpoint.forge.remote import AS_COMMITTED
from setpoint.forge.repository import scratch
from setpoint.forge.source import GitSource

_AT = 0  # the same tree gives the same commit


def throwaway(tree: Path, folder: Path, submodules: Mapping[str, str] | None = None) -> tuple[GitSource, str]:
    """A new repository in `folder`, whose one commit holds the files under `tree`; the commit's id.

    `submodules`: path -> commit id of those that the tree has as empty folders.
    """
    _init(folder / ".git")
    source = GitSource(folder)
    links = [f"160000,{commit},{path}" for path, commit in (submodules or {}).items()]
    with scratch(source.repository, tree.absolute(), keep=True) as index:
        index.run("add", "--all", "--force", ".")
        for link in links:
            index.run("update-index", "--add", "--cacheinfo", link)
        made = ("commit-tree", "-m", "The tree as it came", index.answer("write-tree"))
        commit = index.answer(*made, environment=signature(_AT))
    source.repository.run("update-ref", "refs/heads/main", commit)
    return source, commit


def tree_with(source: GitSource, commit: str, patch: str) -> str:
    """git's hash of the tree of commit + patch. Raises ForgeFailed when the patch does not apply."""
    with scratch(source.repository) as index:
        index.load(commit, patch)
        return index.answer("write-tree")


def apply_patch(tree: Path, patch: str) -> None:
    """Change the files under `tree` as `patch` says. Raises ForgeFailed when it does not apply, all of it."""
    with tempfile.TemporaryDirectory(prefix="setpoint-apply-") as name:
        folder, file = Path(name, "git"), Path(name, "patch")
        _init(folder)
        file.write_bytes(patch.encode())
        where = (f"--git-dir={folder}", f"--work-tree={tree.absolute()}")
        try:
            git((*where, "apply", "--whitespace=nowarn", str(file)), tree)
        except GitFailed as error:
            raise ForgeFailed(f"the patch does not apply to the tree: {error}") from error


def _init(git_dir: Path) -> None:
    """A repository of files as they are."""
    git_dir.parent.mkdir(parents=True, exist_ok=True)
    where = (f"--git-dir={git_dir}", f"--work-tree={git_dir.parent}")
    git((*where, "init", "--quiet", "--template=", "--initial-branch=main"), git_dir.parent)
    (git_dir / "info").mkdir(exist_ok=True)
    (git_dir / "info" / "attributes").write_text(AS_COMMITTED)
