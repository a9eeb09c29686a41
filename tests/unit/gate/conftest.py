"""What the gate's tests share: real patches, made and applied by git."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Tree = Mapping[str, bytes]
QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


class Git:
    """A repository whose one commit is what a test says; made anew for each question."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run("init", "--quiet", "--template=")

    def run(self, *words: str, data: bytes = b"") -> bytes:
        identity = {
            f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        done = subprocess.run(
            ["git", *words], cwd=self.folder, input=data, capture_output=True, check=True,
            env={**os.environ, **QUIET, **identity},
        )  # fmt: skip
        return done.stdout

    def _tree(self, files: Tree) -> str:
        """The id of a tree with `files`, all of them plain."""
        self.run("read-tree", "--empty")
        for path, data in files.items():
            blob = self.run("hash-object", "-w", "--stdin", data=data).decode().strip()
            self.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        return self.run("write-tree").decode().strip()

    def diff(self, before: Tree, after: Tree) -> str:
        """The patch from `before` to `after` as git writes it."""
        trees = self._tree(before), self._tree(after)
        return self.run("diff-tree", "-p", "--no-renames", "--no-color", *trees).decode("utf-8", "surrogateescape")

    def apply(self, before: Tree, patch: str) -> dict[str, bytes] | None:
        """All files after `git apply`; None when git refuses the patch."""
        self._tree(before)
        try:
            self.run("apply", "--cached", data=patch.encode("utf-8", "surrogateescape"))
        except subprocess.CalledProcessError:
            return None
        names = self.run("ls-files", "-z").decode().split("\0")[:-1]
        return {name: self.run("cat-file", "blob", f":{name}") for name in names}


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Git:
    """Real git in a repository of its own."""
    return Git(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def diff(git: Git) -> Callable[[Tree, Tree], str]:
    """The patch from one set of files to another as git writes it."""
    return git.diff
