"""How allocations can be watched without the service drowning in it: fewer frames, or a lower rate."""

from dataclasses import dataclass

from setpoint.api.spec import Load

# How many times the CPU of a request it takes when each allocation is traced with so many frames, measured: services of
# the standard library below these figures, Flask with an ORM at twice of them.
COST = {12: 25.0, 8: 20.0, 5: 15.0, 2: 8.0, 1: 5.0}
USUAL = 8  # frames; own lines behind json, http or a serializer need five
CAPACITY = 0.8  # of a core that may be used under tracing
PATIENT = 0.4  # of a core, where the rate can be chosen
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
    if load.http:
        bearable = PATIENT / (COST[USUAL] * cpu_per_request) if cpu_per_request > 0 else SLOWEST
        rate = min(load.http.rate, max(bearable, SLOWEST))
        return Tracing(load.model_copy(update={"http": load.http.model_copy(update={"rate": rate})}), USUAL)
    return Tracing(load, max((frames for frames, cost in COST.items() if cost * cpu_per_second < CAPACITY), default=0))
