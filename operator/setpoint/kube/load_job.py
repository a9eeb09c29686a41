"""The Job that sends a load, as an object. Pure."""

import json
import math
from dataclasses import dataclass
from typing import Any

from setpoint.api.configuration import Configuration
from setpoint.api.resource import ResourceSpec
from setpoint.kube.names import LOAD, MANAGED_BY, ORDER, ROLE, TARGET, Owner, load_job, metadata, target_digest
from setpoint.kube.restricted import CONTAINER_SECURITY, LEFT_ALONE, POD_SECURITY

FOLDER = "/etc/setpoint/order"
FRAME_SECONDS = 2
GRACE_SECONDS = 10
# On top of the load itself: time for a node, an image, the start of k6 and its last requests.
DEADLINE_SECONDS = 300
SCRIPT = "script.js"


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """A load for a constraint: who owns it, what it is, where it goes. `key`: of the step that it is for."""

    owner: Owner
    run: str
    key: str
    spec: ResourceSpec
    url: str
    configuration: Configuration

    @property
    def seconds(self) -> float:
        """How long the load lasts, warm-up included."""
        assert self.spec.load is not None
        return self.spec.load.warmup + self.spec.load.duration


def job_of(request: LoadRequest) -> dict[str, Any]:
    """The Job: one try, bounded in time, and gone with its constraint."""
    deployment = request.spec.target.deployment
    about = metadata(load_job(request.owner["namespace"], deployment), request.owner, LOAD, request.run, request.key)
    about["labels"][TARGET] = target_digest(request.owner["namespace"], deployment)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": about,
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "podReplacementPolicy": "Failed",
            "activeDeadlineSeconds": math.ceil(request.seconds) + DEADLINE_SECONDS,
            "template": {"metadata": _pod_metadata(request, about), "spec": _pod(request)},
        },
    }


def order_of(spec: ResourceSpec) -> str:
    """The constraints file that the pod is given, as JSON."""
    assert spec.load is not None
    load = spec.load.to_json()
    if spec.load.script:
        load["script"] = SCRIPT
    return json.dumps({"constraints": spec.constraints.to_json(), "load": load})


def _pod_metadata(request: LoadRequest, about: dict[str, Any]) -> dict[str, Any]:
    labels = {**MANAGED_BY, **{name: about["labels"][name] for name in (ROLE, TARGET)}}
    return {
        "labels": {**about["labels"], **labels},
        "annotations": {
            **about["annotations"],
            ORDER: order_of(request.spec),
            **LEFT_ALONE,
        },
    }


def _pod(request: LoadRequest) -> dict[str, Any]:
    runner = request.configuration.runner
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": POD_SECURITY,
        "imagePullSecrets": [{"name": name} for name in runner.pull_secrets],
        "containers": [_container(request)],
        "volumes": [
            {"name": "order", "projected": {"sources": _sources(request.spec)}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "512Mi"}},
        ],
    }


def _container(request: LoadRequest) -> dict[str, Any]:
    runner, ceilings = request.configuration.runner, request.configuration.ceilings
    arguments = {
        "--target": request.url,
        "--frames": str(FRAME_SECONDS),
        "--most-rate": f"{ceilings.rate:g}",
        "--most-seconds": f"{ceilings.duration:g}",
        "--ending": "/dev/termination-log",
    }
    return {
        "name": "load",
        "image": runner.name,
        "imagePullPolicy": runner.pull_policy,
        "args": ["load", f"{FOLDER}/constraints.yaml", *(word for pair in arguments.items() for word in pair)],
        "env": [{"name": "HOME", "value": "/tmp"}, {"name": "TMPDIR", "value": "/tmp"}],  # noqa: S108
        "resources": runner.resources,
        "securityContext": CONTAINER_SECURITY,
        "terminationMessagePolicy": "File",
        "volumeMounts": [
            {"name": "order", "mountPath": FOLDER, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }


def _sources(spec: ResourceSpec) -> list[dict[str, Any]]:
    order = {"path": "constraints.yaml", "fieldRef": {"fieldPath": f"metadata.annotations['{ORDER}']"}}
    sources: list[dict[str, Any]] = [{"downwardAPI": {"items": [order]}}]
    if spec.load and (script := spec.load.script):
        items = [{"key": script.key, "path": SCRIPT}]
        sources.append({"configMap": {"name": script.config_map, "items": items}})
    return sources
