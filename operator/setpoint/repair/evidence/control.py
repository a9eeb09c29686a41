"""Our side of the folder through which the probes are told the steps of a profile (see probe/agent.py)."""

import json
import os
import re
import secrets
from pathlib import Path

from setpoint.api.ports import Clock, Copy
from setpoint.repair.evidence.raw import Answer, Failed, Hello, Kind, Usage, read_raw

MOST_PROCESSES = 64
POLL = 0.05
INJECT = Path(__file__).parents[1] / "probe" / "inject"


class Control:
    """The folder, and the processes that have said hello in it."""

    def __init__(self, folder: Path, copy: Copy, clock: Clock) -> None:
        self._folder, self._copy, self._clock = folder, copy, clock

    def hello(self) -> Hello | None:
        """What a process said of itself; None when no probe runs: then none is a Python process."""
        return next(iter(self._valid("hello", Hello)), None)

    def trees(self) -> tuple[str, ...]:
        """The folders that processes take for their own source, each once."""
        return tuple(dict.fromkeys(hello.tree for hello in self._valid("hello", Hello) if hello.tree))

    def step(self, name: str, patience: float, frames: int = 0) -> bool:
        """Tell all processes the step and wait until each that lives has done it; False after `patience` seconds."""
        part = self._folder / f"{name}-{secrets.token_hex(8)}.part"
        # The copy may write into the folder too: nothing that it put there is written through.
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "w") as file:
            json.dump({"frames": frames}, file)
        part.rename(self._folder / name)
        until = self._clock.now() + patience
        while pids_of(self._folder, "hello") & set(self._copy.pids()) - pids_of(self._folder, name):
            if self._clock.now() > until:
                return False
            self._clock.sleep(POLL)
        return True

    def cpu(self, step: str) -> float:
        """Seconds of CPU that all processes had taken at that step, since they began."""
        return sum(usage.cpu_seconds for usage in self._valid(step, Usage))

    def answers(self) -> tuple[list[Answer], list[str]]:
        """The findings of every process that answered, and a note for each answer that cannot be used."""
        notes: list[str] = []
        found = [*self._valid("settle", Answer, notes), *self._valid("end", Answer, notes)]
        failed = [f"the probe could not start: {failure.error}" for failure in self._valid("failed", Failed, notes)]
        return found, notes + failed

    def _valid(self, step: str, kind: type[Kind], notes: list[str] | None = None) -> list[Kind]:
        """What processes wrote at that step; `notes` takes a sentence for each that is not what it should be."""
        found = []
        for path in sorted(self._folder.glob(f"{step}-*.json"))[:MOST_PROCESSES]:
            try:
                found.append(read_raw(path, kind))
            except ValueError as error:
                if notes is not None:
                    notes.append(f"an answer of the probe was left out: {error}")
        return found


def pids_of(folder: Path, step: str) -> set[int]:
    """The processes that have written an answer to that step into the folder."""
    names = (re.fullmatch(rf"{step}-(\d{{1,9}})\.json", path.name) for path in folder.glob(f"{step}-*.json"))
    return {int(name[1]) for name in names if name}
