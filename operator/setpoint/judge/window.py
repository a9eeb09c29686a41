"""The window that a run is judged over, and whether the load in it was the one that was asked for."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from setpoint.api.metrics import LoadPart, Metrics, Signals
from setpoint.api.reasons import Reason
from setpoint.judge.finding import Unfit
from setpoint.judge.wording import number

LEAST_RATE = 0.99  # of the request
MOST_REQUESTS = 1e9  # in one window: a count beyond is no count, and exact statistics on it would take minutes
MOST_DROPPED = 0.01  # of all iterations


@dataclass(frozen=True, slots=True)
class Window:
    """`start` (Unix seconds) and `length` (seconds, warm-up included) are None where only the points can tell.

    `warmup`: seconds after `start` that are not judged. `latest`: the newest point of any signal; a run that may stop
    early (`sequential`) is complete up to there. `planned`: seconds after the warm-up that it was to last, if known.
    """

    start: float | None
    length: float | None
    warmup: float
    latest: float | None
    sequential: bool
    planned: float | None


def window_of(metrics: Metrics) -> Window:
    """The window that `metrics` say they cover: the load's where there was one, else the points' own."""
    load = metrics.load or LoadPart()
    start, length = unix_seconds(load.started_at), _finite(load.duration_seconds)
    warmup = max(0.0, _finite(load.warmup_seconds) or 0.0)
    latest = max(_last_times(metrics.signals), default=None)
    planned = _planned(load, None if start is None or latest is None else latest - start)
    whole = None if planned is None else max(0.0, planned - warmup)
    return Window(start, length, warmup, latest, metrics.stopping == "sequential", whole)


def _planned(load: LoadPart, seen: float | None) -> float | None:
    """What the load was to last. Its length is that too, but only as long as it is not what was done so far."""
    length = _finite(load.duration_seconds)
    if load.planned_seconds is None and length is not None and seen is not None and seen < 0.95 * length:
        return length
    return _finite(load.planned_seconds)


def unix_seconds(text: str | None) -> float | None:
    """The moment that an ISO 8601 text names (UTC where it does not say), None for anything else."""
    try:
        moment = datetime.fromisoformat(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def load_trouble(load: LoadPart | None) -> Unfit | None:
    """Why no row can rest on this load: contract section 2. None where there was no load, or it was as asked."""
    if load is None:
        return None
    asked, achieved, dropped = load.requested_rate, load.achieved_rate, load.dropped_iterations
    if load.started_at is not None and unix_seconds(load.started_at) is None:
        return Unfit(Reason.PARTIAL_DATA, "the moment at which the load began is not a time: startedAt cannot be read")
    if not _possible(load.warmup_seconds) or not _possible(dropped):
        return Unfit(Reason.NON_FINITE, "the load's own figures are not possible numbers")
    seconds = load.duration_seconds
    if seconds is not None and not _possible(seconds):
        return Unfit(Reason.NON_FINITE, "the length of the load is not a possible number")
    if load.model == "closed" or asked is None:
        return None
    if achieved is None or not _possible(achieved) or not _possible(asked):
        return Unfit(Reason.LOAD_NOT_REACHED, "the rate that the load reached is not known")
    if achieved < LEAST_RATE * asked:
        return Unfit(
            Reason.LOAD_NOT_REACHED,
            f"the load reached {number(achieved)} of {number(asked)} requests/s; 99 % are needed",
        )
    started = achieved * seconds if seconds else math.inf
    if dropped > MOST_DROPPED * (started + dropped) or (dropped > 0 and seconds is None):
        return Unfit(Reason.LOAD_NOT_REACHED, f"the load dropped {number(dropped)} iterations; 1 % are allowed")
    return None


def closed_model(load: LoadPart | None) -> Unfit | None:
    """Latency under a closed model says little: slow answers lower the rate that would have shown them."""
    if load is None or load.model == "open":
        return None
    return Unfit(Reason.LOAD_MODEL_CLOSED, "the load waits for answers (a closed model), so slow answers thin it out")


def _possible(value: float) -> bool:
    return math.isfinite(value) and value >= 0


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _last_times(signals: Signals) -> Iterator[float]:
    series = [signals.memory, signals.heap, signals.cardinality, signals.cpu, signals.throughput]
    for signal in [*series, *signals.custom.values()]:
        if signal is None:
            continue
        for points in [signal.points or (), *(signal.instances or {}).values()]:
            if points and math.isfinite(points[-1][0]):
                yield points[-1][0]
