"""Pods of a repair, as objects: one program each, no rights, nothing to write to but what is thrown away. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from setpoint.api.configuration import Configuration
from setpoint.api.resource import KeyOf
from setpoint.kube.load_job import SCRIPT
from setpoint.kube.names import REMEDIATION, STEP_ORDER, Owner, metadata
from setpoint.kube.restricted import CONTAINER_SECURITY, LEFT_ALONE, POD_SECURITY

Object = dict[str, Any]
ORDER_FOLDER, ORDER_FILE = "/etc/setpoint/order", "order.json"
TOKEN_FOLDER, TOKEN_KEY = "/etc/setpoint/token", "setpoint-git-token"
ENDING = "/dev/termination-log"
MAIN = "step"
# On top of what a step itself may take: time for a node, an image and the fetching of a tree.
START_SECONDS = 300
# Processes of one user on one node, whatever pods they are in: far more than tests need, far less than a node has.
MOST_PROCESSES = 4096


@dataclass(frozen=True, slots=True)
class Ground:
    """What every object of a remediation says of itself, and what our programs run in."""

    owner: Owner
    run: str
    remediation: str
    configuration: Configuration

    def about(self, name: str, role: str, key: str = "") -> Object:
        """Metadata of an object that goes with its constraint."""
        about = metadata(name, self.owner, role, self.run, key)
        about["labels"][REMEDIATION] = self.remediation
        return about


@dataclass(frozen=True, slots=True)
class Work:
    """A step's pod. `files` are what its order map holds; `seconds` is the longest that it may take."""

    role: str
    pod: Object
    seconds: float
    files: Mapping[str, str]


def job_name(key: str) -> str:
    """The Job of a step, and, with `-order`, its order."""
    return f"setpoint-{key}"


def order_name(key: str) -> str:
    """The ConfigMap that a step's pod reads its order from."""
    return f"setpoint-{key}-order"


def job_of(ground: Ground, key: str, work: Work) -> Object:
    """One try, bounded in time."""
    about = ground.about(job_name(key), work.role, key)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": about,
        "spec": {
            "backoffLimit": 0,
            "podReplacementPolicy": "Failed",
            "activeDeadlineSeconds": math.ceil(work.seconds) + START_SECONDS,
            "template": {"metadata": pod_metadata(about), "spec": work.pod},
        },
    }


def order_of(ground: Ground, key: str, files: Mapping[str, str]) -> Object:
    """What the step's pod is told."""
    about = ground.about(order_name(key), STEP_ORDER, key)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": dict(files)}


def pod_metadata(about: Object) -> Object:
    """Of a pod that no mesh and no autoscaler takes an interest in."""
    return {
        "labels": dict(about["labels"]),
        "annotations": {
            **about["annotations"],
            **LEFT_ALONE,
        },
    }


def pod(ground: Ground, containers: Sequence[Object], volumes: Sequence[Object], init: Sequence[Object] = ()) -> Object:
    """A pod without rights, as the Pod Security standard "restricted" wants it; `tmp` is there for /tmp."""
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 5,
        "securityContext": POD_SECURITY,
        "imagePullSecrets": [{"name": name} for name in ground.configuration.runner.pull_secrets],
        "initContainers": list(init),
        "containers": list(containers),
        "volumes": [*volumes, scratch("tmp")],
    }


def ours(ground: Ground, name: str, arguments: Sequence[str], mounts: Sequence[Object] = (), **more: object) -> Object:
    """A container of the runner's image."""
    runner = ground.configuration.runner
    return {
        **container(ground, name, runner.name, mounts),
        "imagePullPolicy": runner.pull_policy,
        "args": list(arguments),
        "env": [{"name": "HOME", "value": "/tmp"}, {"name": "TMPDIR", "value": "/tmp"}],  # noqa: S108
        **more,
    }


def container(ground: Ground, name: str, image: str, mounts: Sequence[Object] = (), temporary: str = "tmp") -> Object:
    """A container of any image; what it leaves to say, or else the end of its log, is its termination message.

    `temporary` is the volume of its /tmp: another one for code of others that runs beside ours, or it could write into
    our working files.
    """
    return {
        "name": name,
        "image": image,
        "resources": ground.configuration.repair.resources,
        "securityContext": CONTAINER_SECURITY,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [*mounts, {"name": temporary, "mountPath": "/tmp"}],  # noqa: S108
    }


def step(ground: Ground, name: str, mounts: Sequence[Object] = (), **more: object) -> Object:
    """The container that carries an order out."""
    arguments = ("step", name, "--order", f"{ORDER_FOLDER}/{ORDER_FILE}", "--ending", ENDING)
    return ours(ground, MAIN, arguments, (ORDER_MOUNT, *mounts), **more)


ORDER_MOUNT = {"name": "order", "mountPath": ORDER_FOLDER, "readOnly": True}
TOKEN_MOUNT = {"name": "token", "mountPath": TOKEN_FOLDER, "readOnly": True}


def order_volume(key: str, script: KeyOf | None = None) -> Object:
    """Where the pod finds its order and, beside it, the load's script."""
    sources: list[Object] = [{"configMap": {"name": order_name(key)}}]
    if script:
        sources.append({"configMap": {"name": script.config_map, "items": [{"key": script.key, "path": SCRIPT}]}})
    return {"name": "order", "projected": {"sources": sources}}


def token_volume(secret: str | None) -> Object:
    """The one key of a Secret that is ever mounted; an empty folder where there is no Secret."""
    if secret is None:
        return {"name": "token", "emptyDir": {"sizeLimit": "1Mi"}}
    return {"name": "token", "secret": {"secretName": secret, "items": [{"key": TOKEN_KEY, "path": TOKEN_KEY}]}}


def scratch(name: str, size: str = "1Gi") -> Object:
    """Room that goes with the pod."""
    return {"name": name, "emptyDir": {"sizeLimit": size}}


def tree(ground: Ground, source: str, into: str, *, patched: bool) -> Object:
    """The init container that puts the tree of a source, with the order's patch on it, into the volume `tree`."""
    patch = ("--patch", f"{ORDER_FOLDER}/patch.diff") if patched else ()
    arguments = ("step", "tree", "--source", source, "--into", into, *patch)
    mounts = ({"name": "tree", "mountPath": into}, *((ORDER_MOUNT,) if patched else ()))
    return ours(ground, "tree", arguments, mounts)
