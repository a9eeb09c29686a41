"""How allocations can be watched without the service drowning in it: fewer frames, or a lower rate."""

from dataclasses import dataclass

from setpoint.api.spec import Load

# How many times the CPU a request takes, at most, when each allocation is traced with so many frames; measured on
# Flask with an ORM, where one takes 2 ms and allocates a lot. A service of the standard library takes a third of it.
COST = {8: 70.0, 3: 40.0, 1: 10.0}
CAPACITY = 0.6  # of a core that may be used under tracing
SLOWEST = 1.0  # requests per second


@dataclass(frozen=True, slots=True)
class Tracing:
    """The load to trace under, and how many frames of each allocation to keep; 0: better not at all."""

    load: Load
    frames: int


def plan(load: Load, cpu_per_second: float, cpu_per_request: float) -> Tracing:
    """Trace a service that used so many seconds of CPU under `load`.

    A generated load is slowed down until the service has time enough; what one request leaves behind is the same. A
    script has its own rates, so there fewer frames are kept: then less can be said about where memory comes from.
    """
    most = max(COST)
    if load.http:
        bearable = CAPACITY / (COST[most] * cpu_per_request) if cpu_per_request > 0 else SLOWEST
        rate = min(load.http.rate, max(bearable, SLOWEST))
        return Tracing(load.model_copy(update={"http": load.http.model_copy(update={"rate": rate})}), most)
    return Tracing(load, max((frames for frames, cost in COST.items() if cost * cpu_per_second < CAPACITY), default=0))
