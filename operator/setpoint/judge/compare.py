"""Candidate beside control: did a row move, and by more than chance, noise and what anybody would notice?

Each side is judged by itself, which gives it a value and an interval. The interval of the difference is put together
from the two (the square-and-add rule of Zou and Donner), and a row is Better or Worse only when all of it lies beyond
0 by more than the floor: the larger of what two unchanged copies differed by on this host and of FLOORS.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Result
from setpoint.api.remedy import Change
from setpoint.api.verdict import Row
from setpoint.judge.finding import Interval
from setpoint.judge.judging import judge
from setpoint.judge.wording import interval, number

# Row, or its signal: (least difference that counts, in the row's unit; and as a share of the control's value). Tails
# of latency get more room: two unchanged copies on one host differ by that much from scheduling alone.
FLOORS: dict[str, tuple[float, float]] = {
    "memory": (2.0, 0.03),
    "heap": (1.0, 0.02),
    "latency.p50": (1.0, 0.05),
    "latency.p90": (1.0, 0.10),
    "latency.p99": (2.0, 0.20),
    "cardinality.level": (2.0, 0.01),
    "cardinality.growth": (0.5, 0.05),
    "cpu": (1.0, 0.05),
    "throughput": (0.0, 0.01),
    "errors": (0.05, 0.05),
    "custom": (0.0, 0.01),
}


@dataclass(frozen=True, slots=True)
class Moved:
    """How one row moved, with the interval of candidate minus control."""

    moved: Literal["Better", "Same", "Worse", "Unknown"]
    interval: Interval | None
    message: str


def compare(
    constraints: Constraints, control: Metrics, candidate: Metrics, noise: Mapping[str, float] | None = None
) -> tuple[Change, ...]:
    """One Change for each row of `constraints`: how `candidate` differs from `control` in the same window.

    `noise`: row name -> what two unchanged copies differed by, in the row's unit. A row that either side's data are
    unfit for is Unknown.
    """
    before = judge(constraints, control.model_copy(update={"control": None}))
    after = judge(constraints, candidate.model_copy(update={"control": None}))
    floors = noise or {}
    return tuple(
        _change(constraints, one, other, floors.get(one.constraint, 0.0))
        for one, other in zip(before.rows, after.rows, strict=True)
    )


def difference(candidate: float, its: Interval, control: float, that: Interval) -> Interval:
    """Bounds of candidate - control from each side's value and own bounds; None where a side has no bound."""
    (low, high), (least, most) = its, that
    between = candidate - control
    down = None if low is None or most is None else between - math.hypot(candidate - low, most - control)
    up = None if high is None or least is None else between + math.hypot(high - candidate, control - least)
    return down, up


def _change(asked: Constraints, control: Row, candidate: Row, noise: float) -> Change:
    if _killed(control) != _killed(candidate):
        who = "control" if _killed(control) else "candidate"
        moved = Moved("Better" if who == "control" else "Worse", None, f"only the {who} reached its memory limit")
    elif control.observed is None or control.interval is None:
        moved = Moved("Unknown", None, f"the control: {control.message}")
    elif candidate.observed is None or candidate.interval is None:
        moved = Moved("Unknown", None, f"the candidate: {candidate.message}")
    else:
        between = difference(candidate.observed, candidate.interval, control.observed, control.interval)
        moved = _moved(asked, control, candidate.observed, between, noise)
    return Change(
        constraint=control.constraint,
        unit=control.unit,
        limit=control.limit,
        control=control.observed,
        candidate=candidate.observed,
        interval=moved.interval,
        moved=moved.moved,
        message=moved.message,
    )


def _moved(asked: Constraints, control: Row, candidate: float, between: Interval, noise: float) -> Moved:
    floor = max(noise, _floor(asked, control))
    fell = between[1] is not None and between[1] < -floor
    rose = between[0] is not None and between[0] > floor
    unit = f" {control.unit}" if control.unit else ""
    message = (
        f"{number(control.observed)} to {number(candidate)}{unit}, a difference of "
        f"{number(candidate - (control.observed or 0.0))} {interval(*between)}; up to {number(floor)} is the same"
    )
    if not fell and not rose:
        return Moved("Same", between, message)
    return Moved("Better" if rose == _more_is_better(asked, control.constraint) else "Worse", between, message)


def _floor(asked: Constraints, control: Row) -> float:
    """The smallest difference that counts, in the row's unit: FLOORS, and for a heap the effect that was stated."""
    least, share = FLOORS.get(control.constraint) or FLOORS[control.constraint.partition(".")[0]]
    stated = asked.heap.smallest_effect_mb_per_hour if asked.heap and control.constraint == "heap.growth" else None
    return max(least, stated or 0.0, share * abs(control.observed or 0.0))


def _killed(row: Row) -> bool:
    return row.constraint == "memory" and row.result is Result.BREACHED and row.observed is None


def _more_is_better(asked: Constraints, row: str) -> bool:
    floors = {f"custom.{item.name}" for item in asked.custom if item.max is None}
    return row == "throughput" or row in floors
