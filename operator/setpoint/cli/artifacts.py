"""The files of a run that people and other tools read: projections of the record, written when it is saved."""

from pathlib import Path

from setpoint.api.base import Model
from setpoint.control.files import FileStore, write_whole
from setpoint.control.record import Attempt, Record


class ArtifactStore(FileStore):
    """The record store that also keeps verdict.json and attempts/N/ up to date."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder

    def save(self, record: Record) -> None:
        """The record first: everything else can be made again from it."""
        super().save(record)
        if record.verdict:
            _write(self.folder / "verdict.json", record.verdict)
        if record.remediation:
            for attempt in record.remediation.attempts:
                self._write_attempt(record, attempt)

    def _write_attempt(self, record: Record, attempt: Attempt) -> None:
        folder = self.folder / "attempts" / str(attempt.number)
        assert record.remediation is not None
        for name, value in (
            ("evidence.json", record.remediation.evidence),
            ("proposal.json", attempt.proposal),
            ("gate.json", attempt.gate),
            ("test.json", attempt.test),
            ("verification.json", attempt.verification),
            ("verdict.json", attempt.verification.candidate if attempt.verification else None),
        ):
            if value is not None:
                _write(folder / name, value)
        if attempt.patch:
            _write_text(folder / "patch.diff", attempt.patch)


def _write(path: Path, value: Model) -> None:
    _write_text(path, value.model_dump_json(by_alias=True, exclude_none=True, indent=1) + "\n")


def _write_text(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_whole(path, text)
