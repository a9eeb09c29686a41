"""What a load that runs elsewhere says: one line a frame on its standard output, and a word about its end.

The writing end is `setpoint load --frames --ending`; the reading end takes nothing for granted, because whoever can
write into a pod's log can write such lines. Pure.
"""

import json
import math
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, Strict, ValidationError, model_validator

from setpoint.api.base import Number, Open
from setpoint.api.metrics import Bucket, ErrorsSignal, Fault, LatencySignal, LoadPart, Signal
from setpoint.api.ports import LoadFrame
from setpoint.load import condense

LONGEST_LINE = 8192  # bytes
LONGEST_ENDING = 4096
RATE = "requests_per_second"
_OPENING = '{"setpoint":"load/1",'

Count = Annotated[int, Strict(), Field(ge=0)]
EndReason = Literal["Completed", "ScriptError", "CeilingExceeded", "JobFailed", "Aborted"]


class _Latency(Open):
    buckets: tuple[Bucket, ...]


class _Errors(Open):
    failed: Count
    total: Count


class _Throughput(Open):
    first: Number
    step: Annotated[Number, Field(gt=0)]
    values: Annotated[tuple[Annotated[Number, Field(ge=0)], ...], Field(max_length=condense.MOST_POINTS)]


class _Line(Open):
    """A frame as it is written: rates as values at even distances, all else as in metrics.json."""

    setpoint: Literal["load/1"] = "load/1"
    number: Count
    finished: Annotated[bool, Strict()]
    load: LoadPart
    latency: _Latency
    errors: _Errors
    throughput: _Throughput
    faults: tuple[Fault, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        edges, counts = [edge for edge, _ in self.latency.buckets], [count for _, count in self.latency.buckets]
        rising = all(one < other for one, other in pairwise(edges)) and all(a <= b for a, b in pairwise([0.0, *counts]))
        whole = bool(edges) and edges[-1] == math.inf and counts[-1] == self.errors.total >= self.errors.failed
        load = self.load
        rates = (load.requested_rate or 0, load.achieved_rate or 0, load.bytes_per_request or 0)
        times = (load.duration_seconds or 0, load.planned_seconds or 0, load.warmup_seconds, load.dropped_iterations)
        sane = all(0 <= value < math.inf for value in (*rates, *times))
        done = (*load.statuses.values(), *(count for pair in load.checks.values() for count in pair))
        words = (*load.statuses, *load.checks, load.started_at or "", *(fault.message for fault in self.faults))
        if not (rising and whole and sane and min(done, default=0) >= 0 and all(word.isprintable() for word in words)):
            raise ValueError("no load counts like that")
        return self


class _Ending(Open):
    reason: EndReason
    message: str


def render_frame(frame: LoadFrame, number: int) -> str:
    """`frame` as one line of at most LONGEST_LINE bytes of ASCII, its line break included."""
    load = frame.load
    first, step, values = condense.evenly(frame.throughput.points or ())
    line = _Line(
        number=number,
        finished=frame.finished,
        load=load.model_copy(
            update={"statuses": condense.statuses(load.statuses), "checks": condense.checks(load.checks)}
        ),
        latency=_Latency(buckets=frame.latency.buckets or ()),
        errors=_Errors(failed=int(frame.errors.failed or 0), total=int(frame.errors.total or 0)),
        throughput=_Throughput(first=first, step=step, values=values),
        faults=tuple(_short(fault) for fault in frame.faults),
    )
    return json.dumps(_plain(line.to_json()), separators=(",", ":"), allow_nan=False) + "\n"


def _short(fault: Fault) -> Fault:
    return fault.model_copy(update={"message": condense.short(fault.message, condense.MESSAGE_BYTES)})


def _plain(value: object) -> object:
    """Whole numbers without `.0`: thousands of counts in a line."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def parse_frames(log: str) -> LoadFrame | None:
    """The last whole and sound frame in the text of a log; None when there is none.

    All else in it, torn lines and such that only look like frames, is passed over.
    """
    for line in reversed(log.split("\n")):
        if line.startswith(_OPENING) and len(line) < LONGEST_LINE and (frame := _parsed(line)):
            return frame
    return None


def _parsed(text: str) -> LoadFrame | None:
    try:
        line = _Line.model_validate_json(text)
    except (ValidationError, RecursionError):
        return None
    rates = line.throughput
    return LoadFrame(
        load=line.load,
        latency=LatencySignal(unit="seconds", count=line.errors.total, buckets=line.latency.buckets),
        errors=ErrorsSignal(failed=line.errors.failed, total=line.errors.total),
        throughput=Signal(
            unit=RATE,
            points=tuple(
                (round(rates.first + place * rates.step, 3), value) for place, value in enumerate(rates.values)
            ),
        ),
        faults=line.faults,
        finished=line.finished,
    )


def render_ending(reason: EndReason, message: str) -> str:
    """A word about the end, as a container's termination message holds it (LONGEST_ENDING bytes)."""
    room = LONGEST_ENDING - len(json.dumps({"reason": reason, "message": ""}))
    return json.dumps({"reason": reason, "message": condense.short(message, room)})


def parse_ending(text: str) -> tuple[EndReason, str]:
    """Reason and message of an ending. No word, or none that is understood, is a load that failed."""
    try:
        ending = _Ending.model_validate_json(text)
    except ValidationError:
        said = condense.short(text, LONGEST_ENDING).strip()
        return "JobFailed", f"the load left no word about its end{f', but: {said}' if said else ''}"
    return ending.reason, condense.short(ending.message, LONGEST_ENDING)
