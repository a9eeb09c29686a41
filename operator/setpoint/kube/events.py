"""Events for people, on transitions only. Their names say what they are about: a transition is told once."""

import logging
from typing import Any

from setpoint.api.resource import API_VERSION, KIND
from setpoint.api.status import Condition, ResourceStatus
from setpoint.control.ids import digest
from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.draft import iso
from setpoint.kube.facts import Constraint
from setpoint.kube.refusals import ClusterFailed

COMPONENT = "setpoint"
LONGEST = 1024
# What a person wants to hear of: (type, status) -> how urgent.
_TOLD = {
    ("Compliant", "True"): "Normal",
    ("Compliant", "False"): "Warning",
    ("LoadGenerated", "False"): "Warning",
    ("MetricsAvailable", "False"): "Warning",
    ("TargetAvailable", "False"): "Normal",
    ("Stalled", "True"): "Warning",
    ("Escalated", "True"): "Warning",
    ("Remediating", "True"): "Normal",
}
_log = logging.getLogger("setpoint.events")


def tell_transitions(cluster: Cluster, constraint: Constraint, after: ResourceStatus, now: float) -> None:
    """One Event for each change that people want to hear of. Never fails: the status has it all."""
    for condition in after.conditions:
        old = constraint.status.condition(condition.type)
        same = old is not None and (old.status, old.reason) == (condition.status, condition.reason)
        urgency = _TOLD.get((condition.type, condition.status)) or _undecided(condition)
        if same or urgency is None:
            continue
        _log.info("%s is %s (%s): %s", condition.type, condition.status, condition.reason, condition.message)
        try:
            cluster.create(path_of("v1", "events", constraint.namespace), _event(constraint, condition, urgency, now))
        except ClusterFailed as error:
            _log.debug("an Event was not taken: %s", error)


def _undecided(condition: Condition) -> str | None:
    """A verdict that could not be formed; not the state before the first run."""
    unknown = condition.type == "Compliant" and condition.status == "Unknown"
    return "Warning" if unknown and condition.reason != "AwaitingFirstRun" else None


def _event(constraint: Constraint, condition: Condition, urgency: str, now: float) -> dict[str, Any]:
    about = digest(constraint.uid, condition.type, condition.status, condition.reason, condition.last_transition_time)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{constraint.name[:200]}.{about}", "namespace": constraint.namespace},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": constraint.name,
            "namespace": constraint.namespace,
            "uid": constraint.uid,
            "resourceVersion": constraint.version,
        },
        "type": urgency,
        "reason": condition.reason,
        "message": f"{condition.type}: {condition.message}"[:LONGEST],
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "reportingInstance": COMPONENT,
        "action": condition.type,
        "firstTimestamp": iso(now),
        "lastTimestamp": iso(now),
        "count": 1,
    }
