"""A status in the making: what changes, what stays, and how large it may be."""

from setpoint.api.status import LARGEST_STATUS, Condition, PastRemediation, ResourceStatus
from setpoint.kube.draft import Draft, differs
from setpoint.kube.kept import Told

NOW = 1767225600.0
OLD = Condition(
    type="Ready", status="True", reason="Enforcing", message="x", last_transition_time="2025-01-01T00:00:00Z"
)


def test_a_condition_that_only_says_something_else_keeps_its_time() -> None:
    """lastTransitionTime moves with the status alone."""
    draft = Draft(ResourceStatus(conditions=(OLD,)), 2, NOW)
    draft.say("Ready", Told(status="True", reason="Suspended", message="y"))
    ready = draft.finished().condition("Ready")
    assert ready and (ready.reason, ready.last_transition_time) == ("Suspended", OLD.last_transition_time)
    draft.say("Ready", Told(status="False", reason="DependencyNotReady"))
    ready = draft.finished().condition("Ready")
    assert ready and ready.last_transition_time == "2026-01-01T00:00:00Z"


def test_conditions_that_are_there_only_when_true_go_when_they_are_not() -> None:
    """Stalled, Reconciling and Escalated."""
    draft = Draft(ResourceStatus(), 1, NOW)
    draft.say("Stalled", Told(status="True", reason="InvalidSpec"))
    assert draft.finished().condition("Stalled")
    draft.say("Stalled", None)
    assert draft.finished().condition("Stalled") is None


def test_a_draft_of_what_stands_there_already_is_no_difference() -> None:
    """So nothing is written."""
    first = Draft(ResourceStatus(), 1, NOW)
    first.say("Ready", Told(status="True", reason="Enforcing", message="x"))
    stands = first.finished()
    again = Draft(stands, 1, NOW + 1000)
    again.say("Ready", Told(status="True", reason="Enforcing", message="x"))
    assert not differs(stands, again.finished())


def test_a_message_is_cleaned_and_cut() -> None:
    """It comes from a target, a metric or a log."""
    draft = Draft(ResourceStatus(), 1, NOW)
    draft.say("Ready", Told(status="True", reason="Enforcing", message="\x1b[31mred\x1b[0m\n" + "y" * 5000))
    ready = draft.finished().condition("Ready")
    assert ready and "\x1b" not in ready.message
    assert len(ready.message) <= 1000


def test_a_status_that_is_too_large_loses_its_history_first() -> None:
    """The newest of it stays longest."""
    past = tuple(PastRemediation(id=str(n), ended="x", reason="y", message="z" * 8000, at="t") for n in range(10))
    draft = Draft(ResourceStatus(history=past), 1, NOW)
    status = draft.finished()
    assert len(status.model_dump_json(by_alias=True, exclude_none=True)) < LARGEST_STATUS
    assert 0 < len(status.history) < 10
    assert status.history[0].id == "0"
