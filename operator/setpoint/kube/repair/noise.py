"""The noise floor of one image and load, kept in a ConfigMap that goes with the constraint."""

from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from setpoint.control.ids import digest
from setpoint.kube.cluster import path_of
from setpoint.kube.kept import RESULT_FILE, pack, unpack
from setpoint.kube.names import belongs_to, metadata
from setpoint.kube.repair.desk import Desk
from setpoint.kube.repair.works import Scene

NOISE = "noise"
_NOISE = TypeAdapter(dict[str, float])


class Noise:
    """The port NoiseStore. What cannot be read is measured again."""

    def __init__(self, desk: Desk, scene: Scene) -> None:
        self._desk = desk
        about = (scene.plant.image, scene.load.model_dump_json(), scene.spec.constraints.model_dump_json())
        self._name = f"setpoint-noise-{digest(desk.ground.owner['uid'], *about)}"

    def load(self) -> Mapping[str, float] | None:
        """Row -> difference between two unchanged copies; None: not measured yet."""
        found = self._desk.cluster.find(self._path(self._name))
        if found is None or not belongs_to(found, self._desk.ground.owner["uid"]):
            return None
        try:
            return _NOISE.validate_json(unpack(found, RESULT_FILE))
        except ValidationError:
            return None

    def save(self, noise: Mapping[str, float]) -> None:
        """Keep it."""
        about = metadata(self._name, self._desk.ground.owner, NOISE, self._desk.ground.run)
        packed = pack(_NOISE.dump_json(dict(noise)).decode())
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "binaryData": {RESULT_FILE: packed}}
        self._desk.cluster.put(self._path(), body)

    def _path(self, name: str | None = None) -> str:
        return path_of("v1", "configmaps", self._desk.namespace, name)
