"""The user's repository: where it is, and git commands on it that leave everything as it was."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from setpoint.api.errors import ForgeFailed, InputError
from setpoint.forge.command import GitFailed, git

_WHERE = "repair.source.repository"
_INSTEAD = "write the path of a folder in a git working tree"


@dataclass(frozen=True, slots=True)
class Repository:
    """A working tree's repository. `prefix` leads from its top to the folder in question: "" or "a/b/"."""

    top: Path
    git_dir: Path
    common_dir: Path
    prefix: str

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """What git prints at the top of the user's working tree, as text."""
        return os.fsdecode(git(arguments, self.top, environment))


def find_repository(folder: Path) -> Repository:
    """The repository that `folder` lies in, shallow or not. Raises InputError when there is none, or a bare one."""
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder", where=_WHERE, instead=_INSTEAD)
    asked = ("--show-toplevel", "--absolute-git-dir", "--git-common-dir", "--show-prefix")
    try:
        answers = os.fsdecode(git(("rev-parse", *asked), folder)).splitlines()
    except GitFailed as error:
        raise InputError(f"{folder} cannot be used as source ({error})", where=_WHERE, instead=_INSTEAD) from error
    if len(answers) != len(asked):
        raise InputError(f"{str(folder)!r} has a line break in its path", where=_WHERE, instead="rename the folder")
    top, git_dir, common_dir, prefix = answers
    return Repository(Path(top), Path(git_dir), (folder / common_dir).resolve(), prefix)


class Scratch:
    """An index of our own over the repository's objects, and the working tree that it stands for."""

    def __init__(self, repository: Repository, work_tree: Path, environment: Mapping[str, str]) -> None:
        self._start = (f"--git-dir={repository.git_dir}", f"--work-tree={work_tree}")
        self._work_tree = work_tree
        self._environment = environment

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> bytes:
        """What git prints, run on the scratch index at the top of the scratch working tree."""
        return git((*self._start, *arguments), self._work_tree, {**self._environment, **(environment or {})})

    def answer(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """What git prints, as text without the line break at its end."""
        return self.run(*arguments, environment=environment).decode().rstrip("\n")

    def load(self, commit: str, patch: str = "") -> None:
        """Make the index commit + patch. Raises ForgeFailed with git's message when the patch does not apply."""
        self.run("read-tree", commit)
        if not patch:
            return
        with tempfile.NamedTemporaryFile(prefix="setpoint-patch-") as file:
            file.write(patch.encode())
            file.flush()
            try:
                self.run("apply", "--cached", "--whitespace=nowarn", file.name)
            except GitFailed as error:
                raise ForgeFailed(f"the patch does not apply to {commit[:12]}: {error}") from error


@contextmanager
def scratch(repository: Repository, work_tree: Path | None = None, *, keep: bool = False) -> Iterator[Scratch]:
    """A scratch index, gone at the end; new objects go with it, unless `keep`: then they go to the repository."""
    with tempfile.TemporaryDirectory(prefix="setpoint-git-") as name:
        folder = Path(name)
        (folder / "tree").mkdir()
        environment = {"GIT_INDEX_FILE": str(folder / "index")}
        if not keep:
            environment["GIT_OBJECT_DIRECTORY"] = str(_objects_over(repository, folder / "objects"))
        yield Scratch(repository, work_tree or folder / "tree", environment)


def _objects_over(repository: Repository, folder: Path) -> Path:
    """An object folder that takes what is new and finds the rest in the repository."""
    alternates = folder / "info" / "alternates"
    alternates.parent.mkdir(parents=True)
    alternates.write_bytes(os.fsencode(repository.common_dir / "objects") + b"\n")
    return folder
