"""`setpoint step source`: hold the token, find the commit, and serve its tree until somebody ends it."""

import tempfile
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

from setpoint.api.steps import SourceFound, SourceStep
from setpoint.cli.ending import say_result, told
from setpoint.cli.step.orders import read_order
from setpoint.forge.serving import SnapshotServer
from setpoint.forge.snapshot import take


def carry_out(args: Namespace) -> None:
    """Serve; SIGTERM ends it in good order."""
    with tempfile.TemporaryDirectory(prefix="setpoint-source-") as folder:
        with told(args.ending):
            order = read_order(SourceStep, args.order)
            snapshot = take(order.hosting, order.branch, order.commit, Path(folder))
            server = SnapshotServer(snapshot, args.port)
        with server, suppress(KeyboardInterrupt):
            say_result(SourceFound(commit=snapshot.commit, branch_head=snapshot.branch_head), args.ending)
            server.serve_forever()
