"""Waiting for the end of a run, and telling of everything on the way."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from setpoint.api.errors import NoVerdict
from setpoint.api.status import LastRun
from setpoint.cli.kube.following import Seen
from setpoint.cli.kube.transitions import changed_lines, first_lines
from setpoint.kube.facts import Constraint, Key
from setpoint.report.text import clean

Say = Callable[[str], None]
# As long may it take the operator to see that a suspension is over.
GRACE_SECONDS = 15.0


@dataclass
class Teller:
    """Says a line for each transition, with when and of which constraint."""

    say: Say
    whole: bool
    known: dict[Key, Constraint] = field(default_factory=dict)

    def tell(self, seen: Seen) -> None:
        """What is new in this sight."""
        now = seen.constraint
        before = self.known.get(now.key)
        if seen.gone:
            self.known.pop(now.key, None)
            lines = ["deleted"]
        elif before is None or before.uid != now.uid:
            self.known[now.key] = now
            lines = first_lines(now, whole=self.whole)
        else:
            self.known[now.key] = now
            lines = changed_lines(before, now)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for line in lines:
            self.say(f"{at}  {clean(f'{now.namespace}/{now.name}', 320)}  {line}")


def wait_for_run(
    stream: Iterator[Seen | None], teller: Teller, wanted: Callable[[LastRun], bool]
) -> tuple[Constraint, LastRun]:
    """The run that is `wanted`, once it has ended, and its constraint. Raises NoVerdict where none can come."""
    mine: str | None = None
    held_since: float | None = None
    now: Constraint | None = None
    for seen in stream:
        if seen is not None:
            teller.tell(seen)
            now = seen.constraint
            if seen.gone:
                raise NoVerdict(f"{now.name} was deleted before its run ended")
        if now is None:
            continue
        run = now.status.last_run
        if run and (run.id == mine or wanted(run)):
            mine = run.id
            if run.finished_at:
                return now, run
        elif mine:
            raise NoVerdict(
                f"run {mine} gave way to another before it ended; `setpoint kube get {now.name}` tells more"
            )
        held_since = _held(now, held_since)
    raise NoVerdict("the watch ended before the run did")


def _held(now: Constraint, since: float | None) -> float | None:
    """Since when nothing can begin; raises once that is no passing state."""
    stalled, ready = now.status.condition("Stalled"), now.status.condition("Ready")
    seen = now.status.observed_generation == now.generation
    if seen and stalled and stalled.status == "True":
        raise NoVerdict(f"no run begins: {clean(stalled.reason)}: {clean(stalled.message, 1000)}")
    if not (seen and ready and ready.reason == "Suspended"):
        return None
    since = since if since is not None else time.monotonic()
    if time.monotonic() - since > GRACE_SECONDS:
        raise NoVerdict(f"no run begins: it is suspended: {clean(ready.message, 500)}")
    return since


def deadline_of(timeout: float | None) -> float | None:
    """The monotonic moment of a --timeout."""
    return None if timeout is None else time.monotonic() + timeout
