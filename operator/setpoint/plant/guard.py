"""Stands between Setpoint and one copy, so that no process of the copy is ever left over.

It runs as a process of its own, one for each copy, and knows its end by its standard input: a pipe whose other end
only Setpoint holds. When Setpoint closes the pipe, or dies in whatever way, everything that came of the copy ends:
first asked (SIGTERM), after a grace killed. A pipe is used and not the kernel's parent-death signal of Setpoint
itself, because that signal comes when the thread that started the copy ends, and copies are started from threads.

The guard adopts orphans (it is their subreaper), so processes that fork twice, start their own session or replace
their environment are still its descendants. It ends when the last of them has, with the exit code of the command,
or 128 + the number of the signal that killed it.

It is started by guarded.py with a bare interpreter and must import nothing but the standard library and processes.py.
"""

import ctypes
import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress

from setpoint.plant.processes import children_of, table

SET_PARENT_DEATH_SIGNAL = 1
SET_CHILD_SUBREAPER = 36
LARGEST_OUTPUT = 64 * 1024 * 1024


def main() -> None:
    """`guard GRACE DAEMONS COMMAND…`: run the command until it ends or standard input does.

    DAEMONS says what becomes of processes that a command leaves behind when it ends well: `stay` or `end`.
    """
    grace, daemons_stay, command = float(sys.argv[1]), sys.argv[2] == "stay", sys.argv[3:]
    _prctl(SET_CHILD_SUBREAPER, 1)
    guard, over = os.getpid(), threading.Event()
    child = os.fork()
    if child == 0:
        _become(command, guard)
    threading.Thread(target=_watch, args=(grace, over), daemon=True).start()
    code = _reap(child, over, daemons_stay)
    os._exit(code if code >= 0 else 128 - code)


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")


def _become(command: list[str], guard: int) -> None:
    """Turn this forked process into the command; it never returns."""
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        # Ignored signals are inherited: Python ignores SIGPIPE, a shell SIGINT for what runs in the background.
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        # Should the guard itself be killed, the command must not outlive it.
        _prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() == guard:
            os.execv(command[0], command)  # noqa: S606 (no shell is wanted)
    except OSError as error:
        os.write(2, f"{command[0]} could not be started: {error.strerror}\n".encode())
    os._exit(127)


def _reap(child: int, over: threading.Event, daemons_stay: bool) -> int:
    """Collect ended processes until none is left; the exit code of `child`, negative when a signal ended it.

    A service that ends well may have left a daemon behind, which is then the service; one that failed is over.
    """
    code = 0
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return code
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            if code or not daemons_stay:
                over.set()


def _watch(grace: float, over: threading.Event) -> None:
    while not over.is_set() and not select.select([0], [], [], 0.5)[0]:
        # The output is opened for appending, so whoever writes goes on at the new end.
        if os.fstat(1).st_size > LARGEST_OUTPUT:
            os.ftruncate(1, 0)
    _signal_all(signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline:
        time.sleep(0.02)
    while True:  # ends with the process, as soon as the main thread has nothing left to collect
        _signal_all(signal.SIGKILL)
        time.sleep(0.02)


def _signal_all(number: signal.Signals) -> None:
    for process in children_of(os.getpid(), table()):
        with suppress(ProcessLookupError):  # it ended by itself
            os.kill(process.pid, number)
