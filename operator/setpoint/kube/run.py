"""The course of one run: the engine's ticks, from what is written down to the next thing that must be waited for."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from setpoint.api.metrics import Metrics
from setpoint.api.ports import Ports
from setpoint.api.reasons import Reason, Result
from setpoint.api.status import LastRun
from setpoint.api.verdict import Verdict
from setpoint.control.engine import Engine
from setpoint.control.observed import Policy
from setpoint.control.record import Action, Record, Stage
from setpoint.kube.draft import Draft, iso
from setpoint.kube.facts import Constraint
from setpoint.kube.kept import Measured, RecordStore, Results, Told
from setpoint.kube.live import LiveMeasure
from setpoint.kube.load_job import LoadRequest
from setpoint.kube.load_state import unix
from setpoint.kube.measuring import ClusterMeasure, Scene
from setpoint.kube.plan import Plan, held_back
from setpoint.kube.repair.allowed import awaits_people, why_not
from setpoint.kube.repair.desk import desk_of
from setpoint.kube.repair.sweeping import sweep
from setpoint.kube.repair.telling import opened
from setpoint.kube.shell import Clock, Log, Nothing
from setpoint.kube.telemetry import Telemetry
from setpoint.kube.telling import ended, held, judged, standing_by

if TYPE_CHECKING:
    from setpoint.kube.reconciler import World

KEPT_RUNS = 5
# The load went as it should and there still was no verdict: for reasons that another time may not be there.
PASSING = frozenset({Reason.TARGET_CHANGED, Reason.TARGET_RESTARTED, Reason.LOAD_NOT_REACHED, Reason.QUERY_FAILED})
# These do not pass by themselves: people must change something.
LASTING = frozenset({"ScriptError", "CeilingExceeded"})


def why_abandon(constraint: Constraint, plan: Plan, run: LastRun) -> str:
    """Why an open run must not go on; empty: it may."""
    if run.generation != constraint.generation:
        return "NewGeneration"
    if plan.suspended:
        return plan.suspended
    return plan.stalled.message if plan.stalled else ""


class Run:
    """One visit to an open run. `write` writes the draft of the status, in the version that was read."""

    def __init__(
        self, world: "World", constraint: Constraint, plan: Plan, run: LastRun, draft: Draft, write: Callable[[], None]
    ) -> None:
        self._world, self._constraint, self._plan = world, constraint, plan
        self._run, self._draft, self._write = run, draft, write
        self._now = world.now()
        self._results = Results(world.cluster, constraint.owner, run.id)
        self._key = f"{run.id}-{Stage.MEASURE}"

    def go_on(self) -> float:
        """Tick until something must be waited for; seconds until the next visit."""
        measure = self._measure()
        store = RecordStore(self._world.cluster, self._constraint.owner, self._fresh(), lambda _: self._say(measure))
        engine = Engine(
            policy=self._policy(),
            ports=_ports(measure),
            store=store,
            judge=self._judge,
            describe=_no_pull_request,
            clock=Clock(self._now),
            tell=Log(),
        )
        while True:
            if store.load().pending:
                measure.advance(self._key)
            if store.load().remediation is not None:  # a confirmed breach that is to be answered: the run is over
                self._finish(store.load())
                return 0.0
            decision = engine.tick()
            if decision.action is Action.FINISH:
                self._finish(store.load())
                return 0.0
            if decision.action is Action.WAIT:
                self._say(measure)
                return measure.wait

    def abandon(self, reason: str, why: str) -> float:
        """End the run without a verdict: its load first, then what is written of it."""
        self._world.slots.stop_of(self._constraint.owner)
        if self._draft.before.condition("LoadGenerated"):
            self._draft.say("LoadGenerated", Told(status="False", reason="Aborted", message=f"ended: {why}"))
        over = {"finished_at": iso(self._now), "reason": reason, "message": why}
        self._draft.set(last_run=self._run.model_copy(update=over))
        self._write()
        self._world.counters.run_ended(None)
        return 0.0

    # ── what follows from the verdict ──

    def _why_not(self) -> Told | None:
        """What keeps a breach from being answered; None: nothing does."""
        assert self._plan.spec is not None
        constraint, run = self._constraint, self._run
        return why_not(self._plan.spec, constraint.status, run.revision, run.generation, self._now)

    def _policy(self) -> Policy:
        assert self._plan.spec is not None
        return Policy(mode="Observe" if self._why_not() else self._plan.spec.repair.mode)

    def _answer(self, record: Record, verdict: Verdict) -> None:
        """A remediation that has been opened into the status; one that a run within the setpoints has outlived, out."""
        if record.remediation is not None:
            self._let_go(record.remediation.id)
            self._draft.set(remediation=opened(record, self._run))
            self._draft.say("Escalated", None)
        elif verdict.result is Result.BREACHED and (told := self._why_not()):
            self._draft.say("Remediating", told)
        elif verdict.result is Result.WITHIN and not awaits_people(self._constraint.status.remediation):
            self._draft.set(remediation=None)
            self._draft.say("Escalated", None)
            self._draft.say("Remediating", standing_by(self._plan))

    def _let_go(self, newest: str) -> None:
        """Another remediation takes the place of the last one: the look-out for its people ends with it."""
        last = self._constraint.status.remediation
        if last is not None and last.id != newest:
            left = desk_of(self._world.cluster, self._constraint.owner, last, self._plan.configuration, self._now)
            sweep(left, people=True)

    # ── what the engine works with ──

    def _fresh(self) -> Record:
        constraint, run = self._constraint, self._run
        return Record(
            uid=constraint.uid,
            name=constraint.name,
            generation=str(run.generation),
            number=run.number,
            run=run.id,
            commit=run.revision or "",
            started_at=unix(run.started_at) or self._now,
        )

    def _measure(self) -> ClusterMeasure | LiveMeasure:
        world, spec, plan, run = self._world, self._plan.spec, self._plan, self._run
        assert spec is not None, "a spec that cannot be read stalls the run before this"
        telemetry = Telemetry(plan.configuration.prometheus[spec.telemetry.prometheus], world.counters)
        request = LoadRequest(self._constraint.owner, run.id, self._key, spec, run.url or "", plan.configuration)
        if spec.load is None:
            return LiveMeasure(world.cluster, self._results, telemetry, request, plan.deployed, run.revision, self._now)
        said = self._draft.before.condition("LoadGenerated")
        seen_load = bool(said and said.reason in ("Scheduled", "Running"))
        because = held_back(plan, self._constraint, run.trigger, self._now)
        scene = Scene(request, run.images, plan.deployed, run.revision, seen_load, held(because) if because else None)
        return ClusterMeasure(world.cluster, world.slots, self._results, telemetry, scene, self._now)

    def _judge(self, metrics: Metrics) -> Verdict:
        from setpoint.judge import judge  # numpy, which an idle operator does without

        assert self._plan.spec is not None
        return judge(self._plan.spec.constraints, metrics)

    # ── what is written ──

    def _say(self, measure: ClusterMeasure | LiveMeasure) -> None:
        if measure.told:
            self._draft.say("LoadGenerated", measure.told)
        self._write()

    def _finish(self, record: Record) -> None:
        """The verdict into the status, and the run is over."""
        found = self._results.find(self._key)
        if found and found.load:
            self._draft.say("LoadGenerated", found.load)
        self._draft.say("MetricsAvailable", found.telemetry if found else None)
        verdict = record.verdict
        assert verdict is not None, "the engine measures before it finishes"
        judged(self._draft, verdict)
        self._draft.set(last_run=ended(self._run, verdict, self._now, passing=_passing(verdict, found)))
        self._answer(record, verdict)
        self._write()
        self._world.counters.run_ended(verdict.result, self._now - (unix(self._run.started_at) or self._now))
        self._results.forget_old(self._run.id, KEPT_RUNS)


def _passing(verdict: Verdict, found: Measured | None) -> bool:
    if verdict.result is not Result.INCONCLUSIVE:
        return False
    load, telemetry = (found.load, found.telemetry) if found else (None, None)
    if load and load.status == "False":
        return load.reason not in LASTING
    if telemetry and telemetry.status == "False":
        return telemetry.reason != "QueryInvalid"
    return any(row.reason in PASSING for row in verdict.rows)


def _ports(measure: ClusterMeasure | LiveMeasure) -> Ports:
    """A run only measures: what answers a breach comes after it (kube/repair)."""
    none = Nothing()
    return Ports(measure, none, none, none, none, none, none)


def _no_pull_request(record: Record) -> tuple[str, str]:
    raise NotImplementedError(record.run)
