"""git itself: bounded in time, and its absence told in words."""

import os
import signal
import subprocess
import sys
import time

import pytest

from setpoint.api.errors import ForgeFailed
from setpoint.forge.command import git


def test_git_is_ended_after_its_time(tmp_path):
    """A filter or a file system may hang; the whole of git's children go with it."""
    started = time.monotonic()
    with pytest.raises(ForgeFailed, match=r"did not end within 0\.5 s"):
        git(("-c", "alias.hang=!sleep 60", "hang"), tmp_path, timeout=0.5)
    assert time.monotonic() - started < 30


def test_an_interrupted_git_holds_nobody_up(tmp_path):
    """Ctrl-C ends git, and Setpoint with it, long before git's time is over."""
    code = f"""
from pathlib import Path
from setpoint.forge.command import git
git(("-c", "alias.hang=!sleep 98765", "hang"), Path({str(tmp_path)!r}))
"""
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + 30
    while not _sleepers(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=30) != 0
    assert _sleepers(process.pid) == []


def _sleepers(session):
    """The processes of the session that sleep."""
    asked = subprocess.run(["ps", "-o", "args=", "-s", str(session)], capture_output=True, text=True, check=False)
    return [line for line in asked.stdout.splitlines() if line.startswith("sleep 98765")]


def test_a_machine_without_git_is_told_so(tmp_path):
    """One line that says what to install, not an import error."""
    code = f"""
from pathlib import Path
from setpoint.api.errors import SetpointError
from setpoint.forge.source import GitSource
try:
    GitSource(Path({str(tmp_path)!r}))
except SetpointError as error:
    print(error.exit_code, error)
"""
    environment = {**os.environ, "PATH": str(tmp_path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "4 git cannot be run; install it, and see that it is on PATH\n"


def test_the_forge_is_loaded_without_loading_git():
    """GitPython runs git when it is imported, which costs a tenth of a second and is not needed for a check."""
    code = "import sys, setpoint.forge.local; print('git' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
