"""Response times as far as they are known: bounds of each rank, and of how many took longer than a limit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SAME = 1e-9  # relative: two ways of writing one limit


@dataclass(frozen=True, slots=True)
class Ranked:
    """All that is known of `count` response times in ms.

    `at` gives for a rank (1: fastest) bounds of that request's time. `over` gives for a limit the least and the most
    requests that took longer. `weight` gives for a limit how many requests tell as much as one independent one.
    `stated` holds quantiles (by share) that were measured elsewhere; `more` says what would tell more at a limit that
    lies between what is known.
    """

    count: int
    at: Callable[[int], tuple[float, float]]
    over: Callable[[float], tuple[int, int]]
    weight: Callable[[float], float]
    stated: Mapping[float, float] = field(default_factory=dict)
    more: str = "the limit lies inside a bucket; a bucket edge at the limit would say more"


def independent(_: float) -> float:
    """The weight where nothing is known of how requests depend on each other."""
    return 1.0


def both(one: Ranked, other: Ranked) -> Ranked:
    """What two views of the same requests say together: the narrower of their bounds."""

    def at(rank: int) -> tuple[float, float]:
        (low, high), (least, most) = one.at(rank), other.at(rank)
        return max(low, least), min(high, most)

    def over(limit: float) -> tuple[int, int]:
        (low, high), (least, most) = one.over(limit), other.over(limit)
        return max(low, least), min(high, most)

    return Ranked(one.count, at, over, one.weight)
