"""Progress for people, on standard error: a live line on a terminal, plain lines in a pipe."""

import os
import sys
import time
from typing import TextIO

from setpoint.report.text import clean

LONGEST_LINE = 2000  # some of it was said by programs and models that nobody knows
PLAIN_SECONDS = 10.0
CLEAR_LINE = "\r\x1b[K"
BAR = 24


class PlainTell:
    """One line a step; a long one says how far it is every ten seconds."""

    def __init__(self, out: TextIO) -> None:
        self.out, self.began, self.next_word = out, time.monotonic(), 0.0

    def step(self, text: str) -> None:
        """A line of its own, with the seconds since the beginning."""
        self.out.write(f"[{time.monotonic() - self.began:5.0f} s] {clean(text, LONGEST_LINE)}\n")
        self.out.flush()

    def progress(self, text: str, done: float, total: float) -> None:
        """Now and then a line."""
        if time.monotonic() < self.next_word:
            return
        self.next_word = time.monotonic() + PLAIN_SECONDS
        self.step(f"{text}: {done:.0f} of {total:.0f} s")


class TerminalTell(PlainTell):
    """As PlainTell, and a bar that is drawn over itself."""

    def step(self, text: str) -> None:
        """Takes the place of the bar."""
        self.out.write(CLEAR_LINE)
        super().step(text)

    def progress(self, text: str, done: float, total: float) -> None:
        """One line, cut to the terminal's width."""
        filled = round(BAR * done / total) if total else BAR
        line = f"  {'━' * filled}{'╌' * (BAR - filled)} {done:3.0f}/{total:.0f} s  {text}"
        columns = os.get_terminal_size(self.out.fileno()).columns
        self.out.write(CLEAR_LINE + line[: max(columns - 1, 1)])
        if done >= total:
            self.out.write(CLEAR_LINE)
        self.out.flush()


def tell_people() -> PlainTell:
    """The teller that fits standard error."""
    dumb = os.environ.get("TERM", "dumb") == "dumb" or "CI" in os.environ
    return TerminalTell(sys.stderr) if sys.stderr.isatty() and not dumb else PlainTell(sys.stderr)


class SystemClock:
    """Time as the machine has it."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Sleep at least `seconds`."""
        time.sleep(seconds)
