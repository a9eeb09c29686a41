"""When a load of a repair may begin: in the windows, outside of freezes, one of as many as there may be."""

from collections.abc import Callable

from setpoint.kube.facts import Constraint
from setpoint.kube.plan import Plan, held_back
from setpoint.kube.slots import Slots
from setpoint.kube.telling import held

WAIT_SECONDS = 30.0


def waits_for(why: str) -> str:
    """How people are told that a load waits."""
    return f"the load waits: {why}"


class Sending:
    """Decided anew in each visit, whose time is `now` (Unix seconds)."""

    def __init__(self, slots: Slots, constraint: Constraint, plan: Plan, now: float) -> None:
        run = constraint.status.last_run
        shut = held_back(plan, constraint, run.trigger if run else "", now)
        self._held = held(shut).message if shut else ""
        self._slots, self._most = slots, plan.configuration.ceilings.concurrent_loads

    def why_not(self) -> str:
        """What a load has to wait for; empty: it may begin."""
        return self._held or self._slots.full(self._most)

    def begin(self, start: Callable[[], None]) -> str:
        """Begin it by `start`, if it still may; else what it has to wait for."""
        return self._held or self._slots.begin(self._most, start)
