"""The values that the statistics give and take."""

from dataclasses import dataclass, replace

from setpoint.api.reasons import Reason, Result
from setpoint.judge.wording import number

Interval = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a row is held to. `limit`, `noise` and everything that is found are in `unit`.

    `alpha` is the chance of each of the two errors that the row may make. `noise` is what two unchanged copies differ
    by on this host: an interval is never narrower than that. `minutes`: the window that the constraint states.
    `sequential`: the run was looked at many times; `planned`: seconds after the warm-up that it was to last, if known.
    """

    row: str
    limit: float
    unit: str
    alpha: float
    noise: float = 0.0
    sequential: bool = False
    minutes: float | None = None
    planned: float | None = None

    def share(self, parts: int) -> "Terms":
        """The terms of one of several tests that together make the row."""
        return self if parts <= 1 else replace(self, alpha=self.alpha / parts)


@dataclass(frozen=True, slots=True)
class Unfit:
    """Data that no verdict can rest on, and why."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a statistic saw: observed value and interval in the row's unit; `samples` is what it rests on."""

    result: Result
    reason: Reason
    message: str
    observed: float | None = None
    interval: Interval | None = None
    samples: int = 0
    instance: str | None = None


def unfit(why: Unfit, instance: str | None = None) -> Finding:
    """Unknown is never a pass: unfit data are Inconclusive, with their reason."""
    return Finding(Result.INCONCLUSIVE, why.reason, why.message, instance=instance)


@dataclass(frozen=True, slots=True)
class Decision:
    """One of the three values, and the reason that goes with it."""

    result: Result
    reason: Reason


BREACHED = Decision(Result.BREACHED, Reason.SETPOINT_BREACHED)
WITHIN = Decision(Result.WITHIN, Reason.WITHIN_SETPOINTS)
OPEN = Decision(Result.INCONCLUSIVE, Reason.NOT_DECIDED)


def too_noisy(terms: Terms, without: Decision) -> str:
    """What to say of a row that is open `without` which it would be decided: the noise of two copies on this host.

    Empty where the noise is not the reason.
    """
    if terms.noise <= 0 or without is OPEN:
        return ""
    unit = f" {terms.unit}" if terms.unit else ""
    return f"two unchanged copies differ by {number(terms.noise)}{unit} on this host, which is too noisy to decide it"


def above(observed: float, interval: Interval, limit: float, smallest: float = 0.0) -> Decision:
    """The rule of contract section 2 for a limit that must not be exceeded; `smallest`: the effect that matters."""
    low, high = interval
    if low is not None and low > limit and observed - limit >= smallest:
        return BREACHED
    if high is not None and high <= limit + smallest:
        return WITHIN
    return OPEN


def below(observed: float, interval: Interval, limit: float) -> Decision:
    """The same for a limit that must not be undercut."""
    low, high = interval
    mirrored = (None if high is None else -high, None if low is None else -low)
    return above(-observed, mirrored, -limit)
