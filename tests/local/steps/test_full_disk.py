"""F37: a pod whose disk is full says so, and no half of a thing is taken for the whole.

The disk is a file system of a megabyte, made for one process, over the folder that the pod would write to.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract.forge.conftest import AT, BRANCH
from local.steps.test_gate import order
from local.steps.test_source_and_tree import CLEAR
from setpoint.api.step_result import parse_ending
from setpoint.load.report import parse_ending as parse_load_ending

FULL = "No space left on device"
MOUNT = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'
LOAD = """
load: {http: {path: /, rate: 20}, warmup: 1s, duration: 3s}
constraints: {errors: {budget_percent: 1}}
"""


@pytest.fixture
def large(repository) -> str:
    """A commit of more than a megabyte; its id."""
    (repository.clone / "data").write_bytes(os.urandom(2_000_000))
    return repository.commit()


@pytest.fixture
def small(tmp_path):
    """A folder, and the command inside of which it is a disk of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    return folder, ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, str(folder))


def test_a_tree_that_does_not_fit_is_told_and_not_used(steps, serve, large, small):
    """Exit code 4, so that no container after it starts."""
    folder, inside = small
    done = steps.run("tree", "--source", serve(large), "--into", str(folder / "tree"), inside=inside)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1), done.stderr
    assert FULL in done.stderr


def test_a_gate_without_room_says_nothing_about_the_patch(steps, serve, large, small):
    """Neither that it passed nor that it did not."""
    folder, inside = small
    took = steps.take("gate", order(serve(large)), {"TMPDIR": str(folder)}, inside=inside)
    assert (took.code, took.out) == (4, "")
    assert FULL in took.ending["message"] and not took.ending["digest"], took.ending


def test_a_source_without_room_serves_nothing(steps, repository, large, small):
    """The pod ends before it says that it is ready."""
    folder, inside = small
    asked = {"hosting": repository.hosting, "branch": "main", "commit": large}
    took = steps.take("source", asked, {"TMPDIR": str(folder)}, inside=inside)
    assert (took.code, took.out) == (4, "")
    assert FULL in took.ending["message"], took.ending


def test_a_publication_without_room_pushes_nothing(repository, large, small, tmp_path):
    """It works in a fresh clone, which does not fit."""
    folder, inside = small
    job = {
        "hosting": repository.hosting,
        "branch": BRANCH,
        "base": "main",
        "commit": large,
        "patch": CLEAR,
        "tree": "0" * 40,
        "title": "Clear the batch",
        "body": "",
        "at": AT,
    }
    ending = tmp_path / "ending"
    command = [*inside, sys.executable, "-m", "setpoint", "forge", "publish", "--order", "-", "--ending", str(ending)]
    environment = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False, env=environment)
    assert done.returncode != 0 and FULL in parse_ending(ending.read_text()).message, done.stderr
    assert "Traceback" not in done.stderr


def test_a_load_whose_frames_nobody_can_keep_is_no_load(tmp_path):
    """The log is what the operator reads; k6 is ended with it."""
    (tmp_path / "load.yaml").write_text(LOAD)
    ending = tmp_path / "ending"
    command = [sys.executable, "-m", "setpoint", "load", str(tmp_path / "load.yaml"), "--frames", "1"]
    command += ["--target", "http://127.0.0.1:9", "--ending", str(ending)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    reason, message = parse_load_ending(ending.read_text())
    assert done.returncode == 4 and FULL in done.stderr and "Traceback" not in done.stderr
    assert (reason, FULL in message) == ("JobFailed", True)
