"""How a step's pod stands, from what the API server says of it."""

from typing import Any

from setpoint.kube.repair.standing import how_it_ended

JOB = {"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}}
ENDED = {"terminated": {"exitCode": 2}}
NOW = 1_767_225_610.0  # ten seconds later


def pod(*, step: dict[str, Any], **init: dict[str, Any]) -> dict[str, Any]:
    """One whose init containers are in these states; `toolbox` runs beside the step."""
    named = [{"name": name, **({"restartPolicy": "Always"} if name == "toolbox" else {})} for name in init]
    return {
        "spec": {"initContainers": named, "containers": [{"name": "step"}]},
        "status": {
            "phase": "Running",
            "initContainerStatuses": [{"name": name, "state": state} for name, state in init.items()],
            "containerStatuses": [{"name": "step", "state": step}],
        },
    }


def test_a_toolbox_that_ends_is_not_the_end_of_its_step():
    """It is begun anew; a step that misses it says so by itself."""
    assert how_it_ended(JOB, pod(step={"running": {}}, toolbox=ENDED), NOW, 60) is None


def test_how_the_toolbox_was_ended_after_the_step_says_nothing_of_the_step():
    """A step that went well stays so."""
    done = {"terminated": {"exitCode": 0, "message": "done"}}
    ended = how_it_ended(JOB, pod(step=done, toolbox=ENDED), NOW, 60)
    assert ended is not None
    assert (ended.code, ended.message) == (0, "done")


def test_a_tree_that_cannot_be_had_ends_the_step():
    """An init container that has to end well did not."""
    ended = how_it_ended(JOB, pod(step={"waiting": {}}, tree=ENDED, toolbox={"waiting": {}}), NOW, 60)
    assert ended is not None
    assert ended.why == "tree: exit code 2"


def test_a_step_whose_node_is_lost_is_lost_too_and_another_try_may_go_better():
    """F16: its container never says that it ended; until the pod is taken away the node may come back."""
    unheard = {"type": "Ready", "status": "False", "reason": "NodeStatusUnknown"}
    found = pod(step={"running": {}})
    found["status"]["conditions"] = [unheard]
    assert how_it_ended(JOB, found, NOW + 300, 60) is None
    taken = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager", "message": "a taint"}
    found["status"]["conditions"] = [unheard, taken]
    ended = how_it_ended(JOB, found, NOW + 400, 60)
    assert ended is not None and ended.lost
    assert ended.why == "its pod is taken away: DeletionByTaintManager: a taint"
