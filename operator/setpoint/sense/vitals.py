"""A copy's memory, CPU and restarts over time, seen from outside."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from setpoint.api.metrics import Instance
from setpoint.api.ports import Copy
from setpoint.api.reasons import Reason
from setpoint.sense.process import (
    CGROUPS,
    PROC,
    Process,
    kills_file,
    proportional_memory,
    read_kills,
    read_processes,
    resident_memory,
    started_at,
)
from setpoint.sense.series import Missed, Series

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Vitals:
    """What /proc tells of one copy. `memory` in bytes, `cpu` in cores used (no limit is set on this machine)."""

    copy: Copy
    proc: Path = PROC
    cgroups: Path = CGROUPS
    memory: Series = field(default_factory=Series)
    cpu: Series = field(default_factory=Series)
    first: Process | None = None
    main: Process | None = None
    restarts: int = 0
    killed_for_memory: bool = False
    _seen: frozenset[int] = frozenset()
    _spent: tuple[float, float] | None = None  # (monotonic seconds, CPU seconds) at the last sample
    _kills: int | None = None
    _kills_file: Path | None = None
    _resident_only: bool = False

    def sample(self) -> None:
        """Take one reading of everything, now."""
        before = read_kills(self._kills_file) if self._kills_file else None
        at, processes = time.time(), read_processes(self.copy.pids(), self.proc)
        living = [process for process in processes if not process.ended]
        self._follow(living, before)
        self._sample_memory(at, living)
        self._sample_cpu(at, processes)

    def instance(self) -> Instance:
        """The copy as an instance of the target."""
        started = datetime.fromtimestamp(started_at(self.first), UTC).isoformat() if self.first else None
        return Instance(
            name=self.copy.name,
            started_at=started,
            restarts=self.restarts,
            killed_for_memory=self.killed_for_memory,
        )

    def _follow(self, living: Sequence[Process], kills: int | None) -> None:
        """Notice that the main process was replaced, and that one was ended for want of memory."""
        pids = frozenset(process.pid for process in living)
        if self._seen - pids and self._kills is not None and self._kills_file:
            self.killed_for_memory |= (read_kills(self._kills_file) or 0) > self._kills
        self._seen, self._kills = pids, kills
        if not living or (self.main and self.main.identity in {process.identity for process in living}):
            return
        self.restarts += self.main is not None
        self.main = living[0]
        self.first = self.first or self.main
        self._kills_file = kills_file(self.main.pid, self.proc, self.cgroups)
        self._kills = read_kills(self._kills_file)

    def _sample_memory(self, at: float, living: Sequence[Process]) -> None:
        try:
            self.memory.add(at, self._memory(living))
        except Missed as missed:
            self.memory.miss(missed)

    def _memory(self, living: Sequence[Process]) -> float:
        if not living:
            raise self._gone()
        if not self._resident_only:
            try:
                return proportional_memory(living, self.proc)
            except OSError as error:
                if self.memory.points:  # another measure from here on would look like a step
                    raise Missed(Reason.PARTIAL_DATA, f"PSS cannot be read any more: {error.strerror}") from error
                _LOG.warning("PSS of %s cannot be read (%s); its RSS is taken", self.copy.name, error.strerror)
                self._resident_only = True
        return resident_memory(living, self.proc)

    def _sample_cpu(self, at: float, processes: Sequence[Process]) -> None:
        now, spent = time.monotonic(), sum(process.cpu_seconds for process in processes)
        if not processes:
            self.cpu.miss(self._gone())
            self._spent = None
            return
        if self._spent:
            elapsed, used = now - self._spent[0], spent - self._spent[1]
            # Less than before: a process ended and took its account along; this interval is not known.
            if used >= 0 and elapsed > 0:
                self.cpu.add(at, used / elapsed)
        self._spent = now, spent

    def _gone(self) -> Missed:
        return Missed(Reason.TARGET_CHANGED, f"no process of {self.copy.name} lives any more")
