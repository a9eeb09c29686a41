"""From whatever was given to models, without ever raising: what cannot be read becomes a fault of its signal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import ValidationError

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Fault, LatencySignal, Metrics
from setpoint.api.reasons import Reason
from setpoint.judge.tails import Floats

# What models and numpy raise on values that are not what they should be (a number of 400 digits, a list in itself).
_UNREADABLE = (ValidationError, ValueError, TypeError, OverflowError, RecursionError, AttributeError)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Input that has not even the shape of what it should be."""

    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Metrics; where they came as a mapping with latency samples, those apart as an array: there may be many."""

    metrics: Metrics
    samples: Floats | None


def read_constraints(value: object) -> Constraints | Unreadable:
    """The constraints that `value` (a mapping in either spelling, or the model) holds."""
    if isinstance(value, Constraints):
        return value
    try:
        return Constraints.model_validate(value)
    except _UNREADABLE as error:
        return Unreadable(_first_line(error))


def read_metrics(value: object) -> Reading | Unreadable:
    """The metrics that `value` (a mapping in either spelling, or the model) holds.

    A signal whose shape is wrong is left out and becomes a fault, so that it voids its own rows only.
    """
    try:
        if isinstance(value, Metrics):
            return Reading(value, None)
        if not isinstance(value, Mapping):
            return Unreadable("metrics are not a mapping")
        light, samples = _without_samples(value)
        return Reading(_tolerant(light), samples)
    except _UNREADABLE as error:
        return Unreadable(_first_line(error))


def _array(samples: Any) -> Floats:
    return np.array(samples, dtype=np.float64)


def _without_samples(metrics: Mapping[str, Any]) -> tuple[Mapping[str, Any], Floats | None]:
    """Plain numbers are taken as they are: to validate 100,000 of them one by one would take most of the time."""
    signals: Any = metrics.get("signals")
    latency: Any = signals.get("latency") if isinstance(signals, Mapping) else None
    samples = latency.get("samples") if isinstance(latency, Mapping) else None
    if not isinstance(samples, (list, tuple)) or not samples:
        return metrics, None
    plain = set(map(type, samples)) <= {float, int}
    array = _array(samples if plain else LatencySignal.model_validate({"samples": samples}).samples)
    light = {key: item for key, item in latency.items() if key != "samples"}
    return {**metrics, "signals": {**signals, "latency": light}}, array


def _tolerant(metrics: Mapping[str, Any]) -> Metrics:
    try:
        return Metrics.model_validate(metrics)
    except ValidationError as error:
        broken = dict(_broken_signals(error))
        if not broken:
            raise
        rest = Metrics.model_validate({**metrics, "signals": _leave_out(metrics["signals"], broken)})
        faults = tuple(Fault(signal=name, reason=Reason.NO_DATA, message=why) for name, why in broken.items())
        return rest.model_copy(update={"faults": rest.faults + faults})


def _broken_signals(error: ValidationError) -> Iterator[tuple[str, str]]:
    """(signal, what is wrong) of every error inside a signal; raises when one lies elsewhere."""
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        place = [str(part) for part in item["loc"]]
        if len(place) < 2 or place[0] != "signals" or (place[1] == "custom" and len(place) < 3):
            raise error
        name = ".".join(place[1:3]) if place[1] == "custom" else place[1]
        yield name, f"cannot be read: {'.'.join(place[2:6]) or name}: {item['msg']}"


def _leave_out(signals: Mapping[str, Any], broken: Mapping[str, str]) -> dict[str, Any]:
    kept = {key: item for key, item in signals.items() if key not in broken}
    if isinstance(kept.get("custom"), Mapping):
        kept["custom"] = {key: item for key, item in kept["custom"].items() if f"custom.{key}" not in broken}
    return kept


def _first_line(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}".lstrip(": ")
    return str(error).partition("\n")[0] or type(error).__name__
