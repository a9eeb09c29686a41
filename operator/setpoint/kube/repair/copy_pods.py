"""The pods of a copy as the cluster tells of them: whether they serve, why not, and whether they stayed. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from setpoint.kube.load_state import NO_IMAGE, disruption

Object = Mapping[str, Any]
# A copy that was ended and started again so often will not come to stay.
MOST_RESTARTS = 2


def staying(pods: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that are neither on their way out nor were ended from outside: the ones that a load can be sent to."""
    return [
        pod for pod in pods if not pod["metadata"].get("deletionTimestamp") and _status(pod).get("phase") != "Failed"
    ]


def ready(pod: Object) -> bool:
    """Whether it takes requests."""
    return _condition(pod, "Ready").get("status") == "True"


def why_not_started(pods: Sequence[Object]) -> tuple[str, bool]:
    """Why a copy will not start, and whether it is for want of its image; empty: it may yet."""
    for pod in pods:
        status = _status(pod)
        for each in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
            waiting = (each.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") in NO_IMAGE:
                return f"{waiting['reason']}: {waiting.get('message') or each.get('image')}"[:500], True
            if int(each.get("restartCount") or 0) >= MOST_RESTARTS and not each.get("ready"):
                last = (each.get("lastState") or {}).get("terminated") or {}
                said = str(last.get("message") or "").strip()[-500:]
                return f"{each.get('name')} ended with exit code {last.get('exitCode')} {said}".strip(), False
    return "", False


def unscheduled(pods: Sequence[Object]) -> str:
    """Why no node takes a copy; empty: that is not its trouble."""
    found = (one for pod in pods if (one := _condition(pod, "PodScheduled")).get("status") == "False")
    return next((f"no node takes it: {one.get('message') or 'no word why'}" for one in found), "")


def gone_under_load(copies: Mapping[str, Sequence[Object]], addresses: Mapping[str, str]) -> str:
    """Which copies are no longer the pods that the load was sent to (their IPs by name), in words; empty: none.

    What became of such a pod says nothing of the repair: its node may be lost, or have needed the room.
    """
    gone = [name for name, address in addresses.items() if not _stayed(copies.get(name, ()), address)]
    return f"{' and '.join(gone)} went away under the load, with the node or from it" if gone else ""


def _stayed(pods: Sequence[Object], address: str) -> bool:
    return any(_status(pod).get("podIP") == address and not disruption(pod) and not _unheard(pod) for pod in pods)


def _unheard(pod: Object) -> bool:
    """A node that is heard of no more is told by the pod alone: its containers stay as they were last heard of."""
    return not ready(pod) and _condition(pod, "ContainersReady").get("status") == "True"


def _condition(pod: Object, kind: str) -> Object:
    conditions = _status(pod).get("conditions") or ()
    found: Object = next((one for one in conditions if one.get("type") == kind), {})
    return found


def _status(pod: Object) -> Object:
    found: Object = pod.get("status") or {}
    return found
