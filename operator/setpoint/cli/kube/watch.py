"""`setpoint kube watch`: a line for whatever changes, until Ctrl-C or the end of a run."""

from argparse import ArgumentParser, Namespace

from setpoint.cli.arguments import duration


def register(parser: ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="only this one")
    parser.add_argument(
        "--until", choices=["finished"], help="with NAME: end with the verdict of the run that is open, or the next one"
    )
    parser.add_argument("--timeout", type=duration, metavar="DURATION", help="end by then, with exit code 4")


def execute(args: Namespace) -> int:
    """Lines go to standard output; with --until the verdict after them."""
    from setpoint.api.errors import InputError
    from setpoint.cli.kube.access import open_access
    from setpoint.cli.kube.awaiting import Teller, deadline_of, wait_for_run
    from setpoint.cli.kube.ending import conclude
    from setpoint.cli.kube.following import follow
    from setpoint.cli.kube.reading import read

    if args.until and not args.name:
        raise InputError("--until needs the name of one constraint", where="watch", instead="write watch NAME --until")
    access = open_access(args, all_allowed=not args.name)
    teller = Teller(_print, whole=args.name is not None)
    stream = follow(access, args.name, deadline_of(args.timeout))
    if not args.name:
        access.all()  # a cluster without the CRD is said now
    else:
        last = read(access.one(args.name)).status.last_run
    if args.until:
        over = last.id if last and last.finished_at else None
        return conclude(*wait_for_run(stream, teller, lambda run: run.id != over))
    for seen in stream:
        if seen is not None:
            teller.tell(seen)
    return 0


def _print(line: str) -> None:
    print(line, flush=True)
