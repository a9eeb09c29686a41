"""The status: whatever the operator writes is kept whole, and neither half of an object touches the other."""

import json
from typing import Any

import pytest

from apiserver.crd.asking import checkout, constraint
from setpoint.api.base import Model
from setpoint.api.status import ResourceStatus
from testbed.control_plane import ControlPlane

AT = "2026-01-01T00:00:00Z"
ROW = {
    "constraint": "heap.growth",
    "observed": 12.5,
    "limit": 0.0,
    "unit": "MB/h",
    "interval": [10.25, None],
    "confidence": 0.999,
    "samples": 81,
    "instance": "checkout-7d9f-x2",
    "result": "Breached",
    "reason": "SetpointBreached",
    "message": "the retained heap grows by 12.5 MB/h",
}
STATUS: dict[str, Any] = {
    "observedGeneration": 3,
    "phase": "Verifying",
    "conditions": [
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": "ü" * 1000,
            "observedGeneration": 3,
            "lastTransitionTime": AT,
        }
        for kind, status, reason in (
            ("Ready", "True", "Enforcing"),
            ("Compliant", "False", "SetpointBreached"),
            ("TargetAvailable", "True", "Available"),
            ("Remediating", "True", "Verifying"),
        )
    ],
    "lastRun": {
        "id": "r-1",
        "number": 7,
        "trigger": "Schedule",
        "generation": 3,
        "images": ["a:1", "b:2"],
        "requested": "now",
        "startedAt": AT,
        "finishedAt": AT,
        "result": "Breached",
        "reason": "SetpointBreached",
        "message": "heap.growth",
        "revision": "3f2c",
        "url": "http://checkout.shop.svc:8080",
        "unjudged": 2,
    },
    "constraints": [ROW, {**ROW, "constraint": "custom.queue", "interval": [None, 3.0], "result": "Within"}],
    "worst": "heap.growth",
    "remediation": {
        "id": "c-1",
        "run": "r-1",
        "generation": 3,
        "images": ["checkout:1"],
        "revision": "3f2c1d9",
        "ended": "Escalated",
        "escalation": "NoImprovement",
        "retriedBy": "kim",
        "coolsUntil": AT,
        "attempt": 2,
        "step": "Verifying",
        "startedAt": AT,
        "cause": "CACHE in app.py:12 is never emptied",
        "proposal": {"title": "t", "digest": "d", "files": 1, "additions": 2, "deletions": 3, "gate": "Passed"},
        "pullRequest": {"url": "https://f/1", "number": 1, "branch": "b", "head": "h", "state": "open", "draft": True},
        "canary": {"candidate": "c", "control": "k", "outcome": "Accepted", "message": "m"},
        "budget": {"attempts": 2, "usd": "1.20", "limitUsd": "5.00"},
        "message": "m",
    },
    "history": [
        {"id": f"c-{n}", "ended": "Escalated", "reason": "NoImprovement", "message": "m", "attempts": 3,
         "pullRequest": "https://f/0", "at": AT}
        for n in range(10)
    ],
    "nextRunTime": AT,
}  # fmt: skip


class Object:
    """One constraint, and its two halves."""

    def __init__(self, api: ControlPlane, namespace: str) -> None:
        self.kubectl, self._where = api.kubectl, ("perfc", "checkout", "--namespace", namespace)
        self.namespace = namespace
        api.kubectl.apply({**constraint(checkout()), "status": {"phase": "Invented"}}, namespace=namespace)

    def get(self) -> Any:
        return self.kubectl.json("get", *self._where)

    def patch(self, what: Any, *how: str) -> None:
        self.kubectl("patch", *self._where, "--type=merge", *how, "--patch", json.dumps(what))


@pytest.fixture
def kept(installed: ControlPlane, namespace: str) -> Object:
    return Object(installed, namespace)


def fields(model: type[Model]) -> set[str]:
    return {field.alias or "" for field in model.model_fields.values()}


def test_the_example_has_every_field_of_the_model():
    """Else the next test would say less than it seems to."""

    def whole(model: Any, written: Any) -> None:
        if isinstance(model, Model):
            assert set(written) == fields(type(model))
            for name in type(model).model_fields:
                whole(getattr(model, name), written[type(model).model_fields[name].alias])
        elif isinstance(model, tuple):
            for one, of_it in zip(model, written, strict=True):
                whole(one, of_it)

    whole(ResourceStatus.model_validate(STATUS), STATUS)


def test_a_full_status_is_kept_whole(kept: Object):
    """Nothing is pruned; a side of an interval may be open."""
    kept.patch({"status": STATUS}, "--subresource=status")
    status = kept.get()["status"]
    assert status == STATUS
    assert ResourceStatus.model_validate(status).to_json() == STATUS


def test_nobody_invents_a_status_by_applying_a_spec(kept: Object):
    """It is a subresource with rights of its own; until the operator writes it, it says that nobody has looked."""
    assert kept.get()["status"] == {"observedGeneration": -1}
    kept.patch({"status": {"phase": "Invented"}})
    assert kept.get()["status"] == {"observedGeneration": -1}


def test_neither_half_touches_the_other(kept: Object):
    """A verdict is no new generation; a new limit does not wipe the verdict."""
    kept.patch({"status": STATUS, "spec": {"suspend": True}}, "--subresource=status")
    first = kept.get()
    assert (first["metadata"]["generation"], first["spec"]["suspend"]) == (1, False)
    kept.patch({"spec": {"suspend": True}, "status": {"phase": "Invented"}})
    second = kept.get()
    assert (second["metadata"]["generation"], second["spec"]["suspend"], second["status"]) == (2, True, STATUS)


def test_a_newer_operator_may_know_more_reasons(kept: Object):
    """Its status is not refused by an older definition; only fields that are not known are dropped."""
    row = {**ROW, "reason": "NewReason", "result": "Perhaps"}
    kept.patch({"status": {"constraints": [row], "more": 1}}, "--subresource=status")
    assert kept.get()["status"] == {"observedGeneration": -1, "constraints": [row]}


def test_as_many_rows_as_a_spec_can_have_fit(kept: Object):
    """A hundred custom constraints and all others."""
    rows = [{**ROW, "constraint": f"custom.c{number}", "message": "m" * 500} for number in range(111)]
    kept.patch({"status": {"constraints": rows}}, "--subresource=status")
    assert len(kept.get()["status"]["constraints"]) == 111


def test_no_row_and_no_condition_stands_there_twice(kept: Object):
    """They have names."""
    with pytest.raises(Exception, match=r"status.constraints\[1\]: Duplicate value"):
        kept.patch({"status": {"constraints": [ROW, ROW]}}, "--subresource=status")
    with pytest.raises(Exception, match=r"status.conditions\[1\]: Duplicate value"):
        kept.patch({"status": {"conditions": [STATUS["conditions"][0]] * 2}}, "--subresource=status")
