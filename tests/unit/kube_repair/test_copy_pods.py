"""The pods of copies: those that serve, those that will not, and those that did not stay under the load."""

import pytest

from setpoint.kube.repair.copy_pods import gone_under_load, ready, staying, unscheduled, why_not_started


def pod(address: str = "10.0.0.1", container: dict | None = None, **conditions: str) -> dict:
    """One that serves; `conditions` are laid over its own."""
    stands = {"Ready": "True", "ContainersReady": "True", "PodScheduled": "True"} | conditions
    listed = [{"type": kind, "status": status, "reason": "R", "message": "M"} for kind, status in stands.items()]
    statuses = [{"name": "app", "ready": True, "restartCount": 0, **(container or {})}]
    status = {"phase": "Running", "podIP": address, "conditions": listed, "containerStatuses": statuses}
    return {"metadata": {"name": "copy"}, "status": status}


def leaving() -> dict:
    """One that is being deleted."""
    return {**pod(), "metadata": {"name": "copy", "deletionTimestamp": "2026-01-01T00:00:00Z"}}


def evicted() -> dict:
    """One whose node needed the room: it stays as a note, and another takes its place."""
    return {"metadata": {"name": "copy"}, "status": {"phase": "Failed", "reason": "Evicted"}}


def test_a_pod_on_its_way_out_or_evicted_is_none_that_stays():
    """The one that takes its place is."""
    assert staying([leaving(), evicted(), pod("10.0.0.2")]) == [pod("10.0.0.2")]
    assert ready(pod()) and not ready(pod(Ready="False")) and not ready({"metadata": {}})


@pytest.mark.parametrize(
    ("container", "why", "image"),
    [
        ({}, "", False),
        ({"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such tag"}}}, "no such tag", True),
        (
            {"restartCount": 2, "ready": False, "lastState": {"terminated": {"exitCode": 3, "message": "no port"}}},
            "app ended with exit code 3 no port",
            False,
        ),
        ({"restartCount": 2, "ready": True}, "", False),
    ],
)
def test_why_a_copy_does_not_start_is_in_its_containers_own_words(container, why, image):
    """For want of an image it may be waited for."""
    said, for_image = why_not_started([pod(container=container)])
    assert (why in said, bool(why), for_image) == (True, bool(said), image)


def test_a_copy_that_no_node_takes_says_why():
    """In the scheduler's words."""
    assert unscheduled([pod(PodScheduled="False")]) == "no node takes it: M"
    assert unscheduled([pod()]) == ""


@pytest.mark.parametrize(
    ("now", "gone"),
    [
        ([pod()], False),
        ([pod(Ready="False", ContainersReady="False")], False),  # its probe does not answer: that is its own doing
        ([pod("10.0.0.2")], True),
        ([], True),
        ([pod(DisruptionTarget="True")], True),
        ([pod(Ready="False")], True),  # the node is heard of no more
        ([pod(Ready="Unknown")], True),
    ],
)
def test_a_copy_that_is_another_pod_by_now_was_not_under_the_load(now, gone):
    """And it is named; the others stayed."""
    copies = {"control": [pod("10.0.0.9")], "candidate": now}
    said = gone_under_load(copies, {"control": "10.0.0.9", "candidate": "10.0.0.1"})
    assert said.startswith("candidate went away") is gone and bool(said) is gone
