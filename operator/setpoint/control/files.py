"""Files that survive a crash: the record store, and slow things whose result is a file."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from setpoint.api.base import Model
from setpoint.api.errors import NoVerdict, SetpointError
from setpoint.api.ports import Progress
from setpoint.control.record import Record

_NOISE = TypeAdapter(dict[str, float])

Order = TypeVar("Order")
Result = TypeVar("Result", bound=Model)


def write_whole(path: Path, text: str) -> None:
    """Write `path` so that a reader, also after a crash, finds the old text or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class FileStore:
    """The record of one run, as record.json in the run's folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "record.json"

    def load(self) -> Record:
        """The record as it was last saved."""
        return read_record(self.path)

    def save(self, record: Record) -> None:
        """Written to disk when this returns."""
        write_whole(self.path, record.model_dump_json(by_alias=True, indent=1, exclude_none=True))


def read_record(path: Path) -> Record:
    """The record in `path`; a damaged one is an error that says how to go on."""
    try:
        return Record.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise NoVerdict(
            f"{path} is damaged ({error.error_count()} faults); remove its folder to start afresh"
        ) from None


class NoiseFile:
    """The noise floor of one image and load, as a file; a damaged one is measured again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Mapping[str, float] | None:
        """Row -> difference; None when there is no (readable) file."""
        try:
            return _NOISE.validate_json(self.path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def save(self, noise: Mapping[str, float]) -> None:
        """Kept for the next verification of the same image and load."""
        write_whole(self.path, _NOISE.dump_json(dict(noise)).decode())


class Saved(Generic[Order, Result]):
    """A slow thing done here and now: `ensure` blocks until its result is a file; what has a file is not done again.

    `refusals` are the errors that are an answer (Failed) and not a reason to stop the whole loop.
    """

    def __init__(
        self,
        folder: Path,
        model: type[Result],
        work: Callable[[Order], Result],
        refusals: tuple[type[SetpointError], ...] = (),
    ) -> None:
        self.folder, self.model, self.work, self.refusals = folder, model, work, refusals
        self.refused: dict[str, SetpointError] = {}

    def ensure(self, key: str, order: Order) -> None:
        """Do the work, unless its result is there already."""
        if self._path(key).exists():
            return
        try:
            result = self.work(order)
        except self.refusals as error:
            self.refused[key] = error
            return
        write_whole(self._path(key), result.model_dump_json(by_alias=True, exclude_none=True))

    def state(self, key: str) -> Progress[Result]:
        """Done when the file is there; Absent when it is not, also after a crash in the middle."""
        if error := self.refused.get(key):
            return Progress("Failed", message=str(error), error=type(error).__name__)
        if not self._path(key).exists():
            return Progress("Absent")
        return Progress("Done", self.model.model_validate_json(self._path(key).read_bytes()))

    def stop(self, key: str) -> None:
        """Nothing runs between calls."""

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"
