"""What a remediation leaves behind is removed, whatever became of it; records and results stay for people to read."""

from collections.abc import Iterator, Sequence

from setpoint.kube.cluster import path_of
from setpoint.kube.names import FORGE, OURS, PEOPLE, RECORD, REMEDIATION, RESULT, ROLE, belongs_to
from setpoint.kube.repair.desk import Desk
from setpoint.kube.repair.granting import take_back

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


# A list may be older than what we made, and a removal may be refused once: it is looked again until nothing is found.
_MOST_LOOKS = 4


def sweep(desk: Desk, *, but_forge: bool = False, people: bool = False) -> int:
    """Delete what is left of the remediation; how many objects.

    `but_forge`: what works now, except the Jobs that talk to people: what is being pushed cannot be called back.
    `people`: also what is known of them, since nobody looks for them any more.
    """
    take_back(desk)
    gone, stay = 0, _STAY if not people else tuple(role for role in _STAY if role != PEOPLE)
    for _ in range(_MOST_LOOKS):
        found = list(_left(desk, stay, but_forge=but_forge))
        if not found:
            break
        gone += sum(desk.cluster.delete(path, uid=uid) for path, uid in found)
    return gone


def _left(desk: Desk, stay: Sequence[str], *, but_forge: bool) -> Iterator[tuple[str, str]]:
    """Path and uid of each object that is to go and is not going yet."""
    for api, plural in _KINDS[: 2 if but_forge else len(_KINDS)]:
        path = path_of(api, plural, desk.namespace)
        labels = f"{OURS},{REMEDIATION}={desk.ground.remediation}"
        for found in desk.cluster.list(path, labels=labels):
            about, role = found["metadata"], found["metadata"]["labels"].get(ROLE)
            if role in stay or about.get("deletionTimestamp") or not belongs_to(found, desk.ground.owner["uid"]):
                continue
            if but_forge and role == FORGE:
                continue
            yield f"{path}/{about['name']}", about["uid"]
