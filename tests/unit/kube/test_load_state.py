"""How a load stands, from its Job and its pod."""

from typing import Any

import pytest

from setpoint.kube.load_state import LoadState, Seen, load_state

JOB: dict[str, Any] = {"metadata": {"uid": "j", "creationTimestamp": "2026-01-01T00:00:00Z"}}
BEGAN = 1767225600.0  # the Job's creation, in Unix seconds


def job(**condition: str) -> dict[str, Any]:
    return {**JOB, "status": {"conditions": [{"status": "True", **condition}]}}


def pod(state: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    started = bool(state) and "waiting" not in (state or {})
    containers = [{"name": "load", "state": state, "started": started}] if state else []
    return {"metadata": {"name": "p"}, "status": {"containerStatuses": containers, **status}}


ENDED = {"terminated": {"exitCode": 0, "finishedAt": "2026-01-01T00:01:00Z"}}
OUT_OF_MEMORY = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-01-01T00:01:00Z"}}
# As the node life cycle and its taints leave a pod whose node is lost: deleted, and for ever running.
TAINTED = {"reason": "DeletionByTaintManager", "message": "Taint manager: deleting due to NoExecute taint"}
TAKEN = {"type": "DisruptionTarget", "status": "True", **TAINTED}
UNHEARD = {"type": "Ready", "status": "False", "reason": "NodeStatusUnknown"}
NO_NODE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}

CASES: dict[str, tuple[Seen, str, str]] = {
    "there is no Job": (Seen(None, None, BEGAN, 60), "Absent", ""),
    "its pod is not there yet": (Seen(JOB, None, BEGAN + 5, 60), "Scheduled", "Scheduled"),
    "its pod never came": (Seen(JOB, None, BEGAN + 61, 60), "Ended", "JobFailed"),
    "it runs": (Seen(JOB, pod({"running": {}}), BEGAN + 900, 60), "Running", "Running"),
    "it ended and said how": (Seen(JOB, pod(ENDED), BEGAN, 60, ("Completed", "")), "Ended", "Completed"),
    "it ended and said why not": (Seen(JOB, pod(ENDED), BEGAN, 60, ("ScriptError", "x")), "Ended", "ScriptError"),
    "it ended and left no word": (Seen(JOB, pod(ENDED), BEGAN, 60), "Ended", "JobFailed"),
    "it took too much memory, whatever it said": (
        Seen(JOB, pod(OUT_OF_MEMORY), BEGAN, 60, ("Completed", "")),
        "Ended",
        "JobFailed",
    ),
    "it ran into its deadline": (
        Seen(job(type="Failed", reason="DeadlineExceeded"), pod({"running": {}}), BEGAN, 60),
        "Ended",
        "DeadlineExceeded",
    ),
    "it was evicted": (Seen(JOB, pod(phase="Failed", reason="Evicted"), BEGAN, 60), "Ended", "JobFailed"),
    "its node is not heard of, and may come back": (
        Seen(JOB, pod({"running": {}}, conditions=[UNHEARD], phase="Unknown"), BEGAN + 90, 60),
        "Running",
        "Running",
    ),
    "its node is lost": (
        Seen(JOB, pod({"running": {}}, conditions=[UNHEARD, TAKEN]), BEGAN + 400, 60),
        "Ended",
        "JobFailed",
    ),
    "it had ended when its pod was taken away": (
        Seen(JOB, pod(ENDED, conditions=[TAKEN]), BEGAN + 400, 60, ("Completed", "")),
        "Ended",
        "Completed",
    ),
    "its image is not there": (
        Seen(JOB, pod({"waiting": {"reason": "ImagePullBackOff"}}), BEGAN + 1, 60),
        "Ended",
        "ImagePullFailed",
    ),
    "no node takes it, and there is time": (
        Seen(JOB, pod(conditions=[NO_NODE]), BEGAN + 5, 60),
        "Scheduled",
        "Scheduled",
    ),
    "no node took it": (Seen(JOB, pod(conditions=[NO_NODE]), BEGAN + 61, 60), "Ended", "Unschedulable"),
    "the Job failed and its pod is gone": (Seen(job(type="Failed", reason="x"), None, BEGAN, 60), "Ended", "JobFailed"),
}


@pytest.mark.parametrize(("seen", "phase", "reason"), CASES.values(), ids=CASES.keys())
def test_a_load_stands(seen: Seen, phase: str, reason: str) -> None:
    """By the first rule with an opinion; each reason is one of the condition LoadGenerated."""
    state = load_state(seen)
    assert (state.phase, state.reason) == (phase, reason)


def test_when_a_load_ended_is_when_its_container_did() -> None:
    """The last scrapes are waited for from there on."""
    state = load_state(Seen(JOB, pod(ENDED), BEGAN + 100, 60, ("Completed", "")))
    assert state == LoadState("Ended", "Completed", "", BEGAN + 60)
