"""Copies of the target, as objects: its pod without what is only its own. Pure.

A copy has no identity in production: no ServiceAccount of the target's, no token, no Secret, volume or variable but
those that `verify.allow` names, no power over its node, and no label by which a Service, an autoscaler or a GitOps
tool would take it.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from setpoint.api.resource import Allowed, ResourceSpec
from setpoint.kube.names import COPY
from setpoint.kube.repair.pods import (
    ORDER_MOUNT,
    Ground,
    Object,
    order_volume,
    pod_metadata,
    scratch,
    tree,
)
from setpoint.kube.repair.restrained import restrained, restrained_pod
from setpoint.kube.restricted import AS_NOBODY

TREE = "/setpoint/tree"
# Volumes that hold nothing of anybody's.
_EMPTY = ("emptyDir", "downwardAPI")
# What decides where a copy runs stays; what ties it to others, or lets it push them away, does not.
_TAKEN = (
    "affinity", "hostAliases", "hostIPC", "hostNetwork", "hostPID", "hostUsers", "nodeName", "priority",
    "priorityClassName", "preemptionPolicy", "resourceClaims", "serviceAccount", "serviceAccountName",
    "setHostnameAsFQDN", "subdomain", "hostname", "topologySpreadConstraints",
)  # fmt: skip
_KEPT_ANNOTATIONS = ("prometheus.io/",)
GRACE_SECONDS = 5
ROOM = "2Gi"


@dataclass(frozen=True, slots=True)
class Plant:
    """The target as it is deployed: its pod's template, which container is measured, and where it listens."""

    spec: ResourceSpec
    template: Object
    port: int

    @property
    def container(self) -> Object:
        """The one that is measured, and that a repair changes."""
        boxes = self.template["spec"]["containers"]
        named = self.spec.target.container
        found: Object = next((box for box in boxes if box["name"] == named), boxes[0])
        return found

    @property
    def image(self) -> str:
        """What is deployed."""
        return str(self.container["image"])

    @property
    def annotations(self) -> dict[str, str]:
        """Of its pods."""
        return (self.template.get("metadata") or {}).get("annotations") or {}

    @property
    def metrics_path(self) -> str | None:
        """The path of its metrics page; None where it says of none."""
        if self.spec.target.metrics:
            return self.spec.target.metrics
        scraped = self.annotations.get("prometheus.io/scrape", "").lower() == "true"
        return self.annotations.get("prometheus.io/path", "/metrics") if scraped else None

    @property
    def metrics_port(self) -> int:
        """Where that page is."""
        said = self.annotations.get("prometheus.io/port", "")
        return int(said) if said.isdigit() and 0 < int(said) < 65536 else self.port


def target_port(service: Mapping[str, Any], port: int | str, boxes: Sequence[Mapping[str, Any]]) -> int | None:
    """The number of the containers' port that a Service's port leads to; None: it leads nowhere."""
    ports = (service.get("spec") or {}).get("ports") or ()
    found = next((one for one in ports if port in (one.get("name"), one.get("port"))), None)
    if found is None:
        return None
    target = found.get("targetPort", found["port"])
    if isinstance(target, int):
        return target
    named = (one for box in boxes for one in box.get("ports") or ())
    return next((int(one["containerPort"]) for one in named if one.get("name") == target), None)


def copy_of(ground: Ground, plant: Plant, key: str, name: str, source: str, image: str | None) -> Object:
    """The Deployment of a copy: with another image, or with the source's tree over the target's image."""
    about = ground.about(copy_name(key, name), COPY, key)
    selector = {"setpoint.dev/copy": about["name"]}
    template = pod_metadata(about)
    template["labels"].update(selector)
    template["annotations"].update(
        {name: value for name, value in plant.annotations.items() if name.startswith(_KEPT_ANNOTATIONS)}
    )
    body = scrubbed(plant, ground)
    if image is not None:
        _measured(body, plant)["image"] = image
    elif plant.spec.verify.source is not None:
        _mount_source(body, plant, ground, copy_key(key, name), source)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": about,
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "revisionHistoryLimit": 0,
            "selector": {"matchLabels": selector},
            "template": {"metadata": template, "spec": body},
        },
    }


def copy_name(key: str, name: str) -> str:
    """What the Deployment of a copy is called."""
    return f"setpoint-{key}-{name}"


def copy_key(key: str, name: str) -> str:
    """The key of its order, which holds its patch."""
    return f"{key}-{name}"


def scrubbed(plant: Plant, ground: Ground) -> Object:
    """The target's pod without what is its own."""
    body: Object = copy.deepcopy(plant.template["spec"])
    for name in _TAKEN:
        body.pop(name, None)
    allow = plant.spec.verify.allow
    kept = [_bounded(volume) for volume in body.get("volumes") or () if _may_stay(volume, allow)]
    names = {volume["name"] for volume in kept}
    for box in (*(body.get("initContainers") or ()), *body["containers"]):
        _scrub_container(box, names, allow)
        box["securityContext"] = restrained(box.get("securityContext"))
    body.pop("ephemeralContainers", None)
    return {
        **body,
        "securityContext": restrained_pod(body.get("securityContext")),
        "volumes": kept,
        "serviceAccountName": account_name(ground.remediation),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "restartPolicy": "Always",
    }


