"""Standard output as a stream: what is written there is data, and readers may leave."""

import contextlib
import os
import sys


def emit(text: str) -> None:
    """Write to standard output. A reader that has seen enough changes nothing about the exit code."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()


def discard_output() -> None:
    """What could not be written must not be tried, and complained about, again when the interpreter ends."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
