"""A status that is being written: conditions by name, times of transition kept, nothing changed that did not change."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from setpoint.api.status import LARGEST_STATUS, LONGEST_MESSAGE, Condition, ResourceStatus, Truth
from setpoint.kube.kept import Told
from setpoint.report.text import clean

ORDER = (
    "Ready",
    "Reconciling",
    "Stalled",
    "Compliant",
    "TargetAvailable",
    "LoadGenerated",
    "MetricsAvailable",
    "Remediating",
    "Escalated",
)
# There only when true.
WHEN_TRUE = ("Reconciling", "Stalled", "Escalated")


def iso(seconds: float) -> str:
    """A moment as the API server writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Draft:
    """A status in the making, on top of the one that was read."""

    def __init__(self, before: ResourceStatus, generation: int, now: float) -> None:
        self.before = before
        self._conditions = {condition.type: condition for condition in before.conditions}
        self._generation, self._now = generation, now
        self._changes: dict[str, Any] = {}

    def say(self, kind: str, told: Told | None) -> None:
        """Set a condition; None takes it away."""
        if told is None or (kind in WHEN_TRUE and told.status != "True"):
            self._conditions.pop(kind, None)
            return
        message = clean(told.message, LONGEST_MESSAGE)
        old = self._conditions.get(kind)
        same = old is not None and old.status == told.status
        self._conditions[kind] = Condition(
            type=kind,
            status=cast(Truth, told.status),
            reason=told.reason,
            message=message,
            observed_generation=self._generation,
            last_transition_time=old.last_transition_time if old and same else iso(self._now),
        )

    def told(self, kind: str) -> Told | None:
        """A condition as it stands in the draft."""
        found = self._conditions.get(kind)
        return Told(status=found.status, reason=found.reason, message=found.message) if found else None

    def set(self, **changes: object) -> None:
        """Set fields of the status."""
        self._changes.update(changes)

    def get(self, name: str) -> Any:
        """A field as it stands in the draft."""
        return self._changes.get(name, getattr(self.before, name))

    def finished(self) -> ResourceStatus:
        """The status; history goes first where it would be too large."""
        conditions = tuple(self._conditions[kind] for kind in ORDER if kind in self._conditions)
        status = self.before.model_copy(
            update={**self._changes, "conditions": conditions, "observed_generation": self._generation}
        )
        return _trimmed(status.model_copy(update={"phase": phase_of(status)}))


def phase_of(status: ResourceStatus) -> str:
    """One word for people."""
    stands = {condition.type: condition for condition in status.conditions}
    if "Stalled" in stands:
        return "Stalled"
    if (ready := stands.get("Ready")) and ready.reason == "Suspended":
        return "Suspended"
    if status.last_run is not None and status.last_run.finished_at is None:
        return "Running"
    if "Escalated" in stands:
        return "Escalated"
    compliant = stands.get("Compliant")
    words = {"True": "Within", "False": "Breached"}
    return words.get(compliant.status, "Unknown") if compliant else "Unknown"


def _trimmed(status: ResourceStatus) -> ResourceStatus:
    while len(status.model_dump_json(by_alias=True, exclude_none=True)) > LARGEST_STATUS - 1024:
        if status.history:
            status = status.model_copy(update={"history": status.history[:-1]})
        elif len(status.constraints) > 1:
            status = status.model_copy(update={"constraints": status.constraints[: len(status.constraints) // 2]})
        else:
            return status
    return status


def differs(before: ResourceStatus, after: ResourceStatus) -> bool:
    """Whether `after` is worth a write."""
    return _plain(before) != _plain(after)


def _plain(status: ResourceStatus) -> Mapping[str, Any]:
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)
