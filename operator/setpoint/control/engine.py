"""The shell around the decision: observe, decide, write it down, act. Knows neither Kubernetes nor a laptop."""

from dataclasses import dataclass
from typing import Any, Protocol

from setpoint.api.ports import Clock, Ports, Progress, Slow, Tell
from setpoint.control.advance import Describe, Judge, advance, order_for
from setpoint.control.decide import decide
from setpoint.control.observed import Observed, Policy
from setpoint.control.record import Action, Decision, Record, Stage

# What people are told; the rest is in the record for `setpoint explain`.
_TOLD = (Action.START, Action.OPEN, Action.SETTLE, Action.END)


class Store(Protocol):
    """Where the record lives. `save` returns only when the record would survive a crash."""

    def load(self) -> Record:
        """The record as it was last saved."""

    def save(self, record: Record) -> None:
        """Replace the record as a whole."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One constraint's loop. Everything that it needs from the world is a port."""

    policy: Policy
    ports: Ports
    store: Store
    judge: Judge
    describe: Describe
    clock: Clock
    tell: Tell

    def run(self) -> Record:
        """Tick until the run has ended; returns its last record."""
        while True:
            decision = self.tick()
            if decision.action is Action.FINISH:
                return self.store.load()
            if decision.action is Action.WAIT:
                self.clock.sleep(decision.after)

    def tick(self) -> Decision:
        """Observe, decide, write down, act: once. Safe to be killed anywhere and called again."""
        record = self.store.load()
        progress = self._progress(record)
        decision = decide(Observed(self.policy, record, progress)).model_copy(update={"at": self.clock.now()})
        if decision.action is Action.WAIT or record.finished:
            return decision
        after = advance(record, decision, progress, self.judge)
        self.store.save(after)
        if decision.action in _TOLD:
            # How it ended is said with its reason: the message alone was told of the last attempt already.
            ended = decision.action is Action.END
            self.tell.step(f"{decision.reason}: {decision.message}" if ended else decision.message)
        if decision.action is Action.START:
            self._start(after)
        return decision

    def _progress(self, record: Record) -> Progress[Any] | None:
        if record.pending is None:
            return None
        return self._port(record.pending.stage).state(record.pending.key)

    def _start(self, record: Record) -> None:
        assert record.pending is not None
        self._port(record.pending.stage).ensure(record.pending.key, order_for(record, self.describe))

    def _port(self, stage: Stage) -> Slow[Any, Any]:
        ports: dict[Stage, Slow[Any, Any]] = {
            Stage.MEASURE: self.ports.measure,
            Stage.DIAGNOSE: self.ports.diagnose,
            Stage.PROPOSE: self.ports.propose,
            Stage.GATE: self.ports.gate,
            Stage.TEST: self.ports.test,
            Stage.PUBLISH: self.ports.publish,
            Stage.VERIFY: self.ports.verify,
            Stage.ANNOUNCE: self.ports.publish,
        }
        return ports[stage]
