"""`setpoint kube approve`: let the attempt that waits for people be verified."""

from argparse import ArgumentParser, Namespace


def register(parser: ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("name", metavar="NAME", help="the constraint")
    parser.add_argument("attempt", nargs="?", metavar="REMEDIATION-ATTEMPT", help="default: the one that waits")


def execute(args: Namespace) -> int:
    """Write the annotation that approves exactly the attempt that is said; 0."""
    from setpoint.api.errors import InputError
    from setpoint.api.reasons import Step
    from setpoint.cli.kube.access import open_access
    from setpoint.cli.kube.reading import read
    from setpoint.cli.kube.standing import said_of_remediation
    from setpoint.cli.streams import emit
    from setpoint.kube.names import APPROVED
    from setpoint.report.text import clean

    access = open_access(args)
    found = access.one(args.name)
    constraint = read(found)
    waits, remediating = constraint.status.remediation, constraint.status.condition("Remediating")
    stands = f"{remediating.status} {remediating.reason}" if remediating else "not there"
    if waits is None or remediating is None or remediating.reason != Step.AWAITING_APPROVAL:
        raise InputError(
            "nothing waits for approval", where=args.name, instead=f"its condition Remediating is {clean(stands)}"
        )
    waiting = f"{waits.id}-{waits.attempt}"
    if args.attempt not in (None, waiting):
        raise InputError(
            f"{clean(args.attempt)} does not wait for approval", where=args.name, instead=f"{clean(waiting)} does"
        )
    access.change(found, {APPROVED: waiting})
    emit(f"approved {clean(waiting)} of {args.name}: {said_of_remediation(constraint)}\n")
    return 0
