"""What the operator needs to know of objects, taken from them once. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from setpoint.api.status import ResourceStatus
from setpoint.kube.names import OUTSIDE, REQUESTED, SUSPENDED

Key = tuple[str, str]  # namespace and name
TargetState = Literal["Available", "NotFound", "RollingOut", "Paused", "ScaledToZero"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A PerformanceConstraint as it was last seen."""

    namespace: str
    name: str
    uid: str
    version: str
    generation: int
    spec: Mapping[str, Any]
    status: ResourceStatus
    annotations: Mapping[str, str] = field(default_factory=dict)
    deleting: bool = False
    created: str = ""

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return self.namespace, self.name

    @property
    def owner(self) -> dict[str, str]:
        """What the objects that belong to it say of it."""
        return {"namespace": self.namespace, "name": self.name, "uid": self.uid}

    @property
    def requested(self) -> str | None:
        """What people wrote into setpoint.dev/run: any new value asks for a run."""
        return self.annotations.get(REQUESTED) or None

    @property
    def outside(self) -> bool:
        """Whether who asked for a run wants it also outside of the windows for loads."""
        return (self.requested or "").endswith(OUTSIDE)

    @property
    def suspended(self) -> bool:
        """Whether its author, or somebody with an annotation, holds it."""
        return self.spec.get("suspend") is True or self.annotations.get(SUSPENDED, "").lower() == "true"


@dataclass(frozen=True, slots=True)
class Deployed:
    """A Deployment, reduced."""

    uid: str
    version: str
    images: tuple[str, ...]
    replicas: int
    selector: Mapping[str, str]
    labels: Mapping[str, str]  # of its pods
    state: TargetState
    message: str


def constraint_of(body: Mapping[str, Any]) -> Constraint:
    """The constraint in `body`; a status that is not ours to read is taken as none."""
    metadata = body["metadata"]
    try:
        status = ResourceStatus.model_validate(body.get("status") or {})
    except ValidationError:
        status = ResourceStatus()
    return Constraint(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        version=metadata.get("resourceVersion") or "0",
        generation=int(metadata.get("generation") or 1),
        spec=body.get("spec") or {},
        status=status,
        annotations={key: value for key, value in (metadata.get("annotations") or {}).items() if key in _KEPT},
        deleting=bool(metadata.get("deletionTimestamp")),
        created=metadata.get("creationTimestamp") or "",
    )


_KEPT = frozenset({REQUESTED, SUSPENDED, "setpoint.dev/approve"})


def deployed_of(body: Mapping[str, Any]) -> Deployed:
    """The Deployment in `body`, and whether it stands still."""
    metadata, spec, status = body["metadata"], body.get("spec") or {}, body.get("status") or {}
    template = spec.get("template") or {}
    containers = (template.get("spec") or {}).get("containers") or ()
    state, message = _state(metadata, spec, status)
    return Deployed(
        uid=metadata["uid"],
        version=metadata.get("resourceVersion") or "0",
        images=tuple(str(container.get("image") or "") for container in containers),
        replicas=int(spec.get("replicas", 1)),
        selector=dict((spec.get("selector") or {}).get("matchLabels") or {}),
        labels=dict((template.get("metadata") or {}).get("labels") or {}),
        state=state,
        message=message,
    )


def _state(metadata: Mapping[str, Any], spec: Mapping[str, Any], status: Mapping[str, Any]) -> tuple[TargetState, str]:
    wanted = int(spec.get("replicas", 1))
    if metadata.get("deletionTimestamp"):
        return "NotFound", "the Deployment is being deleted"
    if spec.get("paused"):
        return "Paused", "the Deployment is paused: its pods may not be what it says"
    if wanted == 0:
        return "ScaledToZero", "the Deployment has no replicas"
    updated, available, all_pods = (
        int(status.get(n) or 0) for n in ("updatedReplicas", "availableReplicas", "replicas")
    )
    if int(status.get("observedGeneration") or 0) < int(metadata.get("generation") or 0) or updated < wanted:
        return "RollingOut", f"{updated} of {wanted} replicas are of the newest template"
    if all_pods > updated or available < wanted:
        return "RollingOut", f"{available} of {wanted} replicas are available, {all_pods - updated} old ones remain"
    return "Available", f"{available} of {wanted} replicas are available"
