"""What our objects are called and how they are known again. Pure, and deterministic: names are idempotency keys."""

from typing import Any

from setpoint.api.resource import API_VERSION, KIND
from setpoint.control.ids import digest

PREFIX = "setpoint.dev"
MANAGED_BY = {"app.kubernetes.io/managed-by": "setpoint"}
CONSTRAINT, ROLE, TARGET, RUN = (f"{PREFIX}/{name}" for name in ("constraint", "role", "target", "run"))
KEY, ORDER = f"{PREFIX}/key", f"{PREFIX}/order"
# Written by people on a constraint; RUN is the request for a run there.
REQUESTED, APPROVED, SUSPENDED = RUN, f"{PREFIX}/approve", f"{PREFIX}/suspended"
# What the request for a run ends with where it is meant also outside of the windows for loads.
OUTSIDE = "outside-windows"

LOAD, RECORD, RESULT = "load", "record", "result"
# Of a repair; what sends a load is ended by the kill switch too.
REMEDIATION = f"{PREFIX}/remediation"
SOURCE, AGENT, GATE, TEST, FORGE, PROFILE, VERIFY, COPY, STEP_ORDER, PEOPLE = (
    "source", "agent", "gate", "test", "forge", "profile", "verify", "copy", "order", "people"
)  # fmt: skip
LOADING = (LOAD, PROFILE, VERIFY)
OURS = "app.kubernetes.io/managed-by=setpoint"


def target_digest(namespace: str, deployment: str) -> str:
    """One name for a target, however long its own is."""
    return digest("target", namespace, deployment)


def load_job(namespace: str, deployment: str) -> str:
    """The Job that loads a target: of one name, so that there is never more than one."""
    return f"setpoint-load-{target_digest(namespace, deployment)}"


def record_map(run: str) -> str:
    """The ConfigMap that holds a run's record."""
    return f"setpoint-{run}"


def result_map(key: str) -> str:
    """The ConfigMap that holds what a slow step gave."""
    return f"setpoint-{key}"


def metadata(name: str, owner: "Owner", role: str, run: str, key: str = "") -> dict[str, Any]:
    """Metadata of an object that belongs to a constraint, and goes with it."""
    labels = {**MANAGED_BY, CONSTRAINT: owner["uid"], ROLE: role, RUN: run}
    annotations = {KEY: key} if key else {}
    return {
        "name": name,
        "namespace": owner["namespace"],
        "labels": labels,
        "annotations": annotations,
        "ownerReferences": [
            {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "name": owner["name"],
                "uid": owner["uid"],
                "controller": True,
                "blockOwnerDeletion": False,
            }
        ],
    }


Owner = dict[str, str]  # namespace, name and uid of a constraint


def belongs_to(found: dict[str, Any], uid: str) -> bool:
    """Whether an object is of the constraint `uid`: by its owner, since labels can be put on anything."""
    owners = (found.get("metadata") or {}).get("ownerReferences") or ()
    return any(owner.get("uid") == uid and owner.get("controller") for owner in owners)
