"""The engine's ports in a cluster: which pod answers which stage. The composition root of a remediation."""

from collections.abc import Callable
from typing import Any

from setpoint.api.forge import Hosting
from setpoint.api.ports import DiagnoseOrder, PatchOrder, Ports, ProposeOrder, Slow
from setpoint.api.remedy import Evidence, GateReport, Proposal, TestReport
from setpoint.api.resource import ResourceSpec
from setpoint.api.status import CanaryStatus, RemediationStatus
from setpoint.control.record import STEP_OF, Record, Stage
from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.facts import Constraint
from setpoint.kube.kept import Told
from setpoint.kube.names import APPROVED
from setpoint.kube.repair.copies import Plant, target_port
from setpoint.kube.repair.desk import Desk
from setpoint.kube.repair.granting import let_call, take_back
from setpoint.kube.repair.hosting import Publishing
from setpoint.kube.repair.people import People
from setpoint.kube.repair.pods import Work
from setpoint.kube.repair.sending import Sending, waits_for
from setpoint.kube.repair.source import Served
from setpoint.kube.repair.steps import JobStep
from setpoint.kube.repair.verifying import CANDIDATE, CONTROL, Verifying
from setpoint.kube.repair.works import Scene
from setpoint.kube.shell import Nothing
from setpoint.kube.telemetry import Telemetry


class Bench:
    """What one visit acts through; until it has a scene, it can only end a remediation."""

    def __init__(
        self,
        desk: Desk,
        hosting: Hosting,
        secret: str | None,
        base: str,
        record: Callable[[], Record],
        people: People | None,
    ) -> None:
        self._desk, self.hosting, self.secret = desk, hosting, secret
        self._record, self._people = record, people
        self._publishing = Publishing(desk, hosting, secret, base, record, people.commit if people else "")
        self._ports: dict[Stage, Any] = dict.fromkeys(Stage, Nothing())
        self._ports |= {Stage.PUBLISH: self._publishing, Stage.ANNOUNCE: self._publishing}
        self._verifying: Verifying | None = None
        self._last: Stage | None = None

    def with_scene(
        self,
        spec: ResourceSpec,
        plant: Plant,
        served: Served,
        telemetry: Telemetry,
        constraint: Constraint,
        sending: Sending,
    ) -> "Bench":
        """With all that a remediation which goes on needs."""
        assert served.found is not None
        desk = self._desk
        scene = Scene(desk.ground, spec, plant, self.hosting, served.url, served.found.commit)
        self._publishing.commit = scene.commit
        self._verifying = Verifying(
            desk,
            scene,
            telemetry,
            lambda candidate: self._image(scene, candidate),
            self._approved(spec, constraint),
            sending,
        )
        diagnose: JobStep[DiagnoseOrder, Evidence] = JobStep(
            desk, scene.diagnose, Evidence.model_validate, begin=sending.begin
        )
        propose: JobStep[ProposeOrder, Proposal] = JobStep(
            desk,
            lambda key, order: _proposing(desk, scene, key, order),
            Proposal.model_validate,
            after=lambda key: take_back(desk, key),
        )
        gate: JobStep[PatchOrder, GateReport] = JobStep(desk, scene.gate, GateReport.model_validate)
        test: JobStep[PatchOrder, TestReport] = JobStep(desk, scene.test, TestReport.model_validate, scene.tested)
        self._ports |= {
            Stage.DIAGNOSE: diagnose,
            Stage.PROPOSE: propose,
            Stage.GATE: gate,
            Stage.TEST: test,
            Stage.VERIFY: self._verifying,
        }
        return self

    @property
    def commit(self) -> str:
        """The deployed commit, whole; empty while it is not known."""
        return self._publishing.commit

    def ports(self) -> Ports:
        """For the engine."""
        names = ("measure", "diagnose", "propose", "gate", "test", "publish", "verify")
        found: dict[str, Slow[Any, Any]] = {name: self._ports[Stage(name)] for name in names}
        return Ports(**found)

    def advance(self, stage: Stage, key: str, order: Any) -> None:
        """Bring on what is pending."""
        self._last = stage
        if not isinstance(self._ports[stage], Nothing):
            self._ports[stage].advance(key, order)

    @property
    def wait(self) -> float:
        """Seconds until the next look, unless something happens before."""
        return float(getattr(self._ports.get(self._last), "wait", 10.0)) if self._last else 10.0

    @property
    def told(self) -> Told | None:
        """What the verification has to say of itself; what a step has to wait for."""
        if self._verifying and self._last is Stage.VERIFY:
            return self._verifying.told
        step = STEP_OF.get(self._last) if self._last else None
        waits = getattr(self._ports.get(self._last), "waits", "") if self._last else ""
        return Told(status="True", reason=step, message=waits_for(waits)) if step and waits else None

    def with_copies(self, status: RemediationStatus) -> RemediationStatus:
        """The status, with the copies that run now."""
        copies = self._verifying.copies if self._verifying else {}
        if not copies:
            return status
        canary = CanaryStatus(candidate=copies.get(CANDIDATE, ""), control=copies.get(CONTROL, ""))
        return status.model_copy(update={"canary": canary})

    def _image(self, scene: Scene, candidate: bool) -> str | None:
        """Of a copy, by its commit; None where the source is laid over the target's own image."""
        pattern = scene.spec.verify.image
        if pattern is None:
            return None
        remediation = self._record().remediation
        published = remediation.pull_request if remediation else None
        return pattern.replace("{sha}", published.head if candidate and published else scene.commit)

    def _approved(self, spec: ResourceSpec, constraint: Constraint) -> bool:
        """Whether people let the copies of this attempt start."""
        if spec.verify.approval == "None":
            return True
        remediation = self._record().remediation
        if remediation is None or remediation.current is None:
            return False
        name = f"{remediation.id}-{remediation.current.number}"
        said = self._people.approved if self._people else ()
        return constraint.annotations.get(APPROVED) == name or name in said


def _proposing(desk: Desk, scene: Scene, key: str, order: ProposeOrder) -> Work:
    if scene.spec.repair.proposer == "anthropic":
        let_call(desk, scene.spec, key)
    return scene.propose(key, order)


def find_plant(cluster: Cluster, constraint: Constraint, spec: ResourceSpec) -> Plant | str:
    """The target as it is deployed now; or what of it is missing, in words."""
    target = spec.target
    deployment = cluster.find(path_of("apps/v1", "deployments", constraint.namespace, target.deployment))
    service = cluster.find(path_of("v1", "services", constraint.namespace, target.service))
    if deployment is None or service is None:
        missing = f"Deployment {target.deployment}" if deployment is None else f"Service {target.service}"
        return f"the {missing} is gone"
    template = deployment["spec"]["template"]
    boxes = template["spec"]["containers"]
    port = target_port(service, target.port, boxes)
    if port is None:
        return f"the Service {target.service} leads to no port of the containers"
    if target.container and target.container not in [box["name"] for box in boxes]:
        return f"the Deployment {target.deployment} has no container {target.container}"
    return Plant(spec, template, port)
