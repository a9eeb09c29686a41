"""The folder of runs: `.setpoint/runs/<id>/` where the command is called; one run at a time works in it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setpoint.api.errors import InputError, NoVerdict
from setpoint.api.reasons import Ending
from setpoint.control.files import FileStore, read_record
from setpoint.control.ids import run_id
from setpoint.control.record import Action, Decision, Record

HOME = Path(".setpoint")


@contextmanager
def at_work(home: Path = HOME) -> Iterator[Path]:
    """The runs folder, held by us alone until the context is left."""
    try:
        (home / "runs").mkdir(parents=True, exist_ok=True)
        (home / ".gitignore").write_text("*\n")
        lock = (home / "lock").open("a+")
    except OSError as error:
        raise NoVerdict(
            f"cannot write to {home.absolute()}: {error.strerror}; run from a folder you may write to"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NoVerdict(f"another setpoint run is at work in {home.absolute()}; wait for it, or stop it") from None
        yield home / "runs"


def records(runs: Path) -> list[Record]:
    """All readable records, oldest run first."""
    found = [read_record(path) for path in runs.glob("*/record.json")]
    return sorted(found, key=lambda record: (record.started_at, record.number))


def resume_or_begin(runs: Path, uid: str, name: str, generation: str, commit: str, now: float) -> tuple[Record, bool]:
    """The unfinished run of the same constraints and commit, or a new one; True when it is resumed."""
    mine = [record for record in records(runs) if record.uid == uid]
    last = mine[-1] if mine else None
    if last and not last.finished and (last.generation, last.commit) == (generation, commit):
        return last, True
    number = max((record.number for record in mine), default=0) + 1
    run = run_id(uid, generation, number)
    begun = Record(uid=uid, name=name, generation=generation, number=number, run=run, commit=commit, started_at=now)
    FileStore(runs / run).save(begun)
    return begun, False


def give_up_unfinished(runs: Path, uid: str) -> None:
    """Close interrupted runs of the constraints as superseded, so that they are never resumed."""
    for record in records(runs):
        if record.uid == uid and not record.finished:
            decision = Decision(
                rule="give_up_unfinished", action=Action.FINISH, reason=Ending.SUPERSEDED, message="begun afresh"
            )
            changed = {"finished": True, "decisions": (*record.decisions, decision)}
            FileStore(runs / record.run).save(record.model_copy(update=changed))


def find_run(wanted: str | None, home: Path = HOME) -> Path:
    """The folder of the run `wanted` (an id, the start of one, or a folder; None: the last one)."""
    if wanted and (Path(wanted) / "record.json").exists():
        return Path(wanted)
    known = records(home / "runs")
    matching = [record for record in known if not wanted or record.run.startswith(wanted)]
    if matching and (not wanted or len({record.run for record in matching}) == 1):
        return home / "runs" / matching[-1].run
    if not known:
        raise InputError(f"no run in {os.fspath(home.absolute())}", instead="run `setpoint run CONSTRAINTS` first")
    raise InputError(
        f"no run {wanted!r}" if not matching else f"{wanted!r} is the start of several runs",
        instead="write one of " + ", ".join(record.run for record in known[-5:]),
    )
