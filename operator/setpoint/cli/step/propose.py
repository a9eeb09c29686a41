"""`setpoint step propose`: a proposer at work on a tree that it was given, in a pod that can reach little else.

The repository that patches are made with is a throw-away one in a folder of ours alone: a command of the project,
which may write into the tree, could have git run programs if it could write into the repository.
"""

import os
import socket
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setpoint.api.errors import InputError, NetworkNotEnforced
from setpoint.api.ports import Commands, ProposeOrder
from setpoint.api.remedy import Proposal
from setpoint.api.steps import ProposeStep
from setpoint.cli.ending import say_result, told
from setpoint.cli.step.copies import reachable
from setpoint.cli.step.files import files_of
from setpoint.cli.step.orders import read_order
from setpoint.cli.tell import tell_people
from setpoint.forge.fetching import fetch_tree
from setpoint.forge.throwaway import throwaway
from setpoint.repair.gate import GateRules, check
from setpoint.repair.proposers import PROPOSERS, check_proposer
from setpoint.repair.toolbox import NoCommands, ToolboxCommands
from setpoint.repair.workshop import Workshop


def carry_out(args: Namespace) -> None:
    """Say the proposal."""
    with told(args.ending), tempfile.TemporaryDirectory(prefix="setpoint-propose-") as name:
        order = read_order(ProposeStep, args.order)
        with _toolbox(order, Path(name)) as (commands, work):
            _need_enforced(order.forbidden)
            check_proposer(order.repair, os.environ)
            say_result(_propose(order, Path(name), commands, work), args.ending)


def _need_enforced(forbidden: str | None) -> None:
    """Raises NetworkNotEnforced when a connection comes about that no policy would let through."""
    if forbidden is None:
        return
    host, _, port = forbidden.rpartition(":")
    try:
        socket.getaddrinfo(host.strip("[]"), int(port))
    except (OSError, ValueError, UnicodeError):
        what = f"{forbidden!r} is no address that could be tried, so nothing is known of the network"
        raise InputError(what, where="forbidden", instead="write for example 10.0.0.1:443") from None
    if reachable(host.strip("[]"), int(port)):
        raise NetworkNotEnforced(
            f"{forbidden} can be reached from here, which a NetworkPolicy forbids: the cluster's network does not "
            "enforce policies, so no proposer is let loose; install a network that does"
        )


@contextmanager
def _toolbox(order: ProposeStep, private: Path) -> Iterator[tuple[Commands, Path]]:
    """What runs commands, and the folder for trees that they run in. The toolbox ends with us."""
    if order.toolbox is None:
        yield NoCommands(), private / "work"
        return
    # What we write there is used, changed and removed by whoever the toolbox's image runs as.
    os.umask(0)
    commands = ToolboxCommands(Path(order.toolbox).resolve())
    try:
        yield commands, commands.work
    finally:
        commands.quit()


def _propose(order: ProposeStep, private: Path, commands: Commands, work: Path) -> Proposal:
    tree = private / "tree"
    fetch_tree(order.source, tree)
    source, commit = throwaway(tree, private / "repository")
    rules = GateRules(order.repair.source.paths)
    workshop = Workshop(
        source=source,
        paths=order.repair.source.paths,
        folder=work,
        attempts=private / "attempts",
        repair=order.repair,
        commands=commands,
        tell=tell_people(),
        gate=lambda patch: check(patch, rules, files_of(tree)),
        environment=os.environ,
    )
    asked = ProposeOrder(commit, order.base_patch, order.verdict, order.evidence, order.tried)
    if order.repair.proposer not in PROPOSERS:
        known = f"known are {', '.join(PROPOSERS)}"
        raise InputError(f"there is no proposer {order.repair.proposer!r}", where="repair.proposer", instead=known)
    return PROPOSERS[order.repair.proposer](asked, workshop)
