"""What a remediation leaves behind is removed, whatever became of it; records and results stay for people to read."""

from setpoint.kube.cluster import path_of
from setpoint.kube.names import FORGE, LOADING, OURS, PEOPLE, RECORD, REMEDIATION, RESULT, ROLE, belongs_to
from setpoint.kube.repair.steps import Desk

_KINDS = (
    ("batch/v1", "jobs"),
    ("apps/v1", "deployments"),
    ("v1", "pods"),
    ("v1", "services"),
    ("v1", "configmaps"),
    ("v1", "serviceaccounts"),
    ("networking.k8s.io/v1", "networkpolicies"),
)
_STAY = (RECORD, RESULT, PEOPLE)


def sweep(desk: Desk, *, load_only: bool = False, but_forge: bool = False) -> int:
    """Delete what is left of the remediation; how many objects.

    `load_only`: what sends a load, and the copies that it goes to. `but_forge`: not the Jobs that talk to people.
    """
    gone = 0
    for api, plural in _KINDS[: 2 if load_only or but_forge else len(_KINDS)]:
        path = path_of(api, plural, desk.namespace)
        labels = f"{OURS},{REMEDIATION}={desk.ground.remediation}"
        for found in desk.cluster.list(path, labels=labels):
            role = found["metadata"]["labels"].get(ROLE)
            if role in _STAY or not belongs_to(found, desk.ground.owner["uid"]):
                continue
            if (but_forge and role == FORGE) or (load_only and plural == "jobs" and role not in LOADING):
                continue
            gone += desk.cluster.delete(f"{path}/{found['metadata']['name']}", uid=found["metadata"]["uid"])
    return gone
