"""`setpoint step toolbox-script`: the script that the toolbox's container runs, for an image that knows only sh."""

from argparse import Namespace

from setpoint.cli.streams import emit
from setpoint.repair.toolbox import SCRIPT, prepare


def carry_out(args: Namespace) -> None:
    """Print it, or put it where both containers see it."""
    if args.into is None:
        emit(SCRIPT.read_text(encoding="utf-8"))
    else:
        prepare(args.into)
