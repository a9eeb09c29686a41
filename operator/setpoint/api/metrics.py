"""metrics.json: what was measured (contract section 3). Written by us or by any other tool with a subset of it.

Numbers are taken as they come (NaN, negative counts, any order): whether they are fit to be judged is the judge's
question, and its answer is a reason, not an error. Only the shape is checked here.
"""

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, Strict

from setpoint.api.base import Open
from setpoint.api.reasons import Reason


def _number(value: object) -> object:
    """null and the texts that JSON writers use for non-finite numbers become NaN or infinity."""
    if type(value) is float:  # nearly all are, and there may be many
        return value
    if value is None:
        return math.nan
    if isinstance(value, str) and value.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a number is needed here")
    return value


Loose = Annotated[float, BeforeValidator(_number)]
Point = tuple[Loose, Loose]  # (unix seconds, value)
Points = tuple[Point, ...]


def _edge(value: object) -> object:
    return math.inf if value in ("+Inf", "Inf", "inf") else value


def _edge_text(value: float) -> float | str:
    """JSON has no infinity; Prometheus' own spelling is read back by everybody."""
    return "+Inf" if value == math.inf else value


Edge = Annotated[Loose, BeforeValidator(_edge), PlainSerializer(_edge_text)]
Bucket = tuple[Edge, Loose]  # (upper edge in the signal's unit, cumulative count)
SparseBucket = tuple[Edge, Edge, Loose]  # (over this, up to this, how many); one of equal edges holds an exact value


class LoadPart(Open):
    """What the load generator was asked for and did. Rates per second; `duration_seconds` includes the warm-up.

    `planned_seconds`: how long it was to be, warm-up included, where it may end early.
    """

    requested_rate: Loose | None = None
    achieved_rate: Loose | None = None
    dropped_iterations: Loose = 0
    started_at: str | None = None
    warmup_seconds: Loose = 0
    duration_seconds: Loose | None = None
    planned_seconds: Loose | None = None
    model: Literal["open", "closed"] = "open"
    # The work that was done after warm-up; not judged, compared between candidate and control.
    statuses: dict[str, int] = Field(default_factory=dict)
    checks: dict[str, tuple[int, int]] = Field(default_factory=dict, description="name: (passed, failed)")
    bytes_per_request: Loose | None = None


class Instance(Open):
    """One pod or process of the target. `killed_for_memory`: it reached its memory limit and was ended for it."""

    name: str
    started_at: str | None = None
    restarts: Loose = 0
    killed_for_memory: bool = False


class Target(Open):
    """The target as it was during the window."""

    revision: str | None = None
    instances: tuple[Instance, ...] = ()


class Signal(Open):
    """A series in `unit`: `points` of one instance, or `instances` by name."""

    unit: str = ""
    points: Points | None = None
    instances: dict[str, Points] | None = None


class HeapSignal(Signal):
    """Retained heap; `kind` says what a point is: measured after a collection, live bytes, or resident memory."""

    kind: Literal["postGc", "live", "rss"] = "rss"


class LatencySignal(Open):
    """Response times after warm-up; failed requests are already counted as over every limit.

    `native`: the filled buckets of a native (exponential) histogram of any schema, in order.
    """

    unit: str = "seconds"
    count: Loose | None = None
    quantiles: dict[str, Loose] | None = None
    samples: tuple[Loose, ...] | None = None
    buckets: tuple[Bucket, ...] | None = None
    native: tuple[SparseBucket, ...] | None = None


class LabelSignal(Open):
    """Distinct values of one label of one metric over time."""

    metric: str
    label: str
    points: Points = ()


class CardinalitySignal(Signal):
    """Series that the target exports, and the labels whose values grow."""

    by_label: tuple[LabelSignal, ...] = ()


class ErrorsSignal(Open):
    """Failed requests of all, after warm-up."""

    unit: str = "ratio"
    failed: Loose | None = None
    total: Loose | None = None


class Signals(Open):
    """Everything that was measured, in one window."""

    memory: Signal | None = None
    heap: HeapSignal | None = None
    latency: LatencySignal | None = None
    cardinality: CardinalitySignal | None = None
    cpu: Signal | None = None
    throughput: Signal | None = None
    errors: ErrorsSignal | None = None
    custom: dict[str, Signal] = Field(default_factory=dict)


def _unfit(reason: Reason) -> Reason:
    if reason in (Reason.WITHIN_SETPOINTS, Reason.SETPOINT_BREACHED):
        raise ValueError(f"{reason} is a verdict; a fault is a reason for none, for example QueryFailed")
    return reason


class Fault(Open):
    """What a sensor could not do; becomes the reason of the rows that rest on `signal` (`load`: all of its rows)."""

    signal: str
    reason: Annotated[Reason, AfterValidator(_unfit)]
    message: str = ""


def _known(version: int) -> int:
    if version != 1:
        raise ValueError(f"schemaVersion {version} is not known to this version; it reads schemaVersion 1")
    return version


class Metrics(Open):
    """One window's measurements. `control`: the same signals of an unchanged copy in the same window."""

    schema_version: Annotated[int, Strict(), AfterValidator(_known)]
    load: LoadPart | None = None
    target: Target | None = None
    signals: Signals
    control: Signals | None = None
    own: Signals | None = Field(default=None, description="the target's own latency, errors and throughput")
    noise: dict[str, Loose] = Field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    stopping: Literal["fixed", "sequential"] = "fixed"
