"""The measurement in a cluster: a load Job, its last frame, then Prometheus. The port `Slow`, and the step between.

`state` only looks. What moves the measurement on is `advance`, once in every visit: it starts what waits for its
turn, and takes what has ended into a ConfigMap before the Job goes.
"""

from dataclasses import dataclass

from setpoint.api.metrics import Fault, Metrics, Target
from setpoint.api.ports import LoadFrame, MeasureOrder, Progress
from setpoint.api.reasons import Reason
from setpoint.kube.cluster import Cluster, Object, path_of
from setpoint.kube.facts import Deployed, Key
from setpoint.kube.kept import Measured, Results, Told
from setpoint.kube.load_job import LoadRequest
from setpoint.kube.load_state import LoadState, Seen, load_state, pod_of, running_since, terminated, unix
from setpoint.kube.names import LOAD, OURS, ROLE, TARGET, load_job, target_digest
from setpoint.kube.refusals import ClusterFailed
from setpoint.kube.slots import Slots, is_of
from setpoint.kube.target import names_of, pods_of, selector_of, target_of
from setpoint.kube.telemetry import Telemetry, Window
from setpoint.load.report import parse_ending, parse_frames
from setpoint.verify.assemble import assemble

PODS = "setpoint.dev/pods"
# The last scrapes of the window arrive a little later than it ends.
SETTLE_SECONDS = 4.0
# A telemetry that cannot be reached is asked again for so long.
PATIENT_SECONDS = 15.0
RETRY_SECONDS = 5.0
WAIT_SECONDS = 15.0
HELD_SECONDS = 60.0
LOG_LINES, LOG_BYTES = 4, 128 * 1024
# A long load is looked at after each of its quarters: often enough to save its half, and few questions to Prometheus.
LOOKS, SHORTEST_LOOKED_AT_SECONDS = 4, 120.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What a measurement is about: the target as it was when the run began (`before`) and as it is now."""

    request: LoadRequest
    before: tuple[str, ...]  # images
    deployed: Deployed | None
    revision: str | None
    seen_load: bool  # whether the status says that this run's load had been scheduled
    held: Told | None = None  # why its load must not begin now, though the run has


class ClusterMeasure:
    """One run's measurement under load."""

    def __init__(
        self, cluster: Cluster, slots: Slots, results: Results, telemetry: Telemetry, scene: Scene, now: float
    ) -> None:
        self._cluster, self._slots, self._results, self._telemetry = cluster, slots, results, telemetry
        self._scene, self._now = scene, now
        self.told: Told | None = None  # for the condition LoadGenerated
        self.wait = 60.0  # seconds until the next look, unless something happens before
        self._state = LoadState("Absent")

    # ── the port ──

    def ensure(self, key: str, order: MeasureOrder) -> None:  # noqa: ARG002
        """Start the load, or note that it has to wait."""
        self._start(key)

    def state(self, key: str) -> Progress[Metrics]:
        """Done when the result is kept; Absent before the first start."""
        if found := self._results.find(key):
            return Progress("Done", found.metrics)
        return Progress("Running" if self.told else "Absent")

    def stop(self, key: str) -> None:
        """End the load, whatever became of it."""
        if (job := self._job()) and is_of(job, self._uid, key):
            self._slots.stop(job)

    # ── between looks ──

    def advance(self, key: str) -> None:
        """Bring the measurement on by as much as there is."""
        job = self._job()
        mine = job if job and is_of(job, self._uid, key) else None
        if self._results.find(key):
            if mine:
                self._slots.stop(mine)
            return
        if mine is None:
            self._without_job(key)
        else:
            self._with_job(key, mine)

    def _without_job(self, key: str) -> None:
        if self._scene.seen_load:
            self._fail(key, None, "JobFailed", "the load's Job was deleted")
        else:
            self._start(key)

    def _start(self, key: str) -> None:
        if changed := self._changed():
            self._give_up(key, None, changed)
            return
        if self._scene.held:  # it waited for its turn for so long
            self.told, self.wait = self._scene.held, HELD_SECONDS
            return
        try:
            pods = self._pods()
            waits = self._slots.start(self._scene.request, {PODS: ",".join(names_of(pods))[:200_000]})
        except ClusterFailed as error:
            if error.passing:
                raise
            self._fail(key, None, "JobFailed", str(error))
            return
        self.told = Told(
            status="Unknown", reason="Waiting" if waits else "Scheduled", message=waits or "its pod is being started"
        )
        self.wait = WAIT_SECONDS if waits else self.wait

    def _with_job(self, key: str, job: Object) -> None:
        pod = pod_of(self._load_pods(), job)
        if changed := self._changed():
            self._give_up(key, job, changed)
            return
        how = terminated(pod)
        ending = parse_ending(str(how.get("message") or "")) if how else None
        patience = self._scene.request.configuration.runner.start_within
        self._state = load_state(Seen(job, pod, self._now, patience, ending))
        if self._state.phase == "Ended":
            self.told = Told(status="Unknown", reason="Running", message="the last scrapes are awaited")
            self._ended(key, job, pod)
            return
        self.told = Told(status="Unknown", reason=self._state.reason, message=self._state.message)
        self.wait = 10.0 if self._state.phase == "Scheduled" else 60.0
        if self._state.phase == "Running" and pod is not None:
            self._look(key, job, pod)

    def _ended(self, key: str, job: Object, pod: Object | None) -> None:
        """Take what there is, as soon as the last scrapes have arrived."""
        if self._state.reason != "Completed" or pod is None:
            self._fail(key, job, self._state.reason, self._state.message)
            return
        since = self._now - (self._state.ended_at or self._now)
        if since < SETTLE_SECONDS:
            self.wait = SETTLE_SECONDS - since
            return
        frame = parse_frames(self._log(pod))
        if frame is None or not frame.finished or frame.load.started_at is None:
            self._fail(key, job, "JobFailed", "the load generator did not say what it did")
            return
        measured = self._measured(job, frame)
        if measured.telemetry and measured.telemetry.reason == "Unreachable" and since < PATIENT_SECONDS:
            self.wait = RETRY_SECONDS
            return
        self._keep(key, job, measured)

    def _look(self, key: str, job: Object, pod: Object) -> None:
        """End a long load at one of its quarters, when every row is decided by bounds that allow for the looks."""
        began = unix(running_since(pod)) if self._looks else None
        if began is None:
            return
        quarter, done = self._scene.request.seconds / LOOKS, self._now - began
        step, taken = self._slots.looks.get(self._constraint, (key, 0))
        taken = taken if step == key else 0
        if done < quarter * (taken + 1):
            self.wait = quarter * (taken + 1) - done
            return
        self._slots.looks[self._constraint] = (key, int(done / quarter))
        self.wait = quarter
        frame = parse_frames(self._log(pod))
        if frame is None or frame.load.started_at is None:
            return
        from setpoint.judge.sequential import decided  # numpy, which an idle operator does without

        measured = self._measured(job, frame)
        if decided(self._scene.request.spec.constraints, measured.metrics):
            self._keep(key, job, measured)

    @property
    def _looks(self) -> bool:
        """Whether the run is looked at before its end: then it is judged by the wider bounds at its end too."""
        request = self._scene.request
        return request.configuration.stop_early and request.seconds >= SHORTEST_LOOKED_AT_SECONDS

    def _measured(self, job: Object, frame: LoadFrame) -> Measured:
        start = unix(frame.load.started_at) or 0.0
        end = start + (frame.load.duration_seconds or 0.0)
        pods = self._pods()
        named = (job["metadata"].get("annotations") or {}).get(PODS, "").split(",")
        target = self._target(pods, start)
        spec = self._scene.request.spec
        names = {*names_of(pods), *filter(None, named)}
        selector = selector_of(self._scene.request.owner["namespace"], names, spec.target.container)
        read = self._telemetry.read(spec, selector, Window(start, end))
        metrics = assemble(
            frame,
            read.signals,
            read.own,
            target,
            read.faults,
            own_view=spec.telemetry.latency == "prometheus",
            planned=None if frame.finished else self._scene.request.seconds,
            sequential=self._looks,
        )
        return Measured(
            metrics=metrics, load=Told(status="True", reason="Completed", message=_done(frame)), telemetry=read.told
        )

    # ── how it ends without a measurement ──

    def _changed(self) -> str:
        """Why the target is no longer the one that the run began with."""
        deployed = self._scene.deployed
        if deployed is None:
            return "the Deployment is gone"
        if deployed.state in ("NotFound", "Paused", "ScaledToZero"):
            return deployed.message
        return "" if deployed.images == self._scene.before else "the Deployment was changed to other images"

    def _give_up(self, key: str, job: Object | None, why: str) -> None:
        self._conclude(key, job, Reason.TARGET_CHANGED, why, Told(status="False", reason="Aborted", message=why))

    def _fail(self, key: str, job: Object | None, reason: str, why: str) -> None:
        self._conclude(key, job, Reason.LOAD_NOT_REACHED, why, Told(status="False", reason=reason, message=why))

    def _conclude(self, key: str, job: Object | None, reason: Reason, why: str, told: Told) -> None:
        """No verdict from this load; but a target that was killed for its memory did reach its limit."""
        since = (unix(job["metadata"].get("creationTimestamp")) if job else None) or self._now
        target = self._target(self._pods(), since) if self._scene.deployed else Target(revision=self._scene.revision)
        fault = Fault(signal="load", reason=reason, message=why)
        metrics = Metrics.model_validate({"schemaVersion": 1, "signals": {}}).model_copy(
            update={"faults": (fault,), "target": target}
        )
        self._keep(key, job, Measured(metrics=metrics, load=told))

    def _keep(self, key: str, job: Object | None, measured: Measured) -> None:
        self._results.save(key, measured)
        self.told = measured.load
        if job:
            self._slots.stop(job)

    # ── reading ──

    @property
    def _constraint(self) -> Key:
        owner = self._scene.request.owner
        return owner["namespace"], owner["name"]

    @property
    def _uid(self) -> str:
        return self._scene.request.owner["uid"]

    def _job(self) -> Object | None:
        namespace, deployment = self._scene.request.owner["namespace"], self._scene.request.spec.target.deployment
        return self._cluster.find(path_of("batch/v1", "jobs", namespace, load_job(namespace, deployment)))

    def _load_pods(self) -> list[Object]:
        namespace, deployment = self._scene.request.owner["namespace"], self._scene.request.spec.target.deployment
        labels = f"{OURS},{ROLE}={LOAD},{TARGET}={target_digest(namespace, deployment)}"
        return self._cluster.list(path_of("v1", "pods", namespace), labels=labels)

    def _pods(self) -> list[Object]:
        assert self._scene.deployed is not None
        request = self._scene.request
        return pods_of(self._cluster, request.owner["namespace"], request.spec.target.deployment, self._scene.deployed)

    def _target(self, pods: list[Object], since: float) -> Target:
        return target_of(pods, self._scene.request.spec.target, since, self._scene.revision)

    def _log(self, pod: Object) -> str:
        about = pod["metadata"]
        query = {"container": "load", "tailLines": str(LOG_LINES), "limitBytes": str(LOG_BYTES)}
        return self._cluster.text(path_of("v1", "pods", about["namespace"], about["name"], "log"), query)


def _done(frame: LoadFrame) -> str:
    load = frame.load
    requests, seconds = frame.latency.count or 0, load.duration_seconds or 0
    return f"{requests:g} requests in {seconds:.0f} s, {load.achieved_rate or 0:.4g} a second"
