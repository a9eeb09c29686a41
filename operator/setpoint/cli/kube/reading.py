"""Constraints from what the API server gave, also when a newer operator wrote what this version cannot read whole."""

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from setpoint.api.status import ResourceStatus
from setpoint.kube.facts import Constraint, constraint_of

READ_BY_ALL = ("observedGeneration", "conditions")


def read(body: dict[str, Any]) -> Constraint:
    """The constraint; of a status with unknown values at least its conditions."""
    constraint, written = constraint_of(body), body.get("status") or {}
    if constraint.status != ResourceStatus() or not written:
        return constraint
    try:
        status = ResourceStatus.model_validate({key: written[key] for key in READ_BY_ALL if key in written})
    except ValidationError:
        return constraint
    return replace(constraint, status=status)
