"""One copy may suspend the processes of another, and their guard: they run as the same user."""

import os
import signal
from pathlib import Path

from setpoint.plant.guarded import Guarded
from setpoint.plant.processes import table


def test_what_was_suspended_is_ended_all_the_same(tmp_path: Path):
    """Nothing is left over, and nobody has to look for it."""
    copy = Guarded(["sleep", "300"], tmp_path, dict(os.environ), tmp_path / "log")
    try:
        while not (found := [pid for pid in copy.pids() if b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes()]):
            pass
        for pid in (found[0], table()[found[0]].parent):
            os.kill(pid, signal.SIGSTOP)
    finally:
        copy.stop()
    assert copy.pids() == ()
    assert found[0] not in table()
