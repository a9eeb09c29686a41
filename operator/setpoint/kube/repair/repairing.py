"""The course of one remediation: the engine's ticks after a confirmed breach, until nothing is left of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from setpoint.api.errors import RevisionUnknown, SetpointError
from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Ending, Escalation
from setpoint.api.status import RemediationStatus
from setpoint.api.steps import SourceStep
from setpoint.api.verdict import Verdict
from setpoint.control.advance import order_for
from setpoint.control.engine import Engine
from setpoint.control.observed import Halt, Policy
from setpoint.control.record import Action, Decision, Record, Stage
from setpoint.kube.draft import Draft
from setpoint.kube.facts import Constraint
from setpoint.kube.kept import RecordStore
from setpoint.kube.plan import Plan
from setpoint.kube.repair.allowed import WAITING
from setpoint.kube.repair.desk import desk_of
from setpoint.kube.repair.forges import hosting_of
from setpoint.kube.repair.granting import money_spent
from setpoint.kube.repair.hosting import ledger_step
from setpoint.kube.repair.people import People, Watch
from setpoint.kube.repair.ports import Bench, find_plant
from setpoint.kube.repair.sending import Sending
from setpoint.kube.repair.source import Served, SourcePod
from setpoint.kube.repair.sweeping import sweep
from setpoint.kube.repair.telling import MOST_HISTORY, closed, concluded, shown
from setpoint.kube.shell import Clock, Log
from setpoint.kube.telemetry import Telemetry
from setpoint.report.describing import describer

if TYPE_CHECKING:
    from setpoint.kube.reconciler import World

# While we change the branch ourselves, where it is says nothing about people.
_OUR_OWN_CHANGES = (Stage.PUBLISH, Stage.ANNOUNCE)


class Repairing:
    """One visit to an open remediation. `write` writes the draft of the status, in the version that was read."""

    def __init__(
        self, world: "World", constraint: Constraint, plan: Plan, draft: Draft, write: Callable[[], None]
    ) -> None:
        assert constraint.status.remediation is not None
        self._world, self._constraint, self._plan, self._draft, self._write = world, constraint, plan, draft, write
        self._status: RemediationStatus = constraint.status.remediation
        self._now = world.now()
        self._desk = desk_of(world.cluster, constraint.owner, self._status, plan.configuration, self._now)
        self._watch = Watch(self._desk)
        self._store = RecordStore(world.cluster, constraint.owner, self._fresh(), lambda _: None)

    def go_on(self) -> float:
        """Tick until something must be waited for; seconds until the next visit."""
        record = self._store.load()
        if record.remediation is None or record.verdict is None:
            return self._close(Ending.SUPERSEDED, "its record was lost")
        people = self._watch.load()
        halt = self._halt(record, people)
        if halt and _publishing(record) and self._plan.spec and not self._plan.stalled and self._plan.deployed:
            # What is being pushed cannot be called back: first it is known that it is there, then it is closed.
            return self._tick(None, people, only_publish=True)
        if halt is None and self._plan.suspended:
            return self._hold(record, people)
        if halt is None and (wait := self._turn()):
            return self._waits(wait)
        return self._tick(halt, people)

    # ── what may keep it from going on ──

    def _halt(self, record: Record, people: People | None) -> Halt | None:
        """Why it must end now; None: it may go on."""
        status, plan = self._status, self._plan
        if status.generation != self._constraint.generation:
            return Halt(Ending.SUPERSEDED, "the spec was changed")
        if plan.spec is None or plan.stalled:
            return Halt(Ending.SUPERSEDED, plan.stalled.message if plan.stalled else "the spec cannot be read")
        if plan.deployed is None:
            return Halt(Ending.SUPERSEDED, "the Deployment is gone")
        if plan.deployed.images != status.images:
            return Halt(Ending.SUPERSEDED, "other images were rolled out")
        assert record.remediation is not None
        if self._now - record.remediation.opened_at > plan.configuration.repair.within:
            message = f"it was still open after {plan.configuration.repair.within:g} s"
            return Halt(Ending.ESCALATED, message, Escalation.DEADLINE_EXCEEDED)
        return people.halt() if people else None

    def _turn(self) -> str:
        assert self._plan.spec is not None
        return self._world.turns.take(self._constraint, self._plan.spec)

    def _waits(self, why: str) -> float:
        self._draft.set(remediation=self._status.model_copy(update={"step": WAITING, "message": why}))
        self._write()
        return 30.0

    def _hold(self, record: Record, people: People | None) -> float:
        """Suspended: no load, no copies, no agent, no look at people; what was under way begins again when it may."""
        sweep(self._desk, but_forge=True)
        if people:
            self._watch.stop(people)
        message = f"held: {self._plan.suspended}"
        self._draft.set(remediation=shown(self._status, record).model_copy(update={"message": message}))
        self._write()
        return 60.0

    # ── the engine ──

    def _tick(self, halt: Halt | None, people: People | None, *, only_publish: bool = False) -> float:
        bench = self._bench(halt, people)
        if isinstance(bench, Served):
            return self._await_source(bench)
        if isinstance(bench, str):
            return self._close(Ending.SUPERSEDED, bench)
        engine = Engine(
            policy=self._policy(halt),
            ports=bench.ports(),
            store=self._store,
            judge=_never,
            describe=describer(cluster=True, earlier=self._earlier()),
            clock=Clock(self._now),
            tell=Log(),
        )
        while True:
            record = self._store.load()
            if (record.pending and not record.finished and halt is None) or _announcing(record):
                assert record.pending is not None
                bench.advance(record.pending.stage, record.pending.key, order_for(record, engine.describe))
            decision = engine.tick()
            record = self._store.load()
            people = self._known(record, bench, people)
            if decision.action is Action.FINISH and record.finished:
                return self._finish(record, decision)
            if decision.action is Action.WAIT:
                return self._wait(record, bench, people)
            if only_publish and not _publishing(record):
                self._say(record, bench)
                return 0.0
            if decision.action is Action.END:
                sweep(self._desk, but_forge=True)
            self._say(record, bench)

    def _earlier(self) -> tuple[str, ...]:
        """What was answered to this constraint before, in sentences."""
        history = self._constraint.status.history
        return tuple(f"{past.at}: {past.reason} {past.pull_request}: {past.message}" for past in history)

    def _policy(self, halt: Halt | None) -> Policy:
        repair = self._plan.spec.repair if self._plan.spec else None
        if repair is None:
            return Policy(mode="Verify", halt=halt)
        mode = repair.mode if repair.mode != "Observe" else "Verify"  # a spec that was changed: it is only ended
        return Policy(mode, repair.max_iterations, repair.escalate_after, halt=halt)

    def _bench(self, halt: Halt | None, people: People | None) -> "Bench | Served | str":
        """What the engine acts through; how the source stands while it is not there; why there is none."""
        record, spec = self._store.load(), self._plan.spec
        if spec is None or spec.repair.source is None:
            if people is None:
                return halt.message if halt else "the spec has no repair.source"
            return Bench(self._desk, people.hosting, people.secret, "", self._store.load, people)
        try:
            hosting = people.hosting if people else hosting_of(spec.repair.source, self._plan.configuration)
        except ValueError as error:
            return f"the repository cannot be reached: {error}"
        secret = people.secret if people else spec.repair.source.secret_ref
        ending = halt is not None or (record.remediation is not None and record.remediation.ended is not None)
        bench = Bench(self._desk, hosting, secret, spec.repair.source.branch, self._store.load, people)
        if ending:
            return bench
        served = SourcePod(
            self._desk, secret, SourceStep(hosting=hosting, branch=spec.repair.source.branch, commit=record.commit)
        ).look()
        if served.found is None:
            return served
        plant = find_plant(self._world.cluster, self._constraint, spec)
        if isinstance(plant, str):
            return plant
        telemetry = Telemetry(self._plan.configuration.prometheus[spec.telemetry.prometheus], self._world.counters)
        sending = Sending(self._world.slots, self._constraint, self._plan, self._now)
        return bench.with_scene(spec, plant, served, telemetry, self._constraint, sending)

    def _await_source(self, served: Served) -> float:
        if not served.fault:
            self._draft.set(remediation=shown(self._status, self._store.load(), "the source is being fetched"))
            self._write()
            return 10.0
        if served.error == RevisionUnknown.__name__:
            return self._close(Ending.REVISION_UNKNOWN, served.fault)
        return self._close(Ending.ESCALATED, served.fault, Escalation.DEADLINE_EXCEEDED)

    def _wait(self, record: Record, bench: Bench, people: People | None) -> float:
        """Look what people did meanwhile, unless we are changing the branch ourselves."""
        wait = bench.wait
        if people and record.pending and record.pending.stage not in _OUR_OWN_CHANGES:
            after, again = self._watch.look(people, self._plan.configuration.repair.look_every)
            wait = min(wait, again) if after.halt() is None and after.approved == people.approved else 0.0
        self._say(record, bench)
        return wait

    def _known(self, record: Record, bench: Bench, people: People | None) -> People | None:
        """What is known of people, as soon as there is a pull request that they may do something with."""
        published = record.remediation.pull_request if record.remediation else None
        if published is None or (people and people.head == published.head):
            return people
        if people is None:
            known = People(
                hosting=bench.hosting,
                secret=bench.secret,
                branch=published.branch,
                head=published.head,
                commit=bench.commit,
                polled_at=self._now,
            )
        else:
            known = self._watch.moved(people, published.head)
        self._watch.save(known)
        return known

    # ── what is written ──

    def _say(self, record: Record, bench: Bench | None = None) -> None:
        told = bench.told if bench else None
        status = shown(self._status, record, told.message if told else "", told.reason if told else "")
        status = self._with_money(status)
        self._draft.set(remediation=bench.with_copies(status) if bench else status)
        self._draft.say("Remediating", concluded(status)[0])
        self._write()

    def _with_money(self, status: RemediationStatus) -> RemediationStatus:
        """With what the model has cost, by the gateway's count."""
        spec, before = self._plan.spec, self._status.budget
        if spec is None or spec.repair.proposer != "anthropic" or status.budget is None:
            return status.model_copy(update={"budget": before}) if before and before.limit_usd else status
        usd = money_spent(self._desk, before.usd if before else "0")
        budget = status.budget.model_copy(update={"usd": usd, "limit_usd": spec.repair.budget.usd})
        return status.model_copy(update={"budget": budget})

    def _finish(self, record: Record, decision: Decision) -> float:
        """The engine is done: say how it ended, and leave nothing behind."""
        remediation = record.remediation
        assert remediation is not None
        ended = str(remediation.ended or decision.reason)
        return self._close(ended, remediation.message or decision.message, remediation.escalation)

    def _close(self, ended: str, message: str, escalation: Escalation | None = None) -> float:
        record = self._store.load()
        alone = escalation and record.remediation and not record.remediation.pull_request
        if alone and (wait := self._call_people(record, message)) is not None:
            return wait
        sweep(self._desk)
        if people := self._watch.load():
            self._watch.forget(people)
        self._world.turns.give(self._constraint)
        status = self._with_money(shown(self._status, record, message))
        history = self._constraint.status.history
        status, past = closed(status, ended, escalation, history, self._plan, self._now)
        self._draft.set(remediation=status, history=(past, *history)[:MOST_HISTORY])
        remediating, escalated = concluded(status)
        self._draft.say("Remediating", remediating)
        self._draft.say("Escalated", escalated)
        self._write()
        self._world.repairing.pop(self._constraint.key, None)
        self._world.counters.remediation_ended(str(escalation or ended))
        return 0.0

    def _call_people(self, record: Record, message: str) -> float | None:
        """Open the issue where the forge has issues; seconds to wait, None: it is said, or cannot be."""
        spec = self._plan.spec
        source = spec.repair.source if spec else None
        if source is None or record.remediation is None:
            return None
        try:
            hosting = hosting_of(source, self._plan.configuration)
        except (SetpointError, ValueError):
            return None
        if hosting.kind == "git":
            return None
        step, key = ledger_step(self._desk, hosting, source.secret_ref), f"{self._status.id}-ledger"
        remediation = record.remediation.model_copy(update={"message": record.remediation.message or message})
        step.advance(key, record.model_copy(update={"remediation": remediation}))
        if step.state(key).phase != "Running":
            return None
        self._say(record)
        return step.wait

    def _fresh(self) -> Record:
        constraint, status = self._constraint, self._status
        run = constraint.status.last_run
        return Record(
            uid=constraint.uid,
            name=constraint.name,
            generation=str(status.generation),
            number=run.number if run else 0,
            run=status.run,
            commit=status.revision or "",
            started_at=self._now,
        )


def _publishing(record: Record) -> bool:
    return bool(record.pending and record.pending.stage is Stage.PUBLISH and not record.finished)


def _announcing(record: Record) -> bool:
    return bool(record.pending and record.pending.stage is Stage.ANNOUNCE and not record.finished)


def _never(metrics: Metrics) -> Verdict:
    raise NotImplementedError(metrics)  # a remediation measures nothing by itself
