"""The folder of runs: `.setpoint/runs/<id>/` where the command is called; one run at a time works in it."""

import fcntl
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from setpoint.api.errors import InputError, NoVerdict
from setpoint.api.reasons import Ending
from setpoint.control.files import FileStore, read_record, write_whole
from setpoint.control.ids import digest, run_id
from setpoint.control.record import Action, Decision, Record

HOME = Path(".setpoint")
REPORT = "report.html"  # the last file that a run writes


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


def uid_of(constraints: Path, runs: Path) -> str:
    """What `metadata.uid` is in a cluster: of this file in this folder of runs, and never the same again.

    Runs of the same file in another folder, or after the folder was removed, make other branches.
    """
    identity = runs.parent / "id"
    if not identity.exists():
        write_whole(identity, uuid.uuid4().hex)
    return digest("local", identity.read_text(), constraints.resolve())


def records(runs: Path) -> list[Record]:
    """All readable records, oldest run first; a damaged one is said and left out."""
    found = []
    for path in runs.glob("*/record.json"):
        try:
            found.append(read_record(path))
        except NoVerdict as error:
            print(f"setpoint: {error}", file=sys.stderr)
    return sorted(found, key=lambda record: (record.started_at, record.number))


def resume(runs: Path, uid: str, generation: str, commit: str) -> Record | None:
    """The last run of `uid`, if it was interrupted and is about the same constraints and commit."""
    mine = _of(uid, runs)
    last = mine[-1] if mine else None
    if last is None or _over(last, runs / last.run) or (last.generation, last.commit) != (generation, commit):
        return None
    return last


def begin(runs: Path, uid: str, name: str, generation: str, commit: str, now: float) -> Record:
    """A new run, written down; what was interrupted before is given up and never resumed."""
    mine = _of(uid, runs)
    for record in mine:
        if not record.finished:
            _give_up(record, runs)
    taken = {folder.name for folder in runs.glob("*")}  # also by a run whose record is damaged
    first = max((record.number for record in mine), default=0) + 1
    number = next(number for number in count(first) if run_id(uid, generation, number) not in taken)
    run = run_id(uid, generation, number)
    begun = Record(uid=uid, name=name, generation=generation, number=number, run=run, commit=commit, started_at=now)
    FileStore(runs / run).save(begun)
    return begun


def _of(uid: str, runs: Path) -> list[Record]:
    return [record for record in records(runs) if record.uid == uid]


def _over(record: Record, folder: Path) -> bool:
    """A run that ended without a report was killed before people heard of it: only that is left to be done."""
    given_up = record.finished and record.decisions[-1].reason == Ending.SUPERSEDED
    return given_up or (record.finished and (folder / REPORT).exists())


def _give_up(record: Record, runs: Path) -> None:
    decision = Decision(rule="begin", action=Action.FINISH, reason=Ending.SUPERSEDED, message="a new run was begun")
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
