"""One k6 under way: a thread that owns the process, one that folds its CSV, one that reads its log."""

import math
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from setpoint.api.errors import LoadFailed
from setpoint.api.ports import LoadFrame
from setpoint.load.binary import COMPLETE, K6, SCRIPT_ABORTED, exit_words
from setpoint.load.child import end, has_ended, interrupt, spawn
from setpoint.load.fold import Fold, fold_rows
from setpoint.load.frame import Phase, Plan, make_frame
from setpoint.load.log import Log

POLL_SECONDS = 0.05
# After being interrupted k6 runs teardown() and writes its last rows; a healthy one needs well under a second.
INTERRUPT_SECONDS = 10.0
# Until the first iteration: starting, making the virtual users, setup() (k6 itself allows that a minute).
STARTUP_SECONDS = 150.0
CSV = "k6.csv"


@dataclass(frozen=True, slots=True)
class Job:
    """What is run. `drain`: seconds that k6 may take after the load to end by itself. `flags`: more of k6's."""

    k6: K6
    script: Path
    environment: Mapping[str, str]
    folder: Path  # of its own, writable, for this job alone
    plan: Plan
    limits: tuple[float, ...]
    drain: float
    flags: tuple[str, ...] = ()


class K6Run:
    """A running k6. A context manager: leaving it kills k6's process group, however the load stands."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._fold = Fold(job.limits, warmup=job.plan.warmup, seconds=job.plan.seconds)
        self._folding = threading.Lock()
        self._log: Log | None = None
        self._stopping, self._leaving = threading.Event(), threading.Event()
        self._phase: Phase = "running"
        self._failure: Exception | None = None
        # One thread owns the process from start to end: k6 is bound to the thread that started it.
        self._owner = threading.Thread(target=self._guarded, args=(self._own,), name="k6", daemon=True)

    def __enter__(self) -> "K6Run":
        self._owner.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._owner.join()

    def frame(self) -> LoadFrame:
        """See RunningLoad. Raises LoadFailed when k6 died or gave up; its last error is in the message."""
        if self._failure is not None:
            raise self._failure
        with self._folding:
            return make_frame(self._fold, self._job.plan, self._phase, self._last_error())

    def stop(self) -> None:
        """See RunningLoad. Requests that are under way at that moment are not counted at all."""
        self._stopping.set()
        self._owner.join()

    def _guarded(self, work: Callable[[], None]) -> None:
        """No thread of ours may end without a word: what went wrong is raised by the next frame()."""
        try:
            work()
        except Exception as error:
            failure = LoadFailed(f"k6 could not be run: {error}") if isinstance(error, OSError) else error
            self._failure = self._failure or failure
            self._stopping.set()

    def _own(self) -> None:
        with ExitStack() as stack:
            rows, still_writing = _open_fifo(stack, self._job.folder / CSV)
            process = stack.enter_context(self._spawn())
            self._log = stack.enter_context(Log(process.stderr))
            stack.callback(end, process)  # whatever happens, and before the log is waited for
            reader = threading.Thread(
                target=self._guarded,
                args=(partial(fold_rows, rows, self._fold, self._folding),),
                name="k6 rows",
                daemon=True,
            )
            reader.start()
            asked = self._watch(process)
            code = end(process)
            still_writing.close()
            reader.join()
        self._conclude(code, asked)

    def _spawn(self) -> subprocess.Popen[bytes]:
        job = self._job
        quiet = ("--quiet", "--address=")  # no progress, no REST API (its variable cannot be empty)
        command = [str(job.k6.path), "run", *quiet, *job.flags, f"--out=csv={job.folder / CSV}", str(job.script)]
        return spawn(command, environment=job.environment, folder=job.folder, stdout=subprocess.DEVNULL)

    def _watch(self, process: subprocess.Popen[bytes]) -> Phase | None:
        """Wait for the end: None if k6 ended by itself, else what the load is now that we ended it."""
        began = time.monotonic()
        while not has_ended(process):
            if self._leaving.is_set():
                return "stopped"
            overdue = self._overdue(time.monotonic() - began)
            if overdue or self._stopping.is_set():
                self._interrupt(process)
                return "complete" if overdue else "stopped"
            self._stopping.wait(POLL_SECONDS)
        return None

    def _overdue(self, running: float) -> bool:
        plan, first = self._job.plan, self._fold.first
        if first == math.inf:
            return running > STARTUP_SECONDS + plan.schedule.delay
        return time.time() > first + plan.seconds + self._job.drain

    def _interrupt(self, process: subprocess.Popen[bytes]) -> None:
        interrupt(process)
        until = time.monotonic() + INTERRUPT_SECONDS
        while not has_ended(process) and time.monotonic() < until and not self._leaving.is_set():
            time.sleep(POLL_SECONDS)

    def _last_error(self) -> str:
        return self._log.last_error() if self._log else ""

    def _conclude(self, code: int, asked: Phase | None) -> None:
        """All rows are folded. A k6 that ended without being asked must have had a good reason."""
        if asked is not None:
            self._phase = asked
        elif code in COMPLETE:
            self._phase = "complete"
        elif code == SCRIPT_ABORTED:
            self._phase = "stopped"
        else:
            said = f": {error}" if (error := self._last_error()) else ""
            raise LoadFailed(f"k6 did not finish the load, {exit_words(code)}{said}")


def _open_fifo(stack: ExitStack, path: Path) -> tuple[IO[str], IO[bytes]]:
    """A new FIFO's reading end, and a writing end that keeps it open until k6 is over, whether k6 opens it or not."""
    os.mkfifo(path, 0o600)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    rows = stack.enter_context(os.fdopen(reading, encoding="utf-8", errors="replace", newline=""))
    writing = stack.enter_context(path.open("wb", buffering=0))
    os.set_blocking(reading, True)
    return rows, writing
