"""How a load stands, from its Job and its pod; a rule for each way in which it can fail. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Object = Mapping[str, Any]
Phase = Literal["Absent", "Scheduled", "Running", "Ended"]
NO_IMAGE = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
)
NOT_STARTED = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})


@dataclass(frozen=True, slots=True)
class LoadState:
    """`reason` is one of the condition LoadGenerated. `ended_at` (Unix seconds): when it ended by itself."""

    phase: Phase
    reason: str = ""
    message: str = ""
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is there. `patience`: seconds that a pod may take to start."""

    job: Object | None
    pod: Object | None
    now: float
    patience: float
    ending: tuple[str, str] | None = None  # reason and message that the pod left when it ended


def load_state(seen: Seen) -> LoadState:
    """The first rule with an opinion wins."""
    return next(state for rule in _RULES if (state := rule(seen)))


def pod_of(pods: list[dict[str, Any]], job: Object) -> dict[str, Any] | None:
    """The pod that is the Job's, the newest if a control loop made two."""
    uid = job["metadata"]["uid"]
    own = [pod for pod in pods if any(o.get("uid") == uid for o in pod["metadata"].get("ownerReferences") or ())]
    return max(own, key=lambda pod: str(pod["metadata"].get("creationTimestamp")), default=None)


def terminated(pod: Object | None) -> Object | None:
    """How the pod's container ended, None if it has not."""
    return (_container(pod).get("state") or {}).get("terminated")


def running_since(pod: Object) -> object:
    """When the pod's container began to run, as the API server writes it; None if it does not."""
    return ((_container(pod).get("state") or {}).get("running") or {}).get("startedAt")


def unix(text: object) -> float | None:
    """A moment as the API server writes it, in Unix seconds."""
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None


def _absent(seen: Seen) -> LoadState | None:
    return LoadState("Absent") if seen.job is None else None


def _past_deadline(seen: Seen) -> LoadState | None:
    failed = _condition(seen.job, "Failed") or _condition(seen.job, "FailureTarget")
    if failed.get("reason") != "DeadlineExceeded":
        return None
    return LoadState("Ended", "DeadlineExceeded", "the load did not end by its deadline and was stopped")


def _evicted(seen: Seen) -> LoadState | None:
    status = (seen.pod or {}).get("status") or {}
    if status.get("phase") != "Failed" or not status.get("reason"):
        return None
    return LoadState(
        "Ended", "JobFailed", f"its pod was ended ({status['reason']}): {status.get('message') or 'no word why'}"
    )


def _ended(seen: Seen) -> LoadState | None:
    how = terminated(seen.pod)
    if how is None:
        return None
    at = unix(how.get("finishedAt")) or seen.now
    if how.get("reason") == "OOMKilled":
        return LoadState("Ended", "JobFailed", "the load generator was killed: it used more memory than it may", at)
    if seen.ending:
        return LoadState("Ended", *seen.ending, ended_at=at)
    return LoadState("Ended", "JobFailed", f"the load generator ended with exit code {how.get('exitCode')}", at)


def _taken_away(seen: Seen) -> LoadState | None:
    """After `_ended`: a container that could say how it ended did so."""
    why = disruption(seen.pod)
    return LoadState("Ended", "JobFailed", f"its pod is taken away: {why}") if why else None


def _lost(seen: Seen) -> LoadState | None:
    failed = _condition(seen.job, "Failed")
    if not failed:
        return None
    return LoadState("Ended", "JobFailed", f"the Job failed: {failed.get('message') or failed.get('reason')}")


def _no_image(seen: Seen) -> LoadState | None:
    waiting = (_container(seen.pod).get("state") or {}).get("waiting") or {}
    if waiting.get("reason") in NO_IMAGE:
        return LoadState("Ended", "ImagePullFailed", f"{waiting['reason']}: {waiting.get('message') or 'no word why'}")
    if waiting.get("reason") in NOT_STARTED:
        return LoadState("Ended", "JobFailed", f"{waiting['reason']}: {waiting.get('message') or 'no word why'}")
    return None


def _impatient(seen: Seen) -> LoadState | None:
    assert seen.job is not None
    created = unix(seen.job["metadata"].get("creationTimestamp")) or seen.now
    if _container(seen.pod).get("started") or seen.now - created < seen.patience:
        return None
    if seen.pod is None:
        return LoadState(
            "Ended", "JobFailed", "its pod was not created: a quota or a policy of the namespace forbids it"
        )
    scheduled = _condition(seen.pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return LoadState("Ended", "Unschedulable", str(scheduled.get("message") or "no node takes its pod"))
    return LoadState("Ended", "JobFailed", f"its pod did not start within {seen.patience:g} s")


def _running(seen: Seen) -> LoadState | None:
    return LoadState("Running", "Running", "the load is under way") if _container(seen.pod).get("started") else None


def _scheduled(_: Seen) -> LoadState | None:
    return LoadState("Scheduled", "Scheduled", "the load's pod is being started")


_RULES: tuple[Callable[[Seen], LoadState | None], ...] = (
    _absent,
    _past_deadline,
    _evicted,
    _ended,
    _taken_away,
    _lost,
    _no_image,
    _impatient,
    _running,
    _scheduled,
)


def disruption(pod: Object | None) -> str:
    """Why the pod is being taken away, in the words of who does it; empty: nobody does.

    A node that is lost keeps its pods as they were when it was last heard of: no container says that it ended, and the
    pod stays, on its way out, for as long as the node does.
    """
    found = _condition(pod, "DisruptionTarget")
    return f"{found.get('reason')}: {found.get('message') or 'no word why'}" if found else ""


def container_status(pod: Object | None, name: str) -> Object:
    """The status of a pod's container of that name."""
    statuses = ((pod or {}).get("status") or {}).get("containerStatuses") or ()
    return next((status for status in statuses if status.get("name") == name), {})


def _container(pod: Object | None) -> Object:
    return container_status(pod, "load")


def _condition(thing: Object | None, kind: str) -> Object:
    """The condition of that type; of a Job only if it is true."""
    conditions = ((thing or {}).get("status") or {}).get("conditions") or ()
    found: Object = next((one for one in conditions if one.get("type") == kind), {})
    return found if kind == "PodScheduled" or found.get("status") == "True" else {}