def account_name(remediation: str) -> str:
    """The ServiceAccount of copies, which may do nothing."""
    return f"setpoint-{remediation}-copy"


def _may_stay(volume: Object, allow: Allowed) -> bool:
    if "hostPath" in volume:
        return False  # the node's own files, whatever the constraint says
    if volume["name"] in allow.volumes or any(kind in volume for kind in _EMPTY):
        return True
    if secret := volume.get("secret"):
        return secret.get("secretName") in allow.secrets
    if config := volume.get("configMap"):
        return config.get("name") in allow.config_maps
    return False


def _bounded(volume: Object) -> Object:
    """Room without an end would be the node's."""
    return {**volume, "emptyDir": {"sizeLimit": ROOM, **(volume["emptyDir"] or {})}} if "emptyDir" in volume else volume


def _scrub_container(box: Object, volumes: set[str], allow: Allowed) -> None:
    box["volumeMounts"] = [mount for mount in box.get("volumeMounts") or () if mount["name"] in volumes]
    box["volumeDevices"] = []
    box["env"] = [one for one in box.get("env") or () if _may_know(one.get("valueFrom") or {}, allow)]
    box["envFrom"] = [one for one in box.get("envFrom") or () if _may_take(one, allow)]
    for port in box.get("ports") or ():
        port.pop("hostPort", None)
        port.pop("hostIP", None)


def _may_know(source: Object, allow: Allowed) -> bool:
    if key := source.get("secretKeyRef"):
        return key.get("name") in allow.secrets
    if key := source.get("configMapKeyRef"):
        return key.get("name") in allow.config_maps
    return True


def _may_take(source: Object, allow: Allowed) -> bool:
    secret, config = (source.get(kind) or {} for kind in ("secretRef", "configMapRef"))
    return secret.get("name") in allow.secrets or config.get("name") in allow.config_maps


def _measured(body: Object, plant: Plant) -> Object:
    found: Object = next(box for box in body["containers"] if box["name"] == plant.container["name"])
    return found


def _mount_source(body: Object, plant: Plant, ground: Ground, key: str, source: str) -> None:
    """Each of source.paths, from the tree, over the same path of the image."""
    mounted, repair = plant.spec.verify.source, plant.spec.repair
    assert mounted is not None and repair.source is not None
    fetched = _as_nobody(tree(ground, source, TREE, patched=True))
    fetched["volumeMounts"] = [
        {"name": "setpoint-tree", "mountPath": TREE},
        {**ORDER_MOUNT, "name": "setpoint-order"},
        {"name": "setpoint-tmp", "mountPath": "/tmp"},  # noqa: S108
    ]
    body["initContainers"] = [fetched, *(body.get("initContainers") or ())]
    body["volumes"] += [
        scratch("setpoint-tree", "2Gi"),
        scratch("setpoint-tmp"),
        {**order_volume(key), "name": "setpoint-order"},
    ]
    paths = [path.strip("/") for path in repair.source.paths]
    top = mounted.mount_path.rstrip("/")
    _measured(body, plant)["volumeMounts"] += [
        {"name": "setpoint-tree", "mountPath": f"{top}/{path}", "subPath": path, "readOnly": True} for path in paths
    ]


def profiled(
    plant: Plant, ground: Ground, init: Sequence[Object], leader: Object, environment: Mapping[str, str], mount: Object
) -> Object:
    """The pod of a profile: the target's containers as sidecars of `leader`, the measured one with the probe in it."""
    body = scrubbed(plant, ground)
    _make_room(body)
    box = _measured(body, plant)
    own = {one["name"]: one for one in box["env"]}
    path = [environment["PYTHONPATH"], *([str(own["PYTHONPATH"]["value"])] if _has_path(own) else [])]
    told = {**environment, "PYTHONPATH": ":".join(path)}
    box["env"] = [
        *(one for one in box["env"] if one["name"] not in told),
        *({"name": k, "value": v} for k, v in told.items()),
    ]
    box["volumeMounts"] = [*box["volumeMounts"], dict(mount)]
    sidecars = [{**_without_probes(one), "restartPolicy": "Always"} for one in body["containers"]]
    alone = [_as_nobody(one) for one in (*init, leader)]
    return {
        **body,
        "restartPolicy": "Never",
        "shareProcessNamespace": True,
        "initContainers": [*(body.get("initContainers") or ()), *alone[:-1], *sidecars],
        "containers": [alone[-1]],
        "volumes": list(body["volumes"]),
    }


def _make_room(body: Object) -> None:
    """The target's own volumes may be called as those of the leader are, which would be one and the same then."""
    boxes = (*(body.get("initContainers") or ()), *body["containers"])
    for one in (*body["volumes"], *(mount for box in boxes for mount in box["volumeMounts"])):
        one["name"] = f"target-{one['name']}"[:63]


def _has_path(own: Mapping[str, Object]) -> bool:
    return bool((own.get("PYTHONPATH") or {}).get("value"))


def _without_probes(box: Object) -> Object:
    """A service that a probe makes slow must not be ended for it; who leads the profile sees whether it answers."""
    return {k: v for k, v in box.items() if k not in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle")}


def _as_nobody(box: Object) -> Object:
    """A container of ours in a pod whose user is the target's."""
    return {**box, "securityContext": {**box["securityContext"], **AS_NOBODY}}
