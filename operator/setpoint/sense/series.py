"""What a sensor collects: a series of points, and what it missed."""

import math
from dataclasses import dataclass, field

from setpoint.api.metrics import Fault, Point
from setpoint.api.reasons import Reason

MISSES_ALLOWED = 0.05  # the judge needs points over 95 % of the window
LONGEST_MESSAGE = 300


def printable(text: str, most: int = LONGEST_MESSAGE) -> str:
    """`text` from outside, fit to be shown: no control or direction characters, at most `most` characters."""
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:most])
    return shown + ("…" if len(text) > most else "")


class Missed(Exception):  # noqa: N818 - a reading that was missed, handled by every caller in this package
    """A reading that could not be taken. `reason` is what rows say when too many are missed."""

    def __init__(self, reason: Reason, message: str) -> None:
        self.reason = reason
        self.message = printable(message)
        super().__init__(self.message)


@dataclass(slots=True)
class Series:
    """Points of one signal of one instance, and how many readings of it were missed."""

    points: list[Point] = field(default_factory=list)
    missed: int = 0
    last: Missed | None = None

    def add(self, at: float, value: float) -> None:
        """Keep a reading; a value that is not finite is a missed one."""
        if math.isfinite(value):
            self.points.append((at, value))
        else:
            self.miss(Missed(Reason.NON_FINITE, f"the value read was {value}"))

    def miss(self, missed: Missed) -> None:
        """Note that a reading was due and could not be taken."""
        self.missed += 1
        self.last = missed

    def fault(self, signal: str) -> Fault | None:
        """What is wrong with the series as a whole; a single missed reading among others is nothing."""
        taken = len(self.points) + self.missed
        if self.last is None or (self.points and self.missed <= max(1.0, MISSES_ALLOWED * taken)):
            return None
        message = f"{self.missed} of {taken} readings missed; the last: {self.last.message}"
        return Fault(signal=signal, reason=self.last.reason, message=message)
