"""Ends what a killed run left behind."""

import os
import signal
import time
from contextlib import suppress

from setpoint.plant.environment import OWNER
from setpoint.plant.processes import PROC, ancestors_of, environment_of, table

PATIENCE_SECONDS = 5.0


def sweep(owner: str) -> int:
    """Kill every process of ours that was started with SETPOINT_OWNER=`owner`; how many there were.

    Never this process or one that it descends from. Waits until they are gone, so that what they held (ports, files)
    is free again.
    """
    swept: set[int] = set()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := _owned_by(owner)) and time.monotonic() < deadline:
        for pid in left:
            with suppress(ProcessLookupError):  # it ended by itself
                os.kill(pid, signal.SIGKILL)
        swept |= left
        time.sleep(0.02)
    return len(swept)


def _owned_by(owner: str) -> set[int]:
    processes = table()
    spared = ancestors_of(os.getpid(), processes)
    marker = f"{OWNER}={owner}".encode()
    living = (pid for pid, process in processes.items() if process.state not in "ZX" and pid not in spared)
    return {pid for pid in living if _is_ours(pid) and marker in environment_of(pid)}


def _is_ours(pid: int) -> bool:
    try:
        return (PROC / str(pid)).stat().st_uid == os.getuid()
    except OSError:
        return False  # it is gone
