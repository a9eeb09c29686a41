"""What /proc knows about processes. Linux only, as the memory figures are."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One entry of the process table; `state` is the letter that the kernel uses (R, S, D, T, Z, …)."""

    pid: int
    parent: int
    state: str


def table() -> Mapping[int, Process]:
    """All processes of the machine by pid, as of now."""
    return {process.pid: process for process in map(_read, _pids()) if process}


def children_of(root: int, processes: Mapping[int, Process]) -> tuple[Process, ...]:
    """The processes that descend from `root`, parents before their children; `root` is not among them."""
    by_parent: dict[int, list[Process]] = {}
    for process in processes.values():
        by_parent.setdefault(process.parent, []).append(process)
    found = list(by_parent.get(root, ()))
    for process in found:  # grows while it is read: breadth first
        found += by_parent.get(process.pid, ())
    return tuple(found)


def ancestors_of(pid: int, processes: Mapping[int, Process]) -> frozenset[int]:
    """`pid`, its parent, and so on up to the first process."""
    line: set[int] = set()
    while pid in processes and pid not in line:
        line.add(pid)
        pid = processes[pid].parent
    return frozenset(line)


def environment_of(pid: int) -> frozenset[bytes]:
    """The entries `NAME=value` that `pid` was started with; empty when it is gone or not ours to read."""
    try:
        return frozenset((PROC / str(pid) / "environ").read_bytes().split(b"\0"))
    except OSError:
        return frozenset()


def _pids() -> Iterator[int]:
    return (int(entry) for entry in os.listdir(PROC) if entry.isdecimal())  # noqa: PTH208 (names only, read often)


def _read(pid: int) -> Process | None:
    try:
        text = (PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None  # it ended since the folder was listed
    # The second field is the program's name in brackets, which may hold anything, brackets and blanks included.
    state, parent = text[text.rindex(b")") + 2 :].split()[:2]
    return Process(pid, int(parent), state.decode())
