"""`setpoint kube run`: ask for a run now; with --wait follow it to its verdict."""

import sys
from argparse import ArgumentParser, Namespace

from setpoint.cli.arguments import duration


def register(parser: ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("name", metavar="NAME", help="the constraint")
    parser.add_argument("--wait", action="store_true", help="until the verdict, which gives the exit code")
    parser.add_argument("--timeout", type=duration, metavar="DURATION", help="with --wait: exit code 4 after that")


def execute(args: Namespace) -> int:
    """Write the annotation; 0, or with --wait what the verdict comes to."""
    from datetime import UTC, datetime

    from setpoint.api.errors import InputError, NoVerdict
    from setpoint.cli.kube.access import open_access
    from setpoint.cli.kube.awaiting import Teller, deadline_of, wait_for_run
    from setpoint.cli.kube.ending import conclude
    from setpoint.cli.kube.following import follow
    from setpoint.cli.kube.reading import read
    from setpoint.cli.streams import emit
    from setpoint.kube.names import REQUESTED

    if args.timeout and not args.wait:
        raise InputError("--timeout is for --wait", where="run", instead="add --wait")
    access = open_access(args)
    found = access.one(args.name)
    if read(found).suspended:
        raise NoVerdict(f"{args.name} is suspended; `setpoint kube resume {args.name}` first")
    deadline = deadline_of(args.timeout)
    asked = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    access.change(found, {REQUESTED: asked})
    if not args.wait:
        emit(f"asked for a run of {args.name}; `setpoint kube watch {args.name} --until finished` follows it\n")
        return 0
    teller = Teller(lambda line: print(line, file=sys.stderr, flush=True), whole=False)
    stream = follow(access, args.name, deadline)
    return conclude(*wait_for_run(stream, teller, lambda run: run.requested == asked))
