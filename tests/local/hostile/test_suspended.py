"""One copy may suspend the processes of another, and their guard: they run as the same user."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from setpoint.plant.guarded import Guarded
from setpoint.plant.processes import table


@pytest.mark.slow
def test_what_was_suspended_is_ended_all_the_same(tmp_path: Path):
    """Nothing is left over, and nobody has to look for it."""
    program = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(300)"]
    copy = Guarded(program, tmp_path, dict(os.environ), tmp_path / "log")
    try:
        until = time.monotonic() + 20
        while "here" not in copy.output():
            assert time.monotonic() < until
            time.sleep(0.05)
        found = copy.pids()
        for pid in (found[0], table()[found[0]].parent):
            os.kill(pid, signal.SIGSTOP)
    finally:
        copy.stop()
    assert copy.pids() == ()
    assert found[0] not in table()
