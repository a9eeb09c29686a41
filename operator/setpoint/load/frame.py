"""Counts into the frame that crosses the port, and whether the load was what was asked for. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal

from setpoint.api.metrics import ErrorsSignal, Fault, LatencySignal, LoadPart, Points, Signal
from setpoint.api.ports import LoadFrame
from setpoint.api.reasons import Reason
from setpoint.load.fold import Fold
from setpoint.load.schedule import Schedule

LEAST_ACHIEVED = 0.99
MOST_DROPPED = 0.01
# Rows of a second may still be on their way when the next second begins.
SETTLING_SECONDS = 0.25

Phase = Literal["running", "complete", "stopped"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was ordered: seconds of the whole load (warm-up included), and when iterations should start."""

    warmup: float
    seconds: float
    schedule: Schedule

    def whole(self) -> float:
        """Seconds that a complete load lasts: the shorter of ours and the script's own."""
        return min(self.seconds, self.schedule.seconds)


def make_frame(fold: Fold, plan: Plan, phase: Phase, said: str = "") -> LoadFrame:
    """The frame of all that was folded. `said`: the last error in k6's log."""
    elapsed = _elapsed(fold, plan, phase)
    total = sum(fold.counts)
    return LoadFrame(
        load=_load_part(fold, plan, phase, elapsed),
        latency=LatencySignal(unit="seconds", count=total, buckets=tuple(_buckets(fold))),
        errors=ErrorsSignal(failed=fold.failed, total=total),
        throughput=Signal(unit="requests_per_second", points=_throughput(fold, plan, phase, elapsed)),
        faults=tuple(_faults(fold, plan, phase, elapsed, said)),
        finished=phase != "running",
        said=said,
    )


def _elapsed(fold: Fold, plan: Plan, phase: Phase) -> float:
    """Seconds of load so far: up to k6's last sign of life while it runs, then up to what it really did."""
    if fold.first == math.inf:
        return 0.0
    if phase == "complete" and plan.schedule.ramps is not None:
        return plan.whole()
    until = fold.beat if phase == "running" else max(fold.beat, fold.last)
    return min(max(until - fold.first, 0.0), plan.whole())


def _load_part(fold: Fold, plan: Plan, phase: Phase, elapsed: float) -> LoadPart:
    started, by = _started(fold, plan, phase, elapsed)
    return LoadPart(
        requested_rate=plan.schedule.rate(elapsed),
        achieved_rate=round(started / by, 3) if by else None,
        dropped_iterations=fold.dropped,
        started_at=_iso(fold.first) if fold.first != math.inf else None,
        warmup_seconds=plan.warmup,
        duration_seconds=round(elapsed, 3),
        model="closed" if plan.schedule.ramps is None else "open",
        statuses=dict(sorted(fold.statuses.items())),
        checks={name: (passed, failed) for name, (passed, failed) in sorted(fold.checks.items())},
        bytes_per_request=round(fold.bytes / fold.answered, 1) if fold.answered else None,
    )


def _started(fold: Fold, plan: Plan, phase: Phase, elapsed: float) -> tuple[int, float]:
    """(iterations started, in how many seconds), as exact as it is known.

    A complete load has ended all its iterations, so that they can be counted. Before that the last second's sign of
    life says how many were started; there is none in the first second.
    """
    if fold.last == -math.inf:
        return 0, 0.0  # nothing has ended yet: when the load began is not known well enough for a rate
    if phase == "complete" and plan.schedule.seconds <= plan.seconds:
        return max(fold.iterations, fold.started), elapsed
    if fold.started_by > fold.first:
        return fold.started, min(fold.started_by - fold.first, plan.whole())
    return fold.iterations, elapsed


def _buckets(fold: Fold) -> Iterator[tuple[float, int]]:
    """Cumulative (edge, count). An edge between two empty buckets says nothing and is left out, but for limits."""
    cumulative = 0
    occupied = [count > 0 for count in fold.counts]
    for edge, count, (here, above) in zip(fold.edges, fold.counts, pairwise(occupied), strict=False):
        cumulative += count
        if here or above or edge in fold.limits:
            yield edge, cumulative
    yield math.inf, cumulative + fold.counts[-1]


def _throughput(fold: Fold, plan: Plan, phase: Phase, elapsed: float) -> Points:
    """Successful requests in each whole second after warm-up, by when they ended; t is the middle of the second."""
    if fold.first == math.inf:
        return ()
    anchor = fold.first + plan.warmup if fold.anchor is None else fold.anchor
    known = fold.first + elapsed - anchor - (SETTLING_SECONDS if phase == "running" else 0.0)
    seconds = max(math.floor(known + 0.001), 0)
    return tuple((round(anchor + second + 0.5, 3), float(fold.successes[second])) for second in range(seconds))


def _faults(fold: Fold, plan: Plan, phase: Phase, elapsed: float, said: str) -> Iterator[Fault]:
    if phase != "running" and not sum(fold.counts):
        why = f"; k6 said: {said}" if said else ""
        yield _fault(Reason.NO_DATA, f"no HTTP request was completed after the warm-up{why}")
    if fold.malformed:
        yield _fault(Reason.PARTIAL_DATA, f"{fold.malformed} rows of k6's output could not be read")
    started, by = _started(fold, plan, phase, elapsed)
    asked = plan.schedule.iterations(by)
    # One iteration more or less is only the question on which side of the edge it started.
    if by and started + 1 < LEAST_ACHIEVED * asked:
        message = f"{started / by:.4g} iterations a second were started of {asked / by:.4g} asked for"
        yield _fault(Reason.LOAD_NOT_REACHED, message)
    elif fold.dropped > MOST_DROPPED * (started + fold.dropped):
        share = 100 * fold.dropped / (started + fold.dropped)
        yield _fault(Reason.LOAD_NOT_REACHED, f"k6 dropped {share:.2g} % of the iterations: no virtual user was free")


def _fault(reason: Reason, message: str) -> Fault:
    return Fault(signal="load", reason=reason, message=message)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
