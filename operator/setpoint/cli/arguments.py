"""Arguments that several commands have."""

from argparse import Action, ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from typing import Any


class Once(Action):
    """Of two contradicting options neither is silently the winner."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        """Keep the value, the first time."""
        if getattr(namespace, f"{self.dest}_given", False):
            parser.error(f"{option_string} is given twice")
        setattr(namespace, self.dest, values)
        setattr(namespace, f"{self.dest}_given", True)


def add_output(parser: ArgumentParser, outputs: Sequence[str], *short: str) -> None:
    """`--output`, the first of `outputs` its default."""
    said = f"what to print ({outputs[0]})"
    parser.add_argument(*short, "--output", choices=outputs, default=outputs[0], action=Once, help=said)


def duration(text: str) -> float:
    """A duration on the command line, in seconds."""
    from setpoint.api.duration import parse_duration

    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    if seconds <= 0:
        raise ArgumentTypeError(f"{text!r} is no time at all; write for example 90s, 20m or 1h30m")
    return seconds
