"""The service's code, from a git repository of the user: read, copied, compared, and never changed."""

import os
from pathlib import Path

from setpoint.api.errors import ForgeFailed, InputError
from setpoint.forge.command import GitFailed
from setpoint.forge.repository import Repository, Scratch, find_repository, scratch

_LEFT_BY_PYTHON = (":(top,exclude,glob)**/__pycache__/**", ":(top,exclude,glob)**/*.py[co]")
_LEFT_BY_SETPOINT = (":(top,exclude,glob)**/.setpoint/**", ":(top,exclude,glob)**/.setpoint")
# diff-index is plumbing: the user's colours, prefixes, context, renames and diff programs do not reach it.
_AS_PATCH = ("--cached", "--patch", "--binary", "--full-index")


class GitSource:
    """`folder` of a git repository (port Source). Raises InputError when there is none, or a bare one."""

    def __init__(self, folder: Path) -> None:
        self.repository: Repository = find_repository(folder)

    @property
    def top(self) -> Path:
        """The top of the working tree."""
        return self.repository.top

    @property
    def prefix(self) -> str:
        """The way from the top to the folder: "" or "a/b/"."""
        return self.repository.prefix

    def resolve(self, branch: str | None) -> str:
        """The commit id of the local `branch` (None: HEAD). Raises InputError when there is none."""
        name = "HEAD" if branch is None else f"refs/heads/{branch}"
        try:
            return self.repository.run("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").strip()
        except GitFailed as error:
            raise self._unknown(branch) from error

    def _unknown(self, branch: str | None) -> InputError:
        if branch is None:
            instead = "commit the service's code first, or name a branch"
            return InputError(f"{self.top} has no commit on HEAD", where="repair.source.repository", instead=instead)
        known = self.repository.run("for-each-ref", "--count=10", "--format=%(refname:short)", "refs/heads").split()
        instead = f"the branches are: {', '.join(known) or 'none'}"
        return InputError(f"there is no local branch {branch!r}", where="repair.source.branch", instead=instead)

    def checkout(self, commit: str, patch: str, into: Path) -> Path:
        """Write the tree of commit + patch into the new folder `into`; returns the folder in it that the spec is about.

        There is no .git in it; submodules are empty folders. Raises ForgeFailed when the patch does not apply.
        """
        if into.exists() and any(into.iterdir()):
            raise ForgeFailed(f"{into} is there already and not empty; a checkout needs a new folder")
        into.mkdir(parents=True, exist_ok=True)
        with scratch(self.repository, into.absolute()) as index:
            index.load(commit, patch)
            index.run("checkout-index", "--all")
        folder = into / self.prefix
        # A commit may hold a link in the folder's place, and nothing may be read or started outside of the copy.
        if not folder.is_dir() or not folder.resolve().is_relative_to(into.resolve()):
            what = f"commit {commit[:12]} has no folder {self.prefix!r}"
            raise InputError(what, where="repair.source.repository", instead="commit it, or name another branch")
        return folder

    def diff(self, commit: str, tree: Path) -> str:
        """The patch that makes `commit` into the files under `tree` (as checkout gave it); empty when equal.

        Files that git ignores, and the byte code that Python leaves when tests run, are no part of it.
        """
        depth = len(Path(self.prefix).parts)
        top = tree.absolute().parents[depth - 1] if depth else tree.absolute()
        inside = f":(top,literal){self.prefix}" if self.prefix else ":(top)"
        with scratch(self.repository, top) as index:
            index.load(commit)
            _pass_over_submodules(index)
            index.run("add", "--all", "--", inside)
            # Not told to `add`: it passes new files over when one pathspec is literal and another excludes.
            patch = index.run("diff-index", *_AS_PATCH, commit, "--", ":(top)", *_LEFT_BY_PYTHON)
        try:
            return patch.decode()
        except UnicodeDecodeError as error:
            raise ForgeFailed("the change holds text that is not UTF-8, which a patch of ours cannot carry") from error

    def dirty(self) -> bool:
        """Whether the user's tree differs from HEAD (new files that are not ignored included; our own left out)."""
        return bool(self.repository.run("status", "--porcelain", "--", ":(top)", *_LEFT_BY_SETPOINT))


def _pass_over_submodules(index: Scratch) -> None:
    """A repository that somebody put in a submodule's place has settings of its own, and they name programs."""
    entries = (entry.partition("\t") for entry in os.fsdecode(index.run("ls-files", "-z", "--stage")).split("\0"))
    if found := [path for what, _, path in entries if what.startswith("160000 ")]:
        index.run("update-index", "--skip-worktree", "--", *found)
