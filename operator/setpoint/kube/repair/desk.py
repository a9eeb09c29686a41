"""What a step works with, and how what it came to is kept: by its key, before what it ran in goes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from setpoint.api.base import Model
from setpoint.api.configuration import Configuration
from setpoint.api.errors import SetpointError
from setpoint.api.ports import Progress
from setpoint.api.status import RemediationStatus
from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.kept import RESULT_FILE, pack, unpack
from setpoint.kube.names import RESULT, Owner, belongs_to, result_map
from setpoint.kube.refusals import AlreadyThere, ClusterFailed
from setpoint.kube.repair.pods import Ground, Object

Value = TypeVar("Value")


class KeptStep(Model):
    """What became of a step. `again_at` (Unix seconds): when it is tried again; neither result nor error: not yet."""

    result: dict[str, Any] | None = None
    error: str = ""
    message: str = ""
    tries: int = 0
    again_at: float = 0.0

    @property
    def final(self) -> bool:
        """Whether this is how it ended."""
        return self.result is not None or bool(self.error)


@dataclass(frozen=True, slots=True)
class Desk:
    """What steps work with. `now` in Unix seconds."""

    cluster: Cluster
    ground: Ground
    now: float

    @property
    def namespace(self) -> str:
        """Where everything of the constraint lies."""
        return self.ground.owner["namespace"]

    def create(self, path: str, body: Object) -> Object:
        """Create, or adopt what is there if it is ours. Raises ClusterFailed."""
        try:
            return self.cluster.create(path, body)
        except AlreadyThere:
            name = body["metadata"]["name"]
            found = self.cluster.find(f"{path}/{name}")
            if found is None or found["metadata"].get("deletionTimestamp"):
                return body  # on its way out; the next visit creates it anew
            if not belongs_to(found, self.ground.owner["uid"]):
                raise ClusterFailed(f"{body['kind']} {name} is not ours; delete it, its name is needed") from None
            return found


def desk_of(
    cluster: Cluster, owner: Owner, remediation: RemediationStatus, configuration: Configuration, now: float
) -> Desk:
    """For the steps of a remediation, or for what one that has ended left."""
    return Desk(cluster, Ground(owner, remediation.run, remediation.id, configuration), now)


class Keeper(Generic[Value]):
    """What became of steps, in ConfigMaps; `read` makes the value of a result (a SetpointError: there is none)."""

    def __init__(self, desk: Desk, read: Callable[[dict[str, Any]], Value]) -> None:
        self._desk, self._read = desk, read
        self.begun: set[str] = set()

    def state(self, key: str) -> Progress[Value]:
        """Done or Failed by what is kept; Running once it was looked at."""
        kept = self.find(key)
        if kept is None or not kept.final:
            return Progress("Running" if key in self.begun else "Absent")
        if kept.error:
            return Progress("Failed", message=kept.message, error=kept.error)
        try:
            return Progress("Done", self._read(kept.result or {}))
        except SetpointError as error:
            return Progress("Failed", message=str(error), error=type(error).__name__)
        except ValidationError as error:
            return Progress("Failed", message=f"the result is not understood ({error.error_count()} faults)")

    def find(self, key: str) -> KeptStep | None:
        """What is known of how it ended; None: nothing."""
        found = self._desk.cluster.find(self._path(result_map(key)))
        if found is None or not belongs_to(found, self._desk.ground.owner["uid"]):
            return None
        try:
            return KeptStep.model_validate_json(unpack(found, RESULT_FILE))
        except ValidationError:
            return None

    def keep(self, key: str, kept: KeptStep) -> None:
        """Write down how it ended."""
        about = self._desk.ground.about(result_map(key), RESULT, key)
        packed = pack(kept.model_dump_json(by_alias=True, exclude_none=True))
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "binaryData": {RESULT_FILE: packed}}
        self._desk.cluster.put(self._path(), body)

    def _path(self, name: str | None = None) -> str:
        return path_of("v1", "configmaps", self._desk.namespace, name)


def dumped(order: Model, *, most: int = 900_000) -> str:
    """An order as its ConfigMap holds it. Raises ClusterFailed for one that no ConfigMap can hold."""
    text = order.model_dump_json(by_alias=True, exclude_none=True)
    if len(text.encode()) > most:
        raise ClusterFailed(f"the order has {len(text)} characters, more than a ConfigMap can hold")
    return text
