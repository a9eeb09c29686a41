"""Whether a new run is due, and why: rules over the last run and the target, the first with an opinion wins. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

MOST_RETRIES = 3


class Trigger(StrEnum):
    """What began a run."""

    REQUESTED = "Requested"
    NEW_GENERATION = "NewGeneration"
    ROLLOUT = "Rollout"
    SCHEDULE = "Schedule"
    RETRY = "Retry"


@dataclass(frozen=True, slots=True)
class Before:
    """The last run, which has ended. Times in Unix seconds.

    `unjudged`: runs in a row that a passing trouble kept from a verdict; `interrupted`: it was stopped by people.
    """

    generation: int
    images: tuple[str, ...]
    requested: str | None
    started_at: float
    finished_at: float
    unjudged: int = 0
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How a constraint stands between runs. `scheduled`: the schedule's first moment after the last run began.

    `retried`: people have asked that what was given up be tried again.
    """

    now: float
    generation: int
    images: tuple[str, ...]
    requested: str | None
    on_rollout: bool
    retry_after: float
    before: Before | None = None
    scheduled: float | None = None
    retried: bool = False


def due(seen: Standing) -> Trigger | None:
    """What begins a run now, if anything does."""
    return next((trigger for trigger, rule in _RULES if rule(seen)), None)


def next_look(seen: Standing) -> float | None:
    """Unix seconds at which a run becomes due by time alone; None: never."""
    times = [time for time in (seen.scheduled, retry_at(seen)) if time is not None]
    return min(times, default=None)


def retry_at(seen: Standing) -> float | None:
    """When a run that could not be judged is tried again: each time after twice as long, and not for ever."""
    before = seen.before
    if before is not None and before.interrupted:
        return seen.now
    if before is None or not 0 < before.unjudged <= MOST_RETRIES:
        return None
    return before.finished_at + seen.retry_after * float(2 ** (before.unjudged - 1))


def _requested(seen: Standing) -> bool:
    asked = bool(seen.requested) and (seen.before is None or seen.before.requested != seen.requested)
    return asked or seen.retried


def _new_generation(seen: Standing) -> bool:
    return seen.before is None or seen.before.generation != seen.generation


def _rollout(seen: Standing) -> bool:
    return seen.on_rollout and seen.before is not None and seen.before.images != seen.images


def _schedule(seen: Standing) -> bool:
    return seen.scheduled is not None and seen.scheduled <= seen.now


def _retry(seen: Standing) -> bool:
    at = retry_at(seen)
    return at is not None and at <= seen.now


_RULES: tuple[tuple[Trigger, Callable[[Standing], bool]], ...] = (
    (Trigger.NEW_GENERATION, _new_generation),
    (Trigger.REQUESTED, _requested),
    (Trigger.ROLLOUT, _rollout),
    (Trigger.SCHEDULE, _schedule),
    (Trigger.RETRY, _retry),
)
