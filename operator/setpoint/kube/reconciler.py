"""One visit to one constraint: observe, decide, write down, act. Everything that is remembered is in the cluster."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from setpoint.api.configuration import Configuration
from setpoint.api.resource import API_VERSION, KIND, PLURAL
from setpoint.api.status import LastRun, RemediationStatus, ResourceStatus
from setpoint.control.due import Before, Standing, Trigger, due, next_look
from setpoint.control.ids import run_id
from setpoint.control.opening import Shut
from setpoint.control.schedule import next_after
from setpoint.kube.cache import Cache
from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.draft import Draft, differs, iso
from setpoint.kube.events import tell_transitions
from setpoint.kube.facts import Constraint, Key
from setpoint.kube.kept import Told
from setpoint.kube.load_state import unix
from setpoint.kube.logs import about
from setpoint.kube.metrics import Metrics as Counters
from setpoint.kube.plan import Plan, held_back, plan_of, target_name
from setpoint.kube.preflight import Ready, look_for
from setpoint.kube.repair.afterwards import Afterwards
from setpoint.kube.repair.allowed import Turns
from setpoint.kube.repair.desk import desk_of
from setpoint.kube.repair.repairing import Repairing
from setpoint.kube.repair.sweeping import sweep
from setpoint.kube.run import Run, why_abandon
from setpoint.kube.slots import Slots
from setpoint.kube.telling import held, standing

ABORTED = "Aborted"
MISSING_SECONDS = 20.0
LONGEST_HOLD_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class World:
    """What a visit works with."""

    cluster: Cluster
    cache: Cache
    slots: Slots
    configuration: Callable[[], Configuration]
    counters: Counters
    turns: Turns
    now: Callable[[], float] = time.time
    missing: dict[Key, int] = field(default_factory=dict)  # visits in a row that found something missing
    repairing: dict[Key, RemediationStatus] = field(default_factory=dict)  # what this process works on

    def forget(self, key: Key) -> None:
        """There is no such constraint any more; the next one of its name is another."""
        self.missing.pop(key, None)
        self.repairing.pop(key, None)
        self.slots.looks.pop(key, None)


class Reconciler:
    """Visits constraints. Each visit is complete in itself: it may be killed anywhere and made again."""

    def __init__(self, world: World) -> None:
        self.world = world

    def visit(self, key: Key) -> float | None:
        """Bring the constraint on; seconds until the next visit, None: not before something happens."""
        constraint = self.world.cache.constraint(key)
        if constraint is None or constraint.deleting:
            self.world.forget(key)
            return None
        return _Visit(self.world, constraint).make()

    def refresh(self, key: Key) -> None:
        """Read the constraint anew: what is known of it was too old to be written on."""
        found = self.world.cluster.find(path_of(API_VERSION, PLURAL, *key))
        if found:
            self.world.cache.see_constraint(found)


class _Visit:
    def __init__(self, world: World, constraint: Constraint) -> None:
        self._world, self._constraint, self._now = world, constraint, world.now()
        target = target_name(constraint.spec)
        deployed = world.cache.deployed((constraint.namespace, target)) if target else None
        self._plan: Plan = plan_of(constraint, deployed, world.configuration())
        self._draft = Draft(constraint.status, constraint.generation, self._now)
        self._look_again: float | None = None

    def make(self) -> float | None:
        """See Reconciler.visit."""
        run = self._constraint.status.last_run
        if run is not None and run.finished_at is None:
            return self._go_on(run)
        remediation = self._constraint.status.remediation
        if remediation is not None and remediation.ended is None:
            return self._repair()
        self._leave_nothing()
        if remediation is not None and (wait := self._people()) is not None:
            return wait
        seen = self._standing(run)
        trigger = due(seen) if self._plan.can_run else None
        if trigger is None:
            return self._rest(seen)
        if self._constraint.outside and (run is None or run.requested != self._constraint.requested):
            trigger = Trigger.REQUESTED  # whatever else is due: it is what lets it run now
        if because := held_back(self._plan, self._constraint, trigger, self._now):
            return self._hold(because)
        ready = look_for(self._world.cluster, self._constraint, self._plan)
        if ready.missing:
            return self._miss(ready)
        self._world.missing.pop(self._constraint.key, None)
        return self._begin(run, trigger, ready)

    # ── after a confirmed breach ──

    def _repair(self) -> float:
        remediation = self._constraint.status.remediation
        assert remediation is not None
        standing(self._draft, self._constraint, self._plan)
        self._world.repairing[self._constraint.key] = remediation
        with about(run=remediation.run):
            return Repairing(self._world, self._constraint, self._plan, self._draft, self.write).go_on()

    def _leave_nothing(self) -> None:
        """A remediation that another operator ended while we worked on it: what we made since then goes too."""
        ours = self._world.repairing.get(self._constraint.key)
        if ours is not None:
            sweep(desk_of(self._world.cluster, self._constraint.owner, ours, self._plan.configuration, self._now))
            del self._world.repairing[self._constraint.key]

    def _people(self) -> float | None:
        """While people decide about a pull request of ours: look what they did, now and then."""
        after = Afterwards(self._world, self._constraint, self._plan, self._draft)
        changed = after.look()
        self._look_again = after.wait
        if changed:
            standing(self._draft, self._constraint, self._plan)
            self.write()
            return 0.0
        return None

    # ── between runs ──

    def _standing(self, run: LastRun | None) -> Standing:
        spec, deployed = self._plan.spec, self._plan.deployed
        return Standing(
            now=self._now,
            generation=self._constraint.generation,
            images=deployed.images if deployed else (),
            requested=self._constraint.requested,
            on_rollout=bool(spec and spec.on_rollout),
            retry_after=self._plan.configuration.retry_after,
            before=_before(run) if run else None,
            scheduled=self._scheduled(run),
            retried=self._retried(),
        )

    def _retried(self) -> bool:
        remediation = self._constraint.status.remediation
        return remediation is not None and remediation.retried_by is not None

    def _scheduled(self, run: LastRun | None) -> float | None:
        spec = self._plan.spec
        if spec is None or spec.schedule is None or self._plan.stalled or run is None:
            return None
        return next_after(spec.schedule, spec.time_zone, unix(run.started_at) or self._now)

    def _rest(self, seen: Standing) -> float | None:
        """Nothing to be done now: say how things stand, and when there will be."""
        at = None if self._plan.suspended or self._plan.stalled else next_look(seen)
        standing(self._draft, self._constraint, self._plan)
        self._draft.say("Reconciling", None)
        if (said := self._draft.told("LoadGenerated")) and said.reason == "Waiting":
            self._draft.say("LoadGenerated", None)  # what waited for its time is not wanted any more
        self._draft.set(next_run_time=iso(at) if at else None)
        self.write()
        waits = [max(at - self._now, 1.0)] if at and self._plan.can_run else []
        return min([*waits, *([self._look_again] if self._look_again else [])], default=None)

    def _hold(self, because: Shut) -> float:
        """It is not the time for a load: say why and until when, and come back then."""
        standing(self._draft, self._constraint, self._plan)
        self._draft.say("LoadGenerated", held(because))
        self._draft.set(next_run_time=iso(because.until))
        self.write()
        return max(min(because.until - self._now, self._look_again or LONGEST_HOLD_SECONDS, LONGEST_HOLD_SECONDS), 1.0)

    def _miss(self, ready: Ready) -> float:
        """The spec names something that is not there and that no watch tells of: look again, ever more rarely."""
        assert ready.missing is not None
        standing(self._draft, self._constraint, self._plan, missing=ready.missing)
        self._draft.say(ready.condition, ready.missing)
        self.write()
        visits = self._world.missing[self._constraint.key] = self._world.missing.get(self._constraint.key, 0) + 1
        return float(min(MISSING_SECONDS * 2 ** min(visits - 1, 4), 300.0))

    def _begin(self, before: LastRun | None, trigger: str, ready: Ready) -> float:
        """Write the new run down; the next visit, at once, does what it needs."""
        constraint, deployed = self._constraint, self._plan.deployed
        assert deployed is not None
        number = before.number + 1 if before else 1
        standing(self._draft, constraint, self._plan)
        run = LastRun(
            id=run_id(constraint.uid, str(constraint.generation), number),
            number=number,
            trigger=trigger,
            generation=constraint.generation,
            images=deployed.images,
            requested=constraint.requested,
            started_at=iso(self._now),
            url=ready.url,
            revision=ready.revision,
            unjudged=before.unjudged if before and trigger == "Retry" else 0,
        )
        loads = self._plan.spec is not None and self._plan.spec.load is not None
        waiting = Told(status="Unknown", reason="Waiting", message="the run begins")
        self._draft.say("LoadGenerated", waiting if loads else None)
        self._draft.say("Reconciling", None)
        self._draft.set(last_run=run, next_run_time=None)
        if (remediation := constraint.status.remediation) and remediation.retried_by:
            self._draft.set(remediation=remediation.model_copy(update={"retried_by": None}))
        self.write()
        return 0.0

    # ── in a run ──

    def _go_on(self, run: LastRun) -> float | None:
        standing(self._draft, self._constraint, self._plan)
        course = Run(self._world, self._constraint, self._plan, run, self._draft, self.write)
        if why := why_abandon(self._constraint, self._plan, run):
            if why == "NewGeneration":
                said = Told(
                    status="True", reason="NewGeneration", message="the run of the spec before it is being ended"
                )
                self._draft.say("Reconciling", said)
            return course.abandon(ABORTED if why != "NewGeneration" else "Superseded", why)
        with about(run=run.id):
            return course.go_on()

    def write(self) -> None:
        """Write the status if it changed, in the version that was read (else Conflict: observe again)."""
        status, seen = self._draft.finished(), self._constraint
        if not differs(seen.status, status):
            return
        body = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {
                "name": seen.name,
                "namespace": seen.namespace,
                "resourceVersion": seen.version,
                "uid": seen.uid,
            },
            "spec": dict(seen.spec),
            "status": plain(status),
        }
        written = self._world.cluster.replace(path_of(API_VERSION, PLURAL, seen.namespace, seen.name, "status"), body)
        self._world.cache.see_constraint(written)
        before, self._constraint = seen, _seen(self._world.cache, seen)
        tell_transitions(self._world.cluster, before, status, self._now)


def plain(status: ResourceStatus) -> dict[str, object]:
    """The status as JSON."""
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)


def _seen(cache: Cache, before: Constraint) -> Constraint:
    after = cache.constraint(before.key)
    return after if after and after.uid == before.uid else before


def _before(run: LastRun) -> Before:
    return Before(
        generation=run.generation,
        images=run.images,
        requested=run.requested,
        started_at=unix(run.started_at) or 0.0,
        finished_at=unix(run.finished_at) or 0.0,
        unjudged=run.unjudged,
        interrupted=run.reason == ABORTED,
    )
