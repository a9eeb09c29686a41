"""When iterations should start: the arrival-rate scenarios of a script, as straight pieces of a rate. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from setpoint.api.duration import parse_duration

OPEN = ("constant-arrival-rate", "ramping-arrival-rate")
# k6's own defaults for what a scenario leaves out.
DEFAULT_MAX_DURATION = "10m"
DEFAULT_TIME_UNIT = "1s"


@dataclass(frozen=True, slots=True)
class Ramp:
    """A rate (iterations per second) that goes in a straight line from `first` to `last`; `start` in seconds."""

    start: float
    seconds: float
    first: float
    last: float

    @property
    def end(self) -> float:
        """Seconds since the load began at which the piece is over."""
        return self.start + self.seconds

    def at(self, moment: float) -> float:
        """The rate at `moment`, which lies within the piece or at one of its ends."""
        return self.first + (self.last - self.first) * (moment - self.start) / self.seconds

    def iterations(self, until: float) -> float:
        """Iterations that should have started before `until` (seconds since the load began)."""
        run = min(max(until - self.start, 0.0), self.seconds)
        if not run:
            return 0.0
        return run * (self.first + (self.last - self.first) * run / self.seconds / 2)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a script plans. `seconds`: from the first scenario's start to the last one's end, without its draining.

    `delay` is what k6 waits before that first start. `ramps` is None when a scenario is closed: then iterations start
    when others end, and no rate is planned.
    """

    seconds: float
    ramps: tuple[Ramp, ...] | None
    delay: float = 0.0

    def iterations(self, until: float) -> float:
        """Iterations that should have started before `until` seconds; 0 for a closed script."""
        return sum(ramp.iterations(until) for ramp in self.ramps or ())

    def rate(self, until: float) -> float | None:
        """Mean planned iterations per second up to `until` (or of the whole, for 0); None for a closed script."""
        if self.ramps is None:
            return None
        until = min(until, self.seconds) or self.seconds
        return round(self.iterations(until) / until, 6) if until else 0.0

    def highest_rate(self) -> float:
        """The most iterations per second that are planned at any moment; 0 for a closed script."""
        # Rates change in straight lines, so that the highest sum lies where a piece begins or ends.
        ramps = self.ramps or ()
        moments = sorted({moment for ramp in ramps for moment in (ramp.start, ramp.end)})
        highest = 0.0
        for begin, end in pairwise(moments):
            active = [ramp for ramp in ramps if ramp.start <= begin and end <= ramp.end]
            highest = max(highest, *(sum(ramp.at(moment) for ramp in active) for moment in (begin, end)))
        return highest


def constant(rate: float, seconds: float) -> Schedule:
    """`rate` iterations per second for `seconds`."""
    return Schedule(seconds, (Ramp(0.0, seconds, rate, rate),))


def planned(scenarios: Mapping[str, Mapping[str, Any]]) -> Schedule:
    """The schedule of the scenarios that `k6 inspect` reports. Raises ValueError for a duration that is none."""
    starts = {name: parse_duration(scenario.get("startTime") or "0s") for name, scenario in scenarios.items()}
    began = min(starts.values(), default=0.0)
    ends, ramps = [0.0], list[Ramp]()
    for name, scenario in scenarios.items():
        start = starts[name] - began
        ends.append(start + _length(scenario))
        ramps += _ramps(scenario, start)
    is_open = bool(scenarios) and all(scenario.get("executor") in OPEN for scenario in scenarios.values())
    return Schedule(max(ends), tuple(ramps) if is_open else None, began)


def _length(scenario: Mapping[str, Any]) -> float:
    if stages := scenario.get("stages"):
        return sum(parse_duration(stage["duration"]) for stage in stages)
    return parse_duration(scenario.get("duration") or scenario.get("maxDuration") or DEFAULT_MAX_DURATION)


def _ramps(scenario: Mapping[str, Any], start: float) -> Iterable[Ramp]:
    unit = parse_duration(scenario.get("timeUnit") or DEFAULT_TIME_UNIT)
    if scenario.get("executor") == "constant-arrival-rate":
        rate = float(scenario["rate"]) / unit
        yield Ramp(start, _length(scenario), rate, rate)
    elif scenario.get("executor") == "ramping-arrival-rate":
        rate = float(scenario.get("startRate") or 0) / unit
        for stage in scenario.get("stages") or ():
            seconds, target = parse_duration(stage["duration"]), float(stage["target"]) / unit
            yield Ramp(start, seconds, rate, target)
            start, rate = start + seconds, target
