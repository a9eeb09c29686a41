"""Who may load now: one load for each target, and so many in the cluster. Held by the API server, not by memory.

A target's load Job has one name, so that a second one cannot be created, whoever tries. That a Job is gone does not
say that its pod is: pods are looked at as well.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.facts import Key
from setpoint.kube.load_job import LoadRequest, job_of
from setpoint.kube.load_policy import restrain
from setpoint.kube.names import CONSTRAINT, KEY, LOAD, LOADING, OURS, ROLE, TARGET, Owner, belongs_to
from setpoint.kube.refusals import AlreadyThere, ClusterFailed

LOADS = f"{OURS},{ROLE}={LOAD}"
# Of repairs too: what the kill switch ends.
SENDING = f"{OURS},{ROLE} in ({','.join(LOADING)})"
_OVER = ("Succeeded", "Failed")


class Slots:
    """Starts load Jobs, one decision at a time."""

    def __init__(self, cluster: Cluster, namespaces: Sequence[str]) -> None:
        self._cluster = cluster
        self._namespaces: Sequence[str | None] = namespaces or (None,)
        self._deciding = threading.Lock()
        # Step and looks at its running load, by constraint; after a restart they are counted anew.
        self.looks: dict[Key, tuple[str, int]] = {}

    def start(self, request: LoadRequest, more: dict[str, str]) -> str:
        """Create the Job of `request`, or adopt it; what has to be waited for, empty when it is there.

        `more`: annotations of the Job. Raises ClusterFailed where the namespace forbids it.
        """
        job = job_of(request)
        job["metadata"]["annotations"].update(more)
        with self._deciding:
            if wait := self._busy(request, job):
                return wait
            if request.configuration.restrict_loads:
                restrain(self._cluster, request)
            try:
                self._cluster.create(path_of("batch/v1", "jobs", request.owner["namespace"]), job)
            except AlreadyThere:
                return self._adopt(request, job["metadata"]["name"])
        return ""

    def _adopt(self, request: LoadRequest, name: str) -> str:
        found = self._cluster.find(path_of("batch/v1", "jobs", request.owner["namespace"], name))
        if found is None:
            return "the last load on the target is being removed"
        if is_of(found, request.owner["uid"], request.key):
            return ""
        if not found["metadata"].get("labels", {}).get(ROLE) == LOAD:
            raise ClusterFailed(f"the Job {name} is not ours; delete it, its name is needed")
        return "another load on the target is under way"

    def _busy(self, request: LoadRequest, job: dict[str, Any]) -> str:
        """Why the load cannot start now: a pod that still loads the target, or as many loads as there may be."""
        target = job["metadata"]["labels"][TARGET]
        selector = f"{LOADS},{TARGET}={target}"
        pods = self._cluster.list(path_of("v1", "pods", request.owner["namespace"]), labels=selector)
        others = [pod for pod in pods if (pod["metadata"].get("annotations") or {}).get(KEY) != request.key]
        if any((pod.get("status") or {}).get("phase") not in _OVER for pod in others):
            return "another load on the target is under way"
        return self.full(request.configuration.ceilings.concurrent_loads)

    def full(self, most: int) -> str:
        """Why there is no room for another load, of whatever kind; empty: there is."""
        under_way = [job for job in self.jobs() if not over(job)]
        return f"{most} loads are under way, as many as there may be" if len(under_way) >= most else ""

    def begin(self, most: int, start: Callable[[], None]) -> str:
        """Let `start` create a Job that sends a load to a copy, if there is room; else what has to be waited for."""
        with self._deciding:
            if wait := self.full(most):
                return wait
            start()
        return ""

    def jobs(self) -> list[dict[str, Any]]:
        """Every Job that sends a load."""
        return [
            job
            for one in self._namespaces
            for job in self._cluster.list(path_of("batch/v1", "jobs", one), labels=SENDING)
        ]

    def stop_all(self) -> int:
        """End every load now; how many there were."""
        jobs = self.jobs()
        return sum(self.stop(job) for job in jobs)

    def stop_of(self, owner: Owner) -> None:
        """End the loads of one constraint, wherever its spec points by now."""
        mine = f"{SENDING},{CONSTRAINT}={owner['uid']}"
        for job in self._cluster.list(path_of("batch/v1", "jobs", owner["namespace"]), labels=mine):
            if belongs_to(job, owner["uid"]):
                self.stop(job)

    def stop(self, job: dict[str, Any]) -> bool:
        """Delete a load Job, and its pod with it; False where it was gone."""
        about = job["metadata"]
        return self._cluster.delete(path_of("batch/v1", "jobs", about["namespace"], about["name"]), uid=about["uid"])


def over(job: dict[str, Any]) -> bool:
    """Whether a Job has ended."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(one.get("type") in ("Complete", "Failed") and one.get("status") == "True" for one in conditions)


def is_of(job: dict[str, Any], uid: str, key: str) -> bool:
    """Whether a Job is the one of this constraint and step."""
    return belongs_to(job, uid) and (job["metadata"].get("annotations") or {}).get(KEY) == key
