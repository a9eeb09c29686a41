"""Memory, CPU time and restarts of a copy's processes, from /proc: no metrics endpoint is needed."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from setpoint.api.reasons import Reason
from setpoint.sense.memory_files import memory_files
from setpoint.sense.series import Missed

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ENDED = frozenset("ZXx")


@dataclass(frozen=True, slots=True)
class Process:
    """One process: `started` in clock ticks since boot, `cpu_seconds` with those of children that ended."""

    pid: int
    started: int
    cpu_seconds: float
    ended: bool

    @property
    def identity(self) -> tuple[int, int]:
        """What tells it from a later process with the same pid; sorts by age."""
        return self.started, self.pid


def read_processes(pids: Sequence[int], proc: Path = PROC) -> list[Process]:
    """Those of `pids` that are still there, oldest first; a zombie counts for its CPU time only."""
    found = (_read_stat(pid, proc) for pid in pids)
    return sorted((process for process in found if process), key=lambda process: process.identity)


def _read_stat(pid: int, proc: Path) -> Process | None:
    try:
        text = (proc / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None  # it ended between the listing and now
    # The command's name stands in brackets and may hold anything, brackets and spaces too.
    fields = text.rpartition(")")[2].split()
    user, system, children_user, children_system = (int(field) for field in fields[11:15])
    cpu_seconds = (user + system + children_user + children_system) / _TICKS
    return Process(pid, int(fields[19]), cpu_seconds, ended=fields[0] in _ENDED)


def started_at(process: Process) -> float:
    """Unix seconds of the start of `process`."""
    boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return boot + process.started / _TICKS


def proportional_memory(processes: Sequence[Process], proc: Path = PROC) -> float:
    """Bytes that `processes` hold, a page that n processes share counted as 1/n in each (PSS).

    What they hold open of files in memory, and have not mapped, is theirs too.
    Raises PermissionError or FileNotFoundError where the kernel does not tell it of a process that lives.
    """
    held = [_proportional(process.pid, proc) for process in processes]
    files = memory_files([process.pid for process in processes], proc)
    return float(sum(pss for pss, _ in held) + max(0, files - sum(mapped for _, mapped in held)))


def _proportional(pid: int, proc: Path) -> tuple[int, int]:
    """All pages of `pid`, and those of them that belong to files in memory."""
    try:
        lines = (proc / str(pid) / "smaps_rollup").read_text().splitlines()
    except ProcessLookupError:
        return 0, 0
    except FileNotFoundError:
        if (proc / str(pid)).exists():
            raise
        return 0, 0
    sizes = {words[0]: int(words[1]) * 1024 for line in lines if (words := line.split())[0].startswith("Pss")}
    return sizes.get("Pss:", 0), sizes.get("Pss_Shmem:", 0)


def resident_memory(processes: Sequence[Process], proc: Path = PROC) -> float:
    """Bytes that the one process of `processes` holds (RSS). Raises Missed when there are several.

    Pages that several processes share would be counted in each of them.
    """
    if len(processes) > 1:
        why = f"PSS cannot be read and the RSS of {len(processes)} processes counts shared pages several times"
        raise Missed(Reason.PARTIAL_DATA, why)
    return float(sum(_resident(process.pid, proc) for process in processes))


def _resident(pid: int, proc: Path) -> int:
    try:
        return int((proc / str(pid) / "statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0


def kills_file(pid: int, proc: Path = PROC, cgroups: Path = CGROUPS) -> Path:
    """The file that counts processes ended for want of memory: of the cgroup of `pid`, else of the whole machine."""
    try:
        lines = (proc / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        lines = []
    groups = [line.split(":", 2) for line in lines if line.count(":") >= 2]
    own = [_events(controllers, path.lstrip("/"), cgroups) for _, controllers, path in groups]
    return next((events for events in own if events and read_kills(events) is not None), proc / "vmstat")


def _events(controllers: str, path: str, cgroups: Path) -> Path | None:
    if not controllers:  # version 2 has one hierarchy for all controllers
        return cgroups / path / "memory.events"
    return cgroups / "memory" / path / "memory.oom_control" if "memory" in controllers.split(",") else None


def read_kills(events: Path) -> int | None:
    """The count of `oom_kill` in `events`; None where it cannot be known."""
    try:
        lines = events.read_text().splitlines()
    except OSError:
        return None
    counts = [line.split()[1] for line in lines if line.startswith("oom_kill ")]
    return int(counts[0]) if counts else None
