"""`setpoint run`: the whole loop on this machine."""

import os
import re
import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setpoint.api.errors import InputError
from setpoint.api.loading import load_spec
from setpoint.api.ports import Tell
from setpoint.api.reasons import Ending, Result
from setpoint.api.spec import LocalSpec
from setpoint.cli.artifacts import ArtifactStore
from setpoint.cli.load import need_load
from setpoint.cli.local import Session, ports
from setpoint.cli.outcome import render_run
from setpoint.cli.output import exit_code
from setpoint.cli.report import write_report
from setpoint.cli.runs import REPORT, at_work, begin, resume, uid_of
from setpoint.cli.started import need_target
from setpoint.cli.streams import emit
from setpoint.cli.tell import SystemClock, tell_people
from setpoint.control.engine import Engine
from setpoint.control.ids import digest, generation_of
from setpoint.control.observed import Policy
from setpoint.control.record import Record
from setpoint.forge.source import GitSource
from setpoint.judge import judge
from setpoint.load.inspection import script_path
from setpoint.plant.sweep import sweep
from setpoint.repair.proposers import PROPOSERS
from setpoint.report.describing import describer


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("constraints", type=Path, help="the constraints file")
    parser.add_argument("--fixed", action="store_true", help="always run the whole load, also when all is decided")
    parser.add_argument("--fresh", action="store_true", help="begin a new run, also when one was interrupted")


def execute(args: Namespace) -> int:
    """Run the loop; 0 within or repaired and verified, 1 breached, 3 inconclusive."""
    spec = load_spec(args.constraints)
    _check(args.constraints, spec)
    tell = tell_people()
    with at_work() as runs:
        record = _begin(args, spec, runs, tell)
        session = Session(
            file=args.constraints,
            spec=spec,
            target=need_target(args.constraints, spec),
            folder=(runs / record.run).absolute(),
            owner=record.run,
            tell=tell,
            fixed=args.fixed,
        )
        record = _loop(session)
        write_report(session.folder)
        emit(render_run(record, args.output, str(args.constraints), runs / record.run / REPORT))
    return _code(record)


def _check(file: Path, spec: LocalSpec) -> None:
    """What the loop would trip over later is said first."""
    need_target(file, spec)
    need_load(file, spec)
    if spec.repair.proposer not in PROPOSERS:
        raise InputError(
            f"repair.proposer {spec.repair.proposer!r} is not known",
            where=str(file),
            instead=f"write one of {', '.join(sorted(PROPOSERS))}",
        )


def _begin(args: Namespace, spec: LocalSpec, runs: Path, tell: Tell) -> Record:
    source = GitSource(args.constraints.parent / spec.repair.source.repository)
    commit = source.resolve(spec.repair.source.branch)
    if source.dirty():
        tell.step(f"uncommitted changes are not measured: this run is about commit {commit[:10]}")
    name = spec.name or _slug((source.top / source.prefix).resolve().name)
    uid, generation = uid_of(args.constraints, runs), _generation(args, spec)
    interrupted = None if args.fresh else resume(runs, uid, generation, commit)
    record = interrupted or begin(runs, uid, name, generation, commit, SystemClock().now())
    left = sweep(record.run)
    word = "resume" if interrupted else "begin"
    tell.step(
        f"{word} run {record.run} of {name} at {commit[:10]}" + (f"; ended {left} left-over processes" if left else "")
    )
    return record


def _generation(args: Namespace, spec: LocalSpec) -> str:
    """The load's script is a part of what is asked for, though it stands in a file of its own."""
    written = spec.to_json()
    if spec.load and spec.load.script:
        written["script"] = digest(script_path(args.constraints.parent, spec.load.script).read_bytes())
    return generation_of(written)


def _loop(session: Session) -> Record:
    """Run the engine to the end of the run."""
    repair = session.spec.repair
    engine = Engine(
        policy=Policy(repair.mode, repair.max_iterations, repair.escalate_after),
        ports=ports(session),
        store=ArtifactStore(session.folder),
        judge=lambda metrics: judge(session.spec.constraints, metrics),
        describe=describer(str(session.file)),
        clock=SystemClock(),
        tell=session.tell,
    )
    with _nothing_left_behind(session):
        return engine.run()


@contextmanager
def _nothing_left_behind(session: Session) -> Iterator[None]:
    """No tree, temporary file or process of this run outlives the context; those of one that was killed end first."""
    _remove_scratch(session)
    temporary, before = session.scratch / "tmp", tempfile.tempdir
    try:
        temporary.mkdir(parents=True)
        tempfile.tempdir = str(temporary)
        os.environ["SETPOINT_OWNER"] = session.owner  # k6 inherits it: what is left after a kill can be found
        yield
    finally:
        tempfile.tempdir = before
        sweep(session.owner)
        _remove_scratch(session)


def _remove_scratch(session: Session) -> None:
    for folder in (session.scratch, *session.folder.glob("logs/*-home-*")):
        shutil.rmtree(folder, ignore_errors=True)


def _code(record: Record) -> int:
    """A verified repair is a success: the branch exists. Everything else follows the verdict."""
    if record.remediation and record.remediation.ended is Ending.VERIFIED:
        return 0
    return exit_code(record.verdict.result if record.verdict else Result.INCONCLUSIVE)


def _slug(name: str) -> str:
    """A folder's name as a constraint's name: lower case, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "target"
