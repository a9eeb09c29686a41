"""The target as it is during a run: its pods, what became of them, and how its series are selected."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from setpoint.api.metrics import Instance, Target
from setpoint.api.resource import DeploymentTarget
from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.facts import Deployed
from setpoint.kube.load_state import unix
from setpoint.kube.names import ROLE

_HASH = "pod-template-hash"


def pods_of(cluster: Cluster, namespace: str, deployment: str, deployed: Deployed) -> list[dict[str, Any]]:
    """The pods of a Deployment that are there now; none of another one whose selector overlaps, none of our copies."""
    labels = ",".join(f"{name}={value}" for name, value in sorted(deployed.selector.items()))
    found = cluster.list(path_of("v1", "pods", namespace), labels=labels)
    return [pod for pod in found if _is_of(pod, deployment) and ROLE not in (pod["metadata"].get("labels") or {})]


def _is_of(pod: Mapping[str, Any], deployment: str) -> bool:
    metadata = pod["metadata"]
    owner = f"{deployment}-{(metadata.get('labels') or {}).get(_HASH)}"
    return any(o.get("kind") == "ReplicaSet" and o.get("name") == owner for o in metadata.get("ownerReferences") or ())


def names_of(pods: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Their names, in order."""
    return tuple(sorted(str(pod["metadata"]["name"]) for pod in pods))


def target_of(
    pods: Iterable[Mapping[str, Any]], target: DeploymentTarget, since: float, revision: str | None
) -> Target:
    """The pods as instances; restarts and kills count from `since` (Unix seconds) on."""
    return Target(revision=revision, instances=tuple(_instance(pod, target.container, since) for pod in pods))


def _instance(pod: Mapping[str, Any], container: str | None, since: float) -> Instance:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    measured = [status for status in statuses if container in (None, status.get("name"))]
    ended = [how for status in measured for how in _endings(status) if (unix(how.get("finishedAt")) or 0) >= since]
    starts = [
        start for status in measured if (start := ((status.get("state") or {}).get("running") or {}).get("startedAt"))
    ]
    return Instance(
        name=pod["metadata"]["name"],
        started_at=max(starts, default=(pod.get("status") or {}).get("startTime")),
        restarts=len(ended),
        killed_for_memory=any(how.get("reason") == "OOMKilled" for how in ended),
    )


def _endings(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = ((status.get(state) or {}).get("terminated") for state in ("state", "lastState"))
    return [how for how in found if how]


def selector_of(namespace: str, pods: Iterable[str], container: str | None) -> dict[str, tuple[str, str]]:
    """Label -> (operator, value) of the series of these pods."""
    one_of = "|".join(re.escape(name).replace(r"\-", "-") for name in sorted(set(pods)))
    matchers = {"namespace": ("=", namespace), "pod": ("=~", one_of)}
    return {**matchers, "container": ("=", container)} if container else matchers


def port_of(service: Mapping[str, Any], port: int | str) -> dict[str, Any] | None:
    """The entry of the Service's port `port`, which is its name or its number; None: it has no such port."""
    ports = (service.get("spec") or {}).get("ports") or ()
    return next((one for one in ports if port in (one.get("name"), one.get("port"))), None)


def service_port(service: Mapping[str, Any], port: int | str) -> int | None:
    """The number of the Service's port `port`; None: it has no such port."""
    found = port_of(service, port)
    return int(found["port"]) if found else None
