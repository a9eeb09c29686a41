"""`setpoint step NAME`: what the pods of a repair run. Orders are JSON; a result is the last line of the output.

Each step is a module of its own, imported when it is its turn: a pod that fetches a tree needs neither numpy nor a
model's client, and its start is waited for.
"""

import importlib
from argparse import ArgumentParser, Namespace
from pathlib import Path

from setpoint.api.steps import SOURCE_PORT

# name -> its module, which has `carry_out(args)`; those of _ORDERED answer an order.
_ORDERED = ("source", "propose", "gate", "diagnose", "verify")
_MODULES = {
    **{name: f"setpoint.cli.step.{name}" for name in (*_ORDERED, "tree")},
    "probe": "setpoint.cli.step.probe",
    "toolbox-script": "setpoint.cli.step.toolbox",
}


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    for name in _ORDERED:
        step = steps.add_parser(name, allow_abbrev=False)
        step.add_argument("--order", type=Path, required=True, metavar="FILE", help="the order, JSON")
        step.add_argument("--ending", type=Path, metavar="FILE", help="leave a word there about how it ended")
        if name == "source":
            step.add_argument("--port", type=int, default=SOURCE_PORT, help=f"to serve on ({SOURCE_PORT})")
    tree = steps.add_parser("tree", allow_abbrev=False)
    tree.add_argument("--source", required=True, metavar="URL", help="the source pod")
    tree.add_argument("--into", type=Path, required=True, metavar="DIR", help="what is in there goes first")
    tree.add_argument("--patch", type=Path, metavar="FILE", help="apply it to the tree")
    probe = steps.add_parser("probe", allow_abbrev=False)
    probe.add_argument("--into", type=Path, required=True, metavar="DIR", help="the folder shared with the service")
    script = steps.add_parser("toolbox-script", allow_abbrev=False)
    script.add_argument("--into", type=Path, metavar="DIR", help="write it there as toolbox.sh, and its pipe beside it")


def execute(args: Namespace) -> int:
    """Take the step."""
    importlib.import_module(_MODULES[args.step]).carry_out(args)
    return 0
