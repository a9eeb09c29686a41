"""Jobs that are killed before or after each thing that they change, and started again: the end is the same."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.forge.conftest import BRANCH
from contract.forge.places import GitHubPlace, place
from setpoint.forge.jobs import publish

pytestmark = pytest.mark.slow

PUSH, PULLS, LABELS = "git-receive-pack$", "/pulls$", "/labels$"
PULL, STATUS, COMMENTS, READY, ISSUES = "/pulls/1$", "/statuses/", "/comments$", "/graphql$", "/issues$"
PUBLISHING = [("POST", PUSH), ("POST", PULLS), ("POST", LABELS)]
REPORTING = [("PATCH", PULL), ("POST", STATUS), ("POST", COMMENTS), ("POST", READY), ("POST", ISSUES)]
CLOSING = [("POST", COMMENTS), ("PATCH", PULL)]


@pytest.fixture
def at(tmp_path, service) -> Iterator[GitHubPlace]:
    """The repository on the tests' own GitHub."""
    with place("github", tmp_path / "forge", service, None) as made:
        yield made


def run(name: str, file: Path) -> subprocess.Popen:
    """A Job."""
    command = [sys.executable, "-m", "setpoint", "forge", name, "--order", str(file)]
    # Whoever is killed leaves a folder behind; a pod takes its own with it.
    environment = {**os.environ, "TMPDIR": str(file.parent)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, **pipes, start_new_session=True, env=environment)


def killed_and_again(at, name: str, order: dict, folder: Path, method: str, path: str, when: str) -> dict:
    """What the second Job says, after the first one was killed before or after that request."""

    file = folder / f"{name}.json"
    file.write_text(json.dumps(order))
    running: list[subprocess.Popen] = []

    def watch(verb: str, asked: str, moment: str) -> None:
        if running and (verb, moment) == (method, when) and re.search(path, asked.partition("?")[0]):
            os.killpg(running.pop().pid, signal.SIGKILL)

    running.append(first := run(name, file))
    at.server.watch = watch
    first.communicate(timeout=120)
    assert first.returncode == -signal.SIGKILL, f"{method} {path} was not asked for"
    at.server.watch = lambda *_: None
    second = run(name, file)
    out, err = second.communicate(timeout=120)
    assert second.returncode == 0, err
    return json.loads(out)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("method", "path"), PUBLISHING)
def test_a_publication_that_is_killed_is_one_branch_and_one_pull_request(at, job, tmp_path, method, path, when):
    """With its labels, at the commit that the order gives."""
    order = job(at)
    result = killed_and_again(at, "publish", order.to_json(), tmp_path, method, path, when)
    assert at.branch(BRANCH) == result["head"]
    (pull,) = at.pulls(BRANCH)
    assert (pull.title, pull.body, pull.draft, pull.state) == (order.title, order.body, True, "open")
    assert sorted(pull.labels) == ["performance", "setpoint"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("method", "path"), REPORTING)
def test_a_report_that_is_killed_is_said_once(at, job, tmp_path, method, path, when):
    """One status, one comment, one issue, and out of draft."""
    head = publish(job(at)).head
    order = {
        "hosting": at.hosting.to_json(),
        "branch": BRANCH,
        "expectedHead": head,
        "ready": True,
        "title": "checkout: repaired",
        "body": "| before | after |",
        "status": {"commit": head, "state": "success"},
        "comment": {"marker": "ledger", "body": "Attempt 1: accepted."},
        "issue": {"marker": "note", "title": "A note", "body": "About it."},
    }
    killed_and_again(at, "report", order, tmp_path, method, path, when)
    (pull,) = at.pulls(BRANCH)
    assert (pull.title, pull.body, pull.draft) == ("checkout: repaired", "| before | after |", False)
    assert at.statuses(head) == [("setpoint/verify", "success")]
    assert len(at.comments(pull.number)) == 1 and len(at.issues()) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("method", "path"), CLOSING)
def test_a_close_that_is_killed_is_one_close_with_one_reason(at, job, tmp_path, method, path, when):
    """In this order, so that nobody finds it closed without one."""
    publish(job(at))
    comment = {"marker": "closed", "body": "Superseded."}
    order = {"hosting": at.hosting.to_json(), "branch": BRANCH, "comment": comment}
    result = killed_and_again(at, "close", order, tmp_path, method, path, when)
    assert result["pullRequest"]["state"] == "Closed"
    assert len(at.comments(1)) == 1
