"""Our side of the folder through which the probes are told the steps of a profile (see probe/agent.py)."""

import re
from pathlib import Path

from setpoint.api.ports import Clock, Copy
from setpoint.repair.evidence.raw import Answer, Failed, Hello, read_raw

MOST_PROCESSES = 64
POLL = 0.05
INJECT = Path(__file__).parents[1] / "probe" / "inject"


class Control:
    """The folder, and the processes that have said hello in it."""

    def __init__(self, folder: Path, copy: Copy, clock: Clock) -> None:
        self._folder, self._copy, self._clock = folder, copy, clock

    def hello(self) -> Hello | None:
        """What the first process said of itself; None when no probe runs: then it is not a Python process."""
        for path in self._folder.glob("hello-*.json"):
            return read_raw(path, Hello)
        return None

    def step(self, name: str, patience: float) -> bool:
        """Tell all processes the step and wait until each that lives has done it; False after `patience` seconds."""
        (self._folder / name).touch()
        until = self._clock.now() + patience
        while missing := self._waiting_for(name):
            if self._clock.now() > until or not self._copy.alive():
                return not missing
            self._clock.sleep(POLL)
        return True

    def answers(self, step: str) -> tuple[list[Answer], list[str]]:
        """The findings of every process that answered, and a note for each answer that cannot be used."""
        found, notes = [], []
        for path in sorted(self._folder.glob(f"{step}-*.json"))[:MOST_PROCESSES]:
            try:
                found.append(read_raw(path, Answer))
            except ValueError as error:
                notes.append(f"an answer of the probe was left out: {error}")
        failed = sorted(self._folder.glob("failed-*.json"))[:MOST_PROCESSES]
        return found, notes + [f"the probe could not start: {_why(path)}" for path in failed]

    def _waiting_for(self, step: str) -> set[int]:
        return self._pids("hello") & set(self._copy.pids()) - self._pids(step)

    def _pids(self, step: str) -> set[int]:
        names = (re.fullmatch(rf"{step}-(\d{{1,9}})\.json", path.name) for path in self._folder.glob(f"{step}-*.json"))
        return {int(name[1]) for name in names if name}


def _why(path: Path) -> str:
    try:
        return read_raw(path, Failed).error
    except ValueError as error:
        return str(error)
