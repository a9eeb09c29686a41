"""`setpoint kube`: see and steer the constraints of a cluster. Each verb's module is as that of a command."""

import importlib
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from typing import Protocol

from setpoint.api.errors import InputError
from setpoint.cli.arguments import add_output
from setpoint.cli.kube.options import add_cluster_options


class Module(Protocol):
    """What a verb's module has."""

    def register(self, parser: ArgumentParser) -> None:
        """The verb's arguments."""

    def execute(self, args: Namespace) -> int:
        """Do it; the exit code."""


@dataclass(frozen=True, slots=True)
class Verb:
    """What a verb does, where, and what it can print."""

    help: str
    module: str
    outputs: tuple[str, ...] = ()


VERBS = {
    "get": Verb("constraints and how they stand; of one also its rows", "get", ("table", "json")),
    "watch": Verb("a line for whatever changes", "watch"),
    "explain": Verb("why the last run decided what it decided", "explain", ("table", "json")),
    "report": Verb("the report of a run", "report", ("html", "markdown", "junit")),
    "run": Verb("run now, whatever the schedule says", "run"),
    "approve": Verb("let the attempt that waits for it be verified", "approve"),
    "suspend": Verb("no runs until it is resumed; one that goes on is ended", "suspend"),
    "resume": Verb("take a suspension back", "resume"),
}
EXIT_CODES = (
    "exit codes: 0 within, or done; 1 breached; 2 wrong usage, or no such constraint; 3 not known; "
    "4 no cluster, or no verdict could be formed"
)


def register(parser: ArgumentParser) -> None:
    """A parser for each verb."""
    parser.epilog = EXIT_CODES
    add_cluster_options(parser)
    verbs = parser.add_subparsers(metavar="VERB", title="verbs", dest="verb")
    for name, verb in VERBS.items():
        below = verbs.add_parser(name, help=verb.help, description=verb.help, epilog=EXIT_CODES, allow_abbrev=False)
        add_cluster_options(below, again=True)
        if verb.outputs:
            add_output(below, verb.outputs, "-o")
        _module(verb).register(below)


def execute(args: Namespace) -> int:
    """Do what the verb does."""
    if args.verb is None:
        known = ", ".join(VERBS)
        raise InputError("there is no verb", where="kube", instead=f"write one of {known}")
    code: int = _module(VERBS[args.verb]).execute(args)
    return code


def _module(verb: Verb) -> "Module":
    module: Module = importlib.import_module(f"{__name__}.{verb.module}")
    return module
