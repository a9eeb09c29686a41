"""`setpoint step gate`: what the rules say of a patch, and the hash of the tree that it makes."""

import tempfile
from argparse import Namespace
from pathlib import Path

from setpoint.api.errors import ForgeFailed
from setpoint.api.remedy import GateReport
from setpoint.api.steps import GateStep
from setpoint.cli.ending import say_result, told
from setpoint.cli.step.files import files_of
from setpoint.cli.step.orders import read_order
from setpoint.forge.fetching import Submodules, fetch_submodules, fetch_tree
from setpoint.forge.throwaway import throwaway, tree_with
from setpoint.repair.gate import GateRules, check


def carry_out(args: Namespace) -> None:
    """Say the report."""
    with told(args.ending), tempfile.TemporaryDirectory(prefix="setpoint-gate-") as name:
        order = read_order(GateStep, args.order)
        tree = Path(name, "tree")
        fetch_tree(order.source, tree)
        report = check(order.patch, GateRules(order.paths, order.protected), files_of(tree))
        if report.passed:
            report = _with_hash(report, order, tree, fetch_submodules(order.source))
        say_result(report, args.ending)


def _with_hash(report: GateReport, order: GateStep, tree: Path, submodules: Submodules) -> GateReport:
    """The report with the tree's hash. What git does not apply as it stands is refused, whatever the rules said."""
    source, commit = throwaway(tree, tree.with_name("repository"), submodules)
    try:
        return report.model_copy(update={"tree": tree_with(source, commit, order.patch)})
    except ForgeFailed as error:
        return report.model_copy(update={"passed": False, "violations": (f"git does not apply it: {error}.",)})
