"""The verification in a cluster: copies side by side, one load on all of them, and the judge. The port `Slow`."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from setpoint.api.metrics import Metrics
from setpoint.api.ports import Progress, VerifyOrder
from setpoint.api.reasons import Step
from setpoint.api.remedy import Outcome, Verification
from setpoint.api.steps import PATCH_FILE, CopyOf, VerifySeen
from setpoint.kube.cluster import path_of
from setpoint.kube.kept import Told
from setpoint.kube.load_state import unix
from setpoint.kube.measuring import PATIENT_SECONDS, RETRY_SECONDS
from setpoint.kube.refusals import ClusterFailed
from setpoint.kube.repair.alike import unlike_images
from setpoint.kube.repair.copies import copy_key, copy_name, copy_of
from setpoint.kube.repair.copy_pods import gone_under_load, ready, staying, unscheduled, why_not_started
from setpoint.kube.repair.desk import Desk, Keeper, KeptStep
from setpoint.kube.repair.noise import Noise
from setpoint.kube.repair.pods import Object, Work, order_name, order_of
from setpoint.kube.repair.sending import WAIT_SECONDS, Sending, waits_for
from setpoint.kube.repair.steps import JobStep
from setpoint.kube.repair.works import Scene
from setpoint.kube.target import names_of, selector_of, target_of
from setpoint.kube.telemetry import Read, Telemetry, Window
from setpoint.verify.merge import merged

CONTROL, CANDIDATE, TWIN = "control", "candidate", "twin"
# The last scrapes of a window arrive a little later than it ends.
SETTLE_SECONDS = 4.0


class Verifying:
    """One remediation's verifications. `approved`: whether people let this attempt's copies start; `sending`: when.

    `image` gives the image of the candidate (True) or of the control; None: the source goes over the target's own.
    """

    def __init__(
        self,
        desk: Desk,
        scene: Scene,
        telemetry: Telemetry,
        image: Callable[[bool], str | None],
        approved: bool,
        sending: Sending,
    ) -> None:
        self._desk, self._scene, self._telemetry = desk, scene, telemetry
        self._image, self._approved, self._sending = image, approved, sending
        self._load: JobStep[dict[str, CopyOf], VerifySeen] = JobStep(
            desk, self._work, VerifySeen.model_validate, begin=sending.begin
        )
        self._kept: Keeper[Verification] = Keeper(desk, Verification.model_validate)
        self._noise = Noise(desk, scene)
        self.told: Told | None = None
        self.copies: dict[str, str] = {}
        self.wait = 10.0

    # ── the port ──

    def ensure(self, key: str, order: VerifyOrder) -> None:
        """Begin, or go on."""
        self.advance(key, order)

    def state(self, key: str) -> Progress[Verification]:
        """Done when a verification is kept."""
        return self._kept.state(key)

    def stop(self, key: str) -> None:
        """Nothing of it is left."""
        self._load.stop(f"{key}-load")
        self._remove(key)

    # ── between looks ──

    def advance(self, key: str, order: VerifyOrder) -> None:
        """Bring it on by as much as there is."""
        self._kept.begun.add(key)
        kept = self._kept.find(key)
        if kept and kept.final:
            self._remove(key)
            return
        if not self._approved:
            self._say(Step.AWAITING_APPROVAL, "copies start when people approve: setpoint kube approve")
            self.wait = 60.0
            return
        if not self._load.begun(f"{key}-load") and (why := self._sending.why_not()):
            self._remove(key)  # copies without a load are of no use to anybody
            self._say(Step.VERIFYING, waits_for(why))
            self.wait = WAIT_SECONDS
            return
        try:
            copies = self._copies(key, order)
        except ClusterFailed as error:
            if error.passing:
                raise
            why = f"the copies cannot be made: {error}"  # a quota, or an admission policy
            self._keep(key, Verification(outcome=Outcome.INCONCLUSIVE, why=why))
            return
        self._say(Step.VERIFYING, f"{', '.join(copies)} side by side")
        if (ended := self._not_ready(key, copies)) is not None:
            if isinstance(ended, Verification):
                self._keep(key, ended)
            return
        self._under_load(key, order, copies)

    def _copies(self, key: str, order: VerifyOrder) -> dict[str, list[Object]]:
        """The pods of every copy, by its name; what is not there is created."""
        names = [CONTROL, CANDIDATE] if self._noise.load() is not None else [CONTROL, TWIN, CANDIDATE]
        found: dict[str, list[Object]] = {}
        for name in names:
            self.copies[name] = copy_name(key, name)
            patch = order.patch if name == CANDIDATE else ""
            if self._desk.cluster.find(self._path("deployments", copy_name(key, name))) is None:
                told = order_of(self._desk.ground, copy_key(key, name), {PATCH_FILE: patch})
                self._desk.create(path_of("v1", "configmaps", self._desk.namespace), told)
                image = self._image(name == CANDIDATE)
                body = copy_of(self._desk.ground, self._scene.plant, key, name, self._scene.source, image)
                self._desk.create(self._path("deployments"), body)
            labels = f"setpoint.dev/copy={copy_name(key, name)}"
            found[name] = staying(self._desk.cluster.list(path_of("v1", "pods", self._desk.namespace), labels=labels))
        return found

    def _not_ready(self, key: str, copies: dict[str, list[Object]]) -> Verification | bool | None:
        """None: all were ready, and the load began. True: not yet. Else how the verification ends without a load."""
        if self._load.under_way(f"{key}-load"):
            return None  # what becomes of a copy now is what the load will tell
        for name, pods in copies.items():
            why, waits_for_image = why_not_started(pods)
            if not why and pods and ready(pods[0]):
                continue
            if self._in_patience(key, name, why, image=waits_for_image):
                if waits_for_image and self._scene.spec.verify.image:
                    self._say(Step.AWAITING_IMAGE, f"the image of {name} is not there yet: {why}")
                return True
            if room := "" if why else unscheduled(pods) or self._podless(key, name):
                return Verification(outcome=Outcome.INCONCLUSIVE, why=f"there is no room for {name}: {room}")
            why = why or "it was not ready in time"
            if name == CANDIDATE:
                return Verification(outcome=Outcome.DROPPED, why=f"the candidate does not start: {why}")
            return Verification(outcome=Outcome.INCONCLUSIVE, why=f"the unchanged copy does not start: {why}")
        # Where the repository's CI builds an image for each commit, they are to differ.
        unlike = "" if self._scene.spec.verify.image else unlike_images(copies, self._scene.plant.container["name"])
        return Verification(outcome=Outcome.INCONCLUSIVE, why=unlike) if unlike else None

    def _in_patience(self, key: str, name: str, why: str, *, image: bool) -> bool:
        found = self._desk.cluster.find(self._path("deployments", copy_name(key, name))) or {}
        created = unix((found.get("metadata") or {}).get("creationTimestamp")) or self._desk.now
        configuration = self._desk.ground.configuration
        patience = configuration.runner.start_within
        if image and self._scene.spec.verify.image:
            patience = configuration.repair.image_within
        elif why and not image:
            patience = 0.0
        return self._desk.now - created < patience

    def _podless(self, key: str, name: str) -> str:
        """Why a copy has no pod, as its Deployment says it; empty: it says nothing."""
        found = self._desk.cluster.find(self._path("deployments", copy_name(key, name))) or {}
        conditions = (found.get("status") or {}).get("conditions") or ()
        failed = (one for one in conditions if one.get("type") == "ReplicaFailure" and one.get("status") == "True")
        return next((str(one.get("message") or one.get("reason"))[:500] for one in failed), "")

    def _under_load(self, key: str, order: VerifyOrder, copies: dict[str, list[Object]]) -> None:
        under = f"{key}-load"
        begun = self._load.under_way(under)
        asked = {} if begun else {name: self._address(pods[0]) for name, pods in copies.items()}
        self._load.advance(under, asked)
        progress = self._load.state(under)
        self.wait = self._load.wait
        if progress.phase == "Failed":
            self._keep(key, Verification(outcome=Outcome.INCONCLUSIVE, why=f"the load failed: {progress.message}"))
        elif progress.phase == "Done" and progress.result is not None:
            self._conclude(key, order, progress.result, copies)

    def _conclude(self, key: str, order: VerifyOrder, seen: VerifySeen, copies: dict[str, list[Object]]) -> None:
        if why := _says_nothing(seen, copies):
            self._keep(key, Verification(outcome=Outcome.INCONCLUSIVE, why=why))
            return
        last = max(_end(metrics) for metrics in seen.copies.values())
        if self._desk.now - last < SETTLE_SECONDS:
            self.wait = SETTLE_SECONDS - (self._desk.now - last)
            return
        reads = {name: self._read(metrics, copies.get(name, [])) for name, metrics in seen.copies.items()}
        if unread := next((read for read in reads.values() if not read.answered), None):
            # No fault of the candidate, also where it was the question about it that went without an answer.
            if self._desk.now - last < PATIENT_SECONDS:
                self.wait = RETRY_SECONDS
                return
            why = f"Prometheus gave no whole answer about the copies: {unread.told.message}"
            self._keep(key, Verification(outcome=Outcome.INCONCLUSIVE, why=why))
            return
        whole = {name: self._whole(metrics, copies.get(name, []), reads[name]) for name, metrics in seen.copies.items()}
        self._decide(key, order, seen, whole)

    def _decide(self, key: str, order: VerifyOrder, seen: VerifySeen, whole: dict[str, Metrics]) -> None:
        from setpoint.judge.compare import compare
        from setpoint.verify.acceptance import accept
        from setpoint.verify.noise import noise_of

        constraints = self._scene.spec.constraints
        noise = known = self._noise.load()
        if known is None and TWIN in whole:
            noise = noise_of(compare(constraints, whole[CONTROL], whole[TWIN]))
        breached = tuple(row.constraint for row in order.verdict.breached())
        missing = (*seen.missing, *_restarted(whole))
        said = accept(constraints, breached, whole[CONTROL], whole[CANDIDATE], missing, order.previous, noise)
        if known is None and noise is not None and said.outcome is not Outcome.INCONCLUSIVE:
            self._noise.save(noise)  # else the next round measures it anew
        self._keep(key, said)

    def _read(self, metrics: Metrics, pods: list[Object]) -> Read:
        """What the load's pod cannot see of a copy: memory, CPU, custom queries."""
        selector = selector_of(self._desk.namespace, names_of(pods), self._scene.plant.container["name"])
        return self._telemetry.read(self._scene.spec, selector, Window(_start(metrics), _end(metrics)))

    def _whole(self, metrics: Metrics, pods: list[Object], read: Read) -> Metrics:
        """With that, and with restarts."""
        measured = self._scene.spec.target.model_copy(update={"container": self._scene.plant.container["name"]})
        return merged(
            metrics, read.signals, read.faults, target_of(pods, measured, _start(metrics), self._scene.commit)
        )

    def _address(self, pod: Object) -> CopyOf:
        host, plant = pod["status"]["podIP"], self._scene.plant
        host = f"[{host}]" if ":" in host else host
        page = f"http://{host}:{plant.metrics_port}{plant.metrics_path}" if plant.metrics_path else None
        return CopyOf(url=f"http://{host}:{plant.port}", metrics_url=page)

    def _work(self, key: str, copies: dict[str, CopyOf]) -> Work:
        load, duration = self._scene.load, self._scene.spec.verify.load.duration
        return self._scene.verify(key, copies, load.model_copy(update={"duration": duration}) if duration else load)

    def _keep(self, key: str, said: Verification) -> None:
        self._kept.keep(key, KeptStep(result=said.to_json()))
        self._load.stop(f"{key}-load")
        self._remove(key)

    def _remove(self, key: str) -> None:
        for name in (CANDIDATE, CONTROL, TWIN):
            self._desk.cluster.delete(self._path("deployments", copy_name(key, name)))
            order = order_name(copy_key(key, name))
            self._desk.cluster.delete(path_of("v1", "configmaps", self._desk.namespace, order))

    def _say(self, step: Step, message: str) -> None:
        self.told = Told(status="True", reason=step, message=message)

    def _path(self, plural: str, name: str | None = None) -> str:
        return path_of("apps/v1", plural, self._desk.namespace, name)


def _says_nothing(seen: VerifySeen, copies: Mapping[str, list[Object]]) -> str:
    """Why what the load saw is no word about the candidate; empty: it is one."""
    gone = gone_under_load(copies, {name: str(urlsplit(url).hostname) for name, url in seen.asked.items()})
    complete = {CONTROL, CANDIDATE} <= seen.copies.keys() & seen.asked.keys()
    return gone or seen.trouble or ("" if complete else "the load did not say what it saw")


def _start(metrics: Metrics) -> float:
    return (unix(metrics.load.started_at) if metrics.load else None) or 0.0


def _end(metrics: Metrics) -> float:
    return _start(metrics) + ((metrics.load.duration_seconds if metrics.load else None) or 0.0)


def _restarted(whole: dict[str, Metrics]) -> tuple[str, ...]:
    """The load saw copies from outside only: that one was started again during it is seen here."""
    counts = {
        name: sum(instance.restarts for instance in metrics.target.instances) if metrics.target else 0
        for name, metrics in whole.items()
    }
    more = counts[CANDIDATE] > counts[CONTROL]
    return (f"restarted {counts[CANDIDATE]:.0f} times during the load",) if more else ()
