"""A project with tests in a real repository, and real processes to run them."""

import os
import subprocess
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from setpoint.api.ports import PatchOrder
from setpoint.api.remedy import TestReport
from setpoint.api.spec import TestSpec
from setpoint.forge.source import GitSource
from setpoint.plant.commands import ProcessCommands
from setpoint.plant.sweep import sweep
from setpoint.repair.testing import run_tests

RunTests = Callable[..., TestReport]


@pytest.fixture
def owner(request: pytest.FixtureRequest) -> Iterator[str]:
    """A mark of this test's own; whatever a failing test left behind is swept at its end."""
    mark = f"test-{os.getpid()}-{request.node.name}"
    yield mark
    sweep(mark)


@pytest.fixture
def commit(tmp_path: Path) -> Callable[[Mapping[str, str]], str]:
    """commit(files): a new commit with these files; its id."""
    folder = tmp_path / "repository"
    subprocess.run(["git", "init", "--quiet", "--template=", folder], check=True)

    def make(files: Mapping[str, str]) -> str:
        for name, text in files.items():
            (folder / name).write_text(textwrap.dedent(text))
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", folder, "add", "."], check=True)
        subprocess.run(["git", "-C", folder, *identity, "commit", "--quiet", "--message", "x"], check=True)
        return GitSource(folder).resolve(None)

    return make


@pytest.fixture
def run(tmp_path: Path, owner: str) -> RunTests:
    """run(commit, command…, patch=, timeout=): the report of the project's tests."""

    def go(commit: str, *command: str, patch: str = "", timeout: str = "60s") -> TestReport:
        return run_tests(
            PatchOrder(commit, patch),
            source=GitSource(tmp_path / "repository"),
            spec=TestSpec(command=command, timeout=timeout),
            folder=tmp_path / "scratch" / "tests",
            commands=ProcessCommands(tmp_path / "logs", owner=owner, where="repair.test.command"),
        )

    return go
