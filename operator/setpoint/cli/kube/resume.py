"""`setpoint kube resume`: take a suspension back."""

from argparse import ArgumentParser, Namespace


def register(parser: ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("name", metavar="NAME", help="the constraint")


def execute(args: Namespace) -> int:
    """Remove the annotation; 0, also when it was not suspended. What the spec says stays with whoever wrote it."""
    from setpoint.api.errors import InputError
    from setpoint.cli.kube.access import open_access
    from setpoint.cli.kube.reading import read
    from setpoint.cli.streams import emit
    from setpoint.kube.names import SUSPENDED

    access = open_access(args)
    found = access.one(args.name)
    constraint = read(found)
    if SUSPENDED in constraint.annotations:
        access.change(found, {SUSPENDED: None})
    if constraint.spec.get("suspend") is True:
        raise InputError(
            "spec.suspend is true", where=args.name, instead="set it to false where the constraint is written"
        )
    emit(f"resumed {args.name}\n" if constraint.suspended else f"{args.name} is not suspended\n")
    return 0
