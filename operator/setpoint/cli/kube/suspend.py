"""`setpoint kube suspend`: no runs until it is resumed."""

from argparse import ArgumentParser, Namespace


def register(parser: ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("name", metavar="NAME", help="the constraint")


def execute(args: Namespace) -> int:
    """Write the annotation; 0, also when it was suspended already."""
    from setpoint.cli.kube.access import open_access
    from setpoint.cli.kube.reading import read
    from setpoint.cli.streams import emit
    from setpoint.kube.names import SUSPENDED

    access = open_access(args)
    found = access.one(args.name)
    if read(found).suspended:
        emit(f"{args.name} is suspended already\n")
        return 0
    access.change(found, {SUSPENDED: "true"})
    emit(f"suspended {args.name}; `setpoint kube resume {args.name}` takes that back\n")
    return 0
