"""Patches that somebody might propose in order to look good, and how far each of them comes.

Each is a file in hostile/: first what it is (`service`, `stopped by`, for verifications also the row that it is
`about`, `what`), then the patch. They go through what `setpoint run` is made of: its gate, its tests, its verification.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from running import CORPUS, repository  # noqa: F401 (tests read it here)

from setpoint.api.loading import load_spec
from setpoint.api.ports import PatchOrder, VerifyOrder
from setpoint.api.reasons import Reason, Result
from setpoint.api.remedy import Outcome
from setpoint.api.verdict import Row, Verdict
from setpoint.cli.local import Session, ports
from setpoint.cli.tell import PlainTell

FOLDER = Path(__file__).parent / "hostile"
REFERENCE = Path(__file__).parent / "reference"
# Half of the corpus's own load; growth is judged more coarsely in so short a window.
SHORTER = {
    "warmup: 5s": "warmup: 3s",
    "duration: 25s": "duration: 14s",
    "'30s'": "'17s'",
    "hour: 250": "hour: 1500",
}


@dataclass(frozen=True)
class Hostile:
    """One patch; `stage` is what has to stop it: gate, tests or verification."""

    name: str
    service: str
    stage: str
    about: str
    what: str
    patch: str


@dataclass(frozen=True)
class Stopped:
    """Where a patch was stopped and why; `stage` is `accepted` when nothing stopped it."""

    stage: str
    why: str


def read_all() -> list[Hostile]:
    """All patches, by name."""
    return [read(file) for file in sorted(FOLDER.glob("*.patch"))]


def read(file: Path) -> Hostile:
    """One file: lines `key: value`, an empty line, the patch."""
    text, _, patch = file.read_text().partition("\n\n")
    said = dict(line.split(": ", 1) for line in text.splitlines())
    return Hostile(file.stem, said["service"], said["stopped by"], said.get("about", ""), said["what"], patch)


def reference(hostile: Hostile) -> Hostile:
    """The reference fix for the same service, as if it were one of the patches."""
    name = hostile.service.rpartition("/")[2]
    patch = (REFERENCE / f"{name}.patch").read_text()
    return Hostile(f"reference-{name}", hostile.service, "accepted", hostile.about, "A repair.", patch)


class Court:
    """Judges patches against one service, in a repository in `folder` under a short load."""

    def __init__(self, service: str, folder: Path) -> None:
        repository(service, folder, SHORTER)
        file = folder / "performance-constraints.yaml"
        spec = load_spec(file)
        place = folder / ".setpoint" / "runs" / "hostile"
        tell = PlainTell(sys.stderr)
        session = Session(file=file, spec=spec, target=spec.target, folder=place, owner="hostile", tell=tell)
        self._commit = session.source.resolve(None)
        self._ports = ports(session)
        self._asked = 0

    def gate(self, patch: str) -> tuple[str, ...]:
        """What the gate has against a patch."""
        return self._ask(self._ports.gate, PatchOrder(self._commit, patch)).violations

    def tests(self, patch: str) -> str:
        """Why the project's own tests do not pass with a patch; empty when they do."""
        report = self._ask(self._ports.test, PatchOrder(self._commit, patch))
        return "" if report.passed else report.output[-300:]

    def verification(self, patch: str, about: str, seed: str) -> tuple[Outcome, str]:
        """What the trial of a patch says, in a repair of the row `about`."""
        order = VerifyOrder(commit=self._commit, patch=patch, verdict=_breach(about), seed=seed)
        verified = self._ask(self._ports.verify, order)
        return verified.outcome, verified.why

    def try_all(self, hostile: Hostile) -> Stopped:
        """Every stage in turn, as in a run."""
        if violations := self.gate(hostile.patch):
            return Stopped("gate", violations[0])
        if fault := self.tests(hostile.patch):
            return Stopped("tests", fault.splitlines()[-1])
        outcome, why = self.verification(hostile.patch, hostile.about, hostile.name)
        return Stopped("accepted" if outcome is Outcome.ACCEPTED else "verification", f"{outcome}: {why}")

    def _ask(self, port: Any, order: PatchOrder | VerifyOrder) -> Any:
        self._asked += 1
        key = str(self._asked)
        port.ensure(key, order)
        return port.state(key).result


def _breach(constraint: str) -> Verdict:
    """The breach that the repair is about; how deep it was does not matter to the trial."""
    row = Row(
        constraint=constraint,
        limit=0,
        unit="",
        confidence=0.99,
        result=Result.BREACHED,
        reason=Reason.SETPOINT_BREACHED,
        message="",
    )
    return Verdict(result=Result.BREACHED, rows=(row,))
