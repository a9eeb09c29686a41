"""The entry point: finds the command, imports only what it needs, and turns every error into one line and a code.

Exit codes: 0 within; 1 breached; 2 wrong usage or configuration; 3 inconclusive; 4 no verdict could be formed;
130 on Ctrl-C, and on SIGTERM and SIGHUP, which end a command in the same good order.
"""

import argparse
import codecs
import contextlib
import difflib
import importlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from setpoint.api.errors import InputError, SetpointError
from setpoint.cli.arguments import add_output
from setpoint.cli.streams import discard_output

INTERRUPTED = 130
PLAIN_SIGNS = {"✓": "+", "✗": "x", "≤": "<=", "≥": ">=", "…": "..", "–": "-", "─": "-", "→": "->", "━": "=", "╌": "."}
FAILED = 4
VERDICT = ("table", "json", "markdown", "junit", "github")


@dataclass(frozen=True, slots=True)
class Command:
    """A command's module has `register(parser)` and `execute(args) -> exit code`. First of `outputs`: the default.

    Without `help` it is for Setpoint's own Jobs, and people are not shown it.
    """

    help: str
    module: str
    outputs: tuple[str, ...] = ()


COMMANDS = {
    "check": Command("judge a metrics.json against a constraints file", "setpoint.cli.check", VERDICT),
    "load": Command("run the load and write its part of metrics.json", "setpoint.cli.load"),
    "capture": Command("write metrics.json: the load and what the target did under it", "setpoint.cli.capture"),
    "run": Command("the whole loop: load, capture, judge, repair, verify", "setpoint.cli.run", VERDICT),
    "explain": Command("why the last run decided what it decided", "setpoint.cli.explain", ("table", "json")),
    "report": Command("write the report of a run", "setpoint.cli.report", ("html", "markdown", "junit")),
    "init": Command("write a constraints file to begin with", "setpoint.cli.init"),
    "crd": Command("print the CustomResourceDefinition", "setpoint.cli.crd"),
    "kube": Command("see and steer the constraints of a cluster; also as kubectl setpoint", "setpoint.cli.kube"),
    "operator": Command("run the operator in a cluster", "setpoint.cli.operator"),
    "gateway": Command("run the model gateway of a cluster", "setpoint.cli.gateway"),
    "forge": Command("", "setpoint.cli.forge"),
    "step": Command("", "setpoint.cli.step"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv` (default: the process's arguments) and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _prepare()
    try:
        code = _run(words)
        if sys.stdout:
            sys.stdout.flush()
        return code
    except SystemExit as end:  # argparse printed the help or the version
        return end.code if isinstance(end.code, int) else 0
    except BaseException as error:
        return _failed(error, debug="--debug" in words or os.environ.get("SETPOINT_DEBUG") == "1")


def kubectl() -> int:
    """The entry point of kubectl's plug-in: `kubectl setpoint get` is `setpoint kube get`."""
    return main(["kube", *sys.argv[1:]])


def _run(words: list[str]) -> int:
    name = next((word for word in words if not word.startswith("-")), None)
    if name and name not in COMMANDS:
        shown = [known for known, command in COMMANDS.items() if command.help]
        near = difflib.get_close_matches(name, shown, n=1)
        known = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(shown)}"
        raise InputError(f"there is no command {name!r}", instead=known)
    parser = _parser(name)
    args, unknown = parser.parse_known_args(words)
    if unknown:
        raise InputError(f"{unknown[0]} is not known", where=name or "", instead=f"see setpoint {name or ''} --help")
    if name is None:
        parser.print_help(sys.stderr)
        return InputError.exit_code
    code: int = importlib.import_module(COMMANDS[name].module).execute(args)
    return code


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    parser = _Parser(prog="setpoint", description="A control loop for performance.", allow_abbrev=False)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    parser.add_argument("--debug", action="store_true", help="show where an error came from (or SETPOINT_DEBUG=1)")
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name, command in COMMANDS.items():
        listed: dict[str, Any] = {"help": command.help} if command.help else {}
        below = commands.add_parser(name, description=command.help, allow_abbrev=False, **listed)
        if name == chosen:
            _complete(below, command)
    return parser


def _complete(parser: argparse.ArgumentParser, command: Command) -> None:
    if command.outputs:
        add_output(parser, command.outputs)
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    importlib.import_module(command.module).register(parser)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(message, where=self.prog.partition(" ")[2], instead=f"see {self.prog} --help")


class _Version(argparse.Action):
    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:  # noqa: ARG002
        from importlib.metadata import version

        print(f"setpoint {version('setpoint')}")
        parser.exit()


def _prepare() -> None:
    """Output that any terminal can take, and an orderly end for whoever stops us."""
    codecs.register_error("setpoint", _in_plain_signs)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="setpoint")
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Not in the main thread (an embedding program), or ignored on purpose (nohup): left as it is.
        if signal.getsignal(number) == signal.SIG_DFL:
            with contextlib.suppress(ValueError):
                signal.signal(number, signal.default_int_handler)


def _in_plain_signs(error: UnicodeError) -> tuple[str, int]:
    """What stands for a sign that the terminal's encoding lacks; `?` alone would be the mark of Inconclusive."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(PLAIN_SIGNS.get(sign, "_") for sign in error.object[error.start : error.end]), error.end


def _failed(error: BaseException, debug: bool) -> int:
    """Say what happened in one line; the exit code."""
    if debug:
        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        _complain("interrupted")
        return INTERRUPTED
    if isinstance(error, SetpointError):
        for line in (str(error), *getattr(error, "__notes__", ())):
            _complain(line)
        return error.exit_code
    discard_output()
    if isinstance(error, BrokenPipeError):  # the reader has seen enough
        return FAILED
    if isinstance(error, OSError):
        _complain(": ".join(str(part) for part in (error.filename, error.strerror or str(error)) if part))
        return FAILED
    if not isinstance(error, Exception):
        raise error
    _complain(f"this is a fault of setpoint ({type(error).__name__}: {error}); --debug shows where")
    return FAILED


def _complain(text: str) -> None:
    from setpoint.report.text import clean

    if sys.stderr:
        with contextlib.suppress(OSError):
            first, *rest = text.splitlines() or [""]
            said = [f"setpoint: {clean(first, 2000)}", *(f"  {clean(line, 2000)}" for line in rest)]
            print("\n".join(said), file=sys.stderr)
