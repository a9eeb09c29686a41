"""How much load may be asked for at all: set by who runs Setpoint, not by who writes a constraint. Pure."""

import math
from dataclasses import dataclass

from setpoint.api.errors import InputError
from setpoint.load.schedule import Schedule


class CeilingError(InputError):
    """More load was asked for than there may be."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The most that a load may be: requests (iterations) per second, and seconds with warm-up. None: no ceiling."""

    rate: float | None = None
    seconds: float | None = None

    def flags(self) -> tuple[str, ...]:
        """For k6, which a script cannot overrule: an iteration may send any number of requests, all together not more.

        What is above has to wait, so that the load is not reached and nothing is judged by it.
        """
        return () if self.rate is None else (f"--rps={max(math.floor(self.rate), 1)}",)


def check(ceilings: Ceilings, schedule: Schedule, seconds: float) -> None:
    """Raises CeilingError when a load of `seconds` by `schedule` is above a ceiling.

    The highest rate of any moment counts, not the mean. A closed script plans none: it is held by the flags alone.
    """
    if ceilings.seconds is not None and seconds > ceilings.seconds:
        raise CeilingError(
            f"a load of {seconds:g} s is above the ceiling of {ceilings.seconds:g} s", where="load.duration"
        )
    if ceilings.rate is None:
        return
    if (highest := schedule.highest_rate()) > ceilings.rate:
        raise CeilingError(f"{highest:g} requests a second are above the ceiling of {ceilings.rate:g}", where="load")
