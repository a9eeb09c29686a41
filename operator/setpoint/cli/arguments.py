"""Arguments that several commands have."""

from argparse import Action, ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from setpoint.api.errors import InputError


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


def service_url(option: str, text: str) -> str:
    """The address of a running service, without a slash at its end; paths are added to it."""
    try:
        address = urlsplit(text)
        whole = address.scheme in ("http", "https") and address.hostname and address.port != 0
    except ValueError:  # a port out of range, a bracket that is never closed
        whole = False
    if not whole or not text.isascii() or not text.isprintable() or " " in text:
        raise InputError(f"{option} {text!r} is not a URL", instead="write for example http://127.0.0.1:8080")
    if address.query or address.fragment or "@" in address.netloc:
        raise InputError(
            f"{option} {text!r} is more than the address of a service",
            instead="write for example http://127.0.0.1:8080, and the rest as the path that is asked for",
        )
    return text.rstrip("/")
