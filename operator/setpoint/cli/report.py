"""`setpoint report`: what a run left behind as HTML, Markdown or JUnit."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from setpoint.api.base import Model
from setpoint.api.errors import InputError
from setpoint.api.loading import LARGEST_METRICS
from setpoint.api.metrics import Metrics
from setpoint.api.remedy import Pair
from setpoint.api.text_files import name_of, read_json, read_text
from setpoint.api.validating import Place, validate
from setpoint.cli.outcome import render_run
from setpoint.cli.runs import REPORT, find_run
from setpoint.cli.streams import emit
from setpoint.control.files import read_record, write_whole
from setpoint.control.record import Attempt, Record, Stage
from setpoint.report.html import render
from setpoint.report.run import AttemptReport, ReportInput, TimelineEntry

AnyModel = TypeVar("AnyModel", bound=Model)


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("run", nargs="?", help="a run's id, the start of one, or its folder (default: the last run)")
    parser.add_argument(
        "--file", type=Path, help=f"where to write; - is standard output (default: {REPORT} in the run's folder)"
    )


def execute(args: Namespace) -> int:
    """HTML goes into a file whose path is printed; Markdown and JUnit go to standard output."""
    folder = find_run(args.run)
    record = read_record(folder / "record.json")
    if args.output == "html":
        text, file = render(report_input(folder, record)), args.file or folder / REPORT
    else:
        if record.verdict is None:
            raise InputError(f"run {record.run} has no verdict yet", instead="let `setpoint run` finish it")
        text, file = render_run(record, args.output, "", folder / REPORT), args.file or Path("-")
    if str(file) == "-":
        emit(text)
    else:
        write_whole(file, text)
        emit(f"{file}\n")
    return 0


def write_report(folder: Path) -> Path:
    """Write the HTML report of the run in `folder` there, and give its path."""
    path = folder / REPORT
    write_whole(path, render(report_input(folder, read_record(folder / "record.json"))))
    return path


def report_input(folder: Path, record: Record) -> ReportInput:
    """Everything that is known of the run; what is missing in `folder` is left out."""
    return assembled(record, _read(folder / "metrics.json", Metrics), lambda attempt: _pair(folder, record, attempt))


def assembled(record: Record, metrics: Metrics | None, pair_of: Callable[[Attempt], Pair | None]) -> ReportInput:
    """The report of a run from its record, what it measured, and what control and candidate showed in each attempt."""
    remediation = record.remediation
    attempts = remediation.attempts if remediation else ()
    return ReportInput(
        title=record.name,
        run=record.run,
        commit=record.commit,
        verdict=record.verdict,
        metrics=metrics,
        evidence=remediation.evidence if remediation else None,
        attempts=tuple(_attempt(attempt, pair_of(attempt)) for attempt in attempts),
        timeline=tuple(TimelineEntry(decision.at, decision.message) for decision in record.decisions if decision.at),
        pull_request=remediation.pull_request if remediation else None,
        ended=ended(record),
    )


def ended(record: Record) -> str:
    """How the run ended, or where it stands, in one sentence."""
    if not record.finished:
        return f"Not finished: {record.pending.stage} is open." if record.pending else "Not finished."
    remediation = record.remediation
    if remediation and remediation.ended:
        return f"{remediation.escalation or remediation.ended}: {remediation.message}"
    return record.decisions[-1].message if record.decisions else ""


def _pair(folder: Path, record: Record, attempt: Attempt) -> Pair | None:
    assert record.remediation is not None
    return _read(folder / "pairs" / f"{record.remediation.key_of(attempt, Stage.VERIFY)}.json", Pair)


def _attempt(attempt: Attempt, pair: Pair | None) -> AttemptReport:
    return AttemptReport(
        number=attempt.number,
        proposal=attempt.proposal,
        gate=attempt.gate,
        test=attempt.test,
        verification=attempt.verification,
        pair=pair,
        outcome=attempt.outcome or "",
        why=attempt.why,
    )


def _read(path: Path, model: type[AnyModel]) -> AnyModel | None:
    if not path.exists():
        return None
    name = name_of(path)
    return validate(model, read_json(read_text(path, LARGEST_METRICS), name), Place(name))
