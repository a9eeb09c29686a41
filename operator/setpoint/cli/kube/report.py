"""`setpoint kube report`: a run of a constraint as HTML, Markdown or JUnit, from what the operator keeps of it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def register(parser: ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("name", metavar="NAME", help="the constraint")
    parser.add_argument("--run", metavar="ID", help="a run that is still kept, or the start of its id (default: last)")
    parser.add_argument(
        "--file", type=Path, help="where to write; - is standard output (default for html: NAME-RUN.html here)"
    )


def execute(args: Namespace) -> int:
    """HTML goes into a file whose path is printed; Markdown and JUnit go to standard output."""
    from setpoint.api.errors import InputError
    from setpoint.cli.kube.access import open_access
    from setpoint.cli.kube.kept import find_metrics, find_record
    from setpoint.cli.kube.reading import read
    from setpoint.cli.outcome import render_run
    from setpoint.cli.report import assembled
    from setpoint.cli.streams import emit
    from setpoint.control.files import write_whole
    from setpoint.report.html import render

    access = open_access(args)
    constraint = read(access.one(args.name))
    record = find_record(access, constraint, args.run)
    if record is None:
        raise InputError("no record of the last run is kept", where=args.name, instead=f"run one: kube run {args.name}")
    if args.output == "html":
        text = render(assembled(record, find_metrics(access, constraint, record), lambda _: None))
        file = args.file or Path(f"{constraint.name}-{record.run}.html")
    else:
        if record.verdict is None:
            raise InputError(f"run {record.run} has no verdict yet", instead=f"see kube watch {args.name}")
        text, file = render_run(record, args.output, "", None), args.file or Path("-")
    if str(file) == "-":
        emit(text)
    else:
        write_whole(file, text)
        emit(f"{file}\n")
    return 0
