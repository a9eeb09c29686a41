"""How a step's pod stands: not ended yet, or how it ended. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from setpoint.kube.load_state import NO_IMAGE, NOT_STARTED, container_status, disruption, unix
from setpoint.kube.repair.pods import MAIN

Object = Mapping[str, Any]
# In the words of an init container that got no tree: the source's pod was being replaced.
_SOURCE_AWAY = ("does not answer", "broke off")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a step ended. `code`: of its container, None where that never ran to its end; `message`: what it left.

    `lost`: nobody is to blame, another try may go better. `error`: a class of error, where it is known.
    """

    why: str
    code: int | None = None
    message: str = ""
    log: str = ""
    lost: bool = False
    error: str = ""
    seconds: float = 0.0

    def with_log(self, log: str) -> "Ended":
        """With what it printed."""
        return replace(self, log=log)


def how_it_ended(job: Object, pod: Object | None, now: float, patience: float) -> Ended | None:
    """None while it goes on. `patience`: seconds that its pod may take to start."""
    failed = condition(job, "Failed") or condition(job, "FailureTarget")
    if failed.get("reason") == "DeadlineExceeded":
        return Ended("it did not end by its deadline and was stopped", error="DeadlineExceeded")
    status = (pod or {}).get("status") or {}
    if status.get("phase") == "Failed" and status.get("reason"):
        return Ended(f"its pod was ended: {status['reason']}: {status.get('message') or 'no word why'}", lost=True)
    beside = _beside(pod or {})
    for each in status.get("initContainerStatuses") or ():
        how = (each.get("state") or {}).get("terminated") or {}
        if how.get("exitCode") and each.get("name") not in beside:
            said = str(how.get("message") or "").strip() or f"exit code {how['exitCode']}"
            away = any(words in said for words in _SOURCE_AWAY)
            return Ended(f"{each.get('name')}: {said[-1000:]}", message=str(how.get("message") or ""), lost=away)
    if how := (container_status(pod, MAIN).get("state") or {}).get("terminated"):
        return _terminated(how)
    if why := disruption(pod):
        return Ended(f"its pod is taken away: {why}", lost=True)
    if failed:
        return Ended(f"the Job failed: {failed.get('message') or failed.get('reason')}", lost=True)
    return _not_started(job, pod, now, patience)


def _terminated(how: Object) -> Ended:
    seconds = (unix(how.get("finishedAt")) or 0.0) - (unix(how.get("startedAt")) or 0.0)
    if how.get("reason") == "OOMKilled":
        return Ended("it used more memory than it may, and was killed", code=137, seconds=seconds)
    code = int(how.get("exitCode") or 0)
    message = str(how.get("message") or "")
    return Ended(f"it ended with exit code {code}", code=code, message=message, seconds=seconds, lost=code > 128)


def _not_started(job: Object, pod: Object | None, now: float, patience: float) -> Ended | None:
    status = (pod or {}).get("status") or {}
    for each in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = (each.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in NO_IMAGE | NOT_STARTED:
            return Ended(f"{waiting['reason']}: {waiting.get('message') or 'no word why'}")
    created = unix(job["metadata"].get("creationTimestamp")) or now
    if now - created < patience or status.get("phase") == "Running" or _begun(status):
        return None
    if pod is None:
        return Ended("its pod was not created: a quota or a policy of the namespace forbids it")
    scheduled: Object = next((c for c in status.get("conditions") or () if c.get("type") == "PodScheduled"), {})
    if scheduled.get("status") == "False":
        return Ended(f"no node takes its pod: {scheduled.get('message') or 'no word why'}")
    return Ended(f"its pod did not start within {patience:g} s{mounts(pod)}")


def mounts(pod: Object) -> str:
    """What to look at where a pod does not start and nothing says why: kubelet waits for the Secrets that it mounts."""
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    secrets = [one["secret"] for one in volumes if one.get("secret")]
    asked = [
        f"has the Secret {one['secretName']} the key {item['key']}?"
        for one in secrets
        for item in one.get("items") or ()
    ]
    return "".join(f"; {words}" for words in asked)


def _begun(status: Object) -> bool:
    """Whether an init container runs, or ran."""
    states = (each.get("state") or {} for each in status.get("initContainerStatuses") or ())
    return any("running" in state or "terminated" in state for state in states)


def _beside(pod: Object) -> set[str]:
    """Init containers that run beside the step: they are begun anew when they end, and ended when it is over.

    So how one of them ended says nothing of the step, which says by itself what it missed.
    """
    init = (pod.get("spec") or {}).get("initContainers") or ()
    return {str(each.get("name")) for each in init if each.get("restartPolicy") == "Always"}


def condition(thing: Object, kind: str) -> Object:
    """The condition of that type, if it is true."""
    conditions = (thing.get("status") or {}).get("conditions") or ()
    found: Object = next((c for c in conditions if c.get("type") == kind and c.get("status") == "True"), {})
    return found
