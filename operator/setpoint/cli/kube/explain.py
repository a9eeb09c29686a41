"""`setpoint kube explain`: which rules decided a run, in order; without its record, what the conditions say."""

from argparse import ArgumentParser, Namespace


def register(parser: ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("name", metavar="NAME", help="the constraint")
    parser.add_argument("--run", metavar="ID", help="a run that is still kept, or the start of its id (default: last)")


def execute(args: Namespace) -> int:
    """Print the decisions of the run; 0."""
    from setpoint.cli.explain import explained
    from setpoint.cli.kube.access import open_access
    from setpoint.cli.kube.kept import find_record
    from setpoint.cli.kube.reading import read
    from setpoint.cli.kube.standing import said_of, said_of_run
    from setpoint.cli.output import to_json
    from setpoint.cli.streams import emit

    access = open_access(args)
    constraint = read(access.one(args.name))
    record = find_record(access, constraint, args.run)
    if record:
        emit(explained(record, args.output))
    elif args.output == "json":
        emit(to_json(constraint.status))
    else:
        last = constraint.status.last_run
        missing = f"{said_of_run(last)}; its record is not kept" if last else "no run has begun"
        lines = [f"{args.name}: {missing}", *map(said_of, constraint.status.conditions)]
        emit("".join(f"{line}\n" for line in lines))
    return 0
