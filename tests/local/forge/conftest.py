"""A real git repository of a user: a service in a folder of it, and work that is not committed."""

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

IDENTITY = ("-c", "user.name=A User", "-c", "user.email=user@example.com")
OURS = (".git/objects/", ".git/refs/heads/setpoint/", ".git/logs/refs/heads/setpoint/")

APP = """import collections

batch = []


def flush(sink):
    sink.extend(batch)
"""
REPAIRED = APP.replace("    sink.extend(batch)\n", "    sink.extend(batch)\n    batch.clear()\n")


@dataclass(frozen=True)
class UserRepository:
    """The user's side of things: everything here is done with plain git, as a user would."""

    top: Path
    service: Path

    def git(self, *arguments: str) -> str:
        """What git prints for the user; it must not refresh the index, which the tests compare."""
        environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
        command = ["git", *IDENTITY, *arguments]
        done = subprocess.run(command, cwd=self.top, check=True, capture_output=True, text=True, env=environment)
        return done.stdout.rstrip("\n")

    def commit(self, subject: str) -> str:
        """Commit everything; the new commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def make_dirty(self) -> None:
        """Leave work as people do: staged, changed after staging, and new."""
        (self.service / "app.py").write_text(APP + "\n# staged\n")
        self.git("add", "--all")
        (self.service / "app.py").write_text(APP + "\n# staged, then changed\n")
        (self.top / "notes.txt").write_text("not added yet\n")

    def files(self, *, without: tuple[str, ...] = ()) -> dict[str, str]:
        """A digest of every file, those of .git included (HEAD, index, refs, logs, worktrees, settings, objects)."""
        paths = (path for path in self.top.rglob("*") if path.is_symlink() or path.is_file())
        names = {str(path.relative_to(self.top)): path for path in paths}
        return {name: _digest(path) for name, path in names.items() if not name.startswith(without)}

    def state(self) -> dict[str, object]:
        """All that must be the same after we published: everything but new objects and the branches setpoint/…."""
        refs = [line for line in self.git("for-each-ref").splitlines() if "refs/heads/setpoint/" not in line]
        asked = {question: self.git(*question.split()) for question in ("status", "worktree list", "stash list")}
        return {**asked, "refs": refs, "files": self.files(without=OURS)}


def _digest(path: Path) -> str:
    content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
    return f"{path.lstat().st_mode:o} {hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def user(tmp_path: Path) -> UserRepository:
    """A repository with one commit; names with blanks and signs beyond ASCII."""
    top = tmp_path / "my répo"
    service = top / "services" / "check out"
    service.mkdir(parents=True)
    repository = UserRepository(top, service)
    repository.git("init", "--quiet", "--initial-branch=main")
    (top / ".gitignore").write_text("*.log\n")
    (top / "README.md").write_text("a monorepo\n")
    (service / "app.py").write_text(APP)
    (service / "run.sh").write_text("#!/bin/sh\nexec python app.py\n")
    (service / "run.sh").chmod(0o755)
    repository.commit("Start")
    return repository
