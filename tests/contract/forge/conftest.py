"""The service's repository on each forge. Tests with `place` run on all of them, with `hosted` on those with an API."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.forge.places import Place, place
from setpoint.api.forge import PublishJob
from testbed.gitea_server import GiteaServer

BRANCH = "setpoint/shop-checkout/0123456789"
AT = 1_767_225_600
# The real one is built from its module, which takes minutes once: make test-forge.
GITEA = pytest.param("gitea", marks=pytest.mark.gitea)
APP = "import collections\n\nbatch = []\n\n\ndef flush(sink):\n    sink.extend(batch)\n"


@pytest.fixture(scope="session")
def gitea() -> Iterator[GiteaServer]:
    """One server for all tests; each has a repository of its own."""
    with GiteaServer() as server:
        yield server


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """What is in the repository."""
    folder = tmp_path / "service"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "app.py").write_text(APP)
    (folder / "README.md").write_text("A service.\n")
    return folder


@pytest.fixture(params=["github", "git-file", "git-http", GITEA])
def at(request: pytest.FixtureRequest, tmp_path: Path, service: Path) -> Iterator[Place]:
    """The repository on every forge."""
    yield from _place(request, tmp_path, service)


@pytest.fixture(params=["github", GITEA])
def hosted(request: pytest.FixtureRequest, tmp_path: Path, service: Path) -> Iterator[Place]:
    """The repository on every forge that people read."""
    yield from _place(request, tmp_path, service)


def _place(request: pytest.FixtureRequest, tmp_path: Path, service: Path) -> Iterator[Place]:
    server = request.getfixturevalue("gitea") if request.param == "gitea" else None
    with place(request.param, tmp_path / "forge", service, server) as made:
        yield made


def patch_of(place: Place, line: str = "    batch.clear()\n", file: str = "src/app.py") -> str:
    """A patch against main that adds a line to the end of a file."""
    place.git("fetch", "--quiet", "origin", "main")
    place.git("checkout", "--quiet", "--detach", "FETCH_HEAD")
    target = place.clone / file
    target.write_text(target.read_text() + line)
    done = subprocess.run(["git", "diff"], cwd=place.clone, check=True, capture_output=True, text=True)
    place.git("checkout", "--quiet", ".")
    return done.stdout


@pytest.fixture
def job() -> Callable[..., PublishJob]:
    """Makes the order to publish the first attempt; `changes` make it another."""

    def make(place: Place, **changes: Any) -> PublishJob:
        order = {
            "hosting": place.hosting,
            "branch": BRANCH,
            "base": "main",
            "commit": place.branch("main"),
            "patch": changes.pop("patch", None) or patch_of(place),
            "title": "Clear the batch after it was flushed",
            "body": "| constraint | before | after |\n|---|---|---|",
            "at": AT,
        }
        return PublishJob.model_validate({**order, **changes})

    return make
