"""`setpoint explain`: which rules decided a run, in order, and why."""

from argparse import ArgumentParser, Namespace

from setpoint.api.base import Model
from setpoint.cli.output import to_json
from setpoint.cli.report import ended
from setpoint.cli.runs import find_run
from setpoint.cli.streams import emit
from setpoint.control.files import read_record
from setpoint.control.record import Decision, Record
from setpoint.report.rows import headline
from setpoint.report.text import clean


class Explanation(Model):
    """The JSON form: the whole in one sentence, and every decision."""

    schema_version: int = 1
    run: str
    name: str
    commit: str
    finished: bool
    ended: str
    decisions: tuple[Decision, ...]


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("run", nargs="?", help="a run's id, the start of one, or its folder (default: the last run)")


def execute(args: Namespace) -> int:
    """Print the decisions of the run."""
    record = read_record(find_run(args.run) / "record.json")
    emit(explained(record, args.output))
    return 0


def explained(record: Record, output: str) -> str:
    """The record's decisions as a table or as JSON."""
    if output != "json":
        return "".join(f"{line}\n" for line in explain(record))
    explanation = Explanation(
        run=record.run,
        name=record.name,
        commit=record.commit,
        finished=record.finished,
        ended=ended(record),
        decisions=record.decisions,
    )
    return to_json(explanation)


def explain(record: Record) -> list[str]:
    """One line a decision: when, which rule had the first opinion, what it said."""
    commit = f" at commit {clean(record.commit[:12])}" if record.commit else ""
    about = f"run {clean(record.run, 40)} of {clean(record.name)}{commit}"
    lines = [about, *(_line(decision, record.started_at) for decision in record.decisions)]
    if record.verdict:
        lines.append(headline(record.verdict))
    return [*lines, clean(ended(record), 1000)]


def _line(decision: Decision, start: float) -> str:
    when = f"+{decision.at - start:.0f} s" if decision.at else ""
    rule = clean(decision.rule.replace("_", " "), 60)
    return f"{when:>8}  {rule}: {clean(decision.message, 1000)}"
