"""A child process that ends with the thread that started it, and its process group with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

# The kernel's parent-death signal is asked for in the child itself, by a bare interpreter that then becomes the
# program: code between fork and exec of a process with threads may hang. Its parent may have died before it asked.
_BECOME = """
import ctypes, os, signal, sys
parent, command = int(sys.argv[1]), sys.argv[2:]
if ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0) or os.getppid() != parent:
    sys.exit("could not be bound to its parent")
try:
    os.execv(command[0], command)
except OSError as error:
    sys.exit(f"{command[0]} could not be started: {error.strerror}")
"""


def spawn(
    command: Sequence[str], *, environment: Mapping[str, str], folder: Path, stdout: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start `command` (an absolute path first) in its own process group, with nothing but `environment`.

    It is killed when the calling thread ends, however that happens. Standard error is a pipe.
    """
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _BECOME, str(os.getpid()), *command],
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C on the terminal is for Setpoint, which then ends its children
    )


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the child is over. It stays a zombie, so that its process group's number remains ours until `end`."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Ask the child to end in good order. It must not have been reaped."""
    os.kill(process.pid, signal.SIGINT)


def end(process: subprocess.Popen[bytes]) -> int:
    """Kill what is left of the child's group and reap it; its exit code, negative when a signal ended it."""
    if process.returncode is None:
        with suppress(ProcessLookupError):  # the group is empty
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()
