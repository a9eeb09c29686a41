"""What a decision rests on, and the words in which rules give their opinion."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from setpoint.api.ports import Progress
from setpoint.api.reasons import Ending, Escalation
from setpoint.api.remedy import Outcome
from setpoint.control.record import STEP_OF, Action, Decision, Record, Stage


@dataclass(frozen=True, slots=True)
class Halt:
    """Why an open remediation must end now, whatever it is doing: people said so, or what it is about is gone."""

    ending: Ending
    message: str
    escalation: Escalation | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user allows (repair.mode and its limits), and what people have said since."""

    mode: Literal["Observe", "Diagnose", "Propose", "Verify"] = "Observe"
    max_iterations: int = 5
    escalate_after: int = 3
    suspended: bool = False
    halt: Halt | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """All that a decision rests on. `progress` is of the pending slow thing, when there is one."""

    policy: Policy
    record: Record
    progress: Progress[Any] | None = None


Rule = Callable[[Observed], Decision | None]


def start(stage: Stage, message: str) -> Decision:
    """Start `stage`: written down first."""
    return Decision(action=Action.START, stage=stage, reason=step_name(stage), message=message)


def step_name(stage: Stage) -> str:
    """The status reason of a stage."""
    return STEP_OF.get(stage, "Running")


def settle(outcome: Outcome, why: str) -> Decision:
    """Conclude the current attempt."""
    return Decision(action=Action.SETTLE, reason=outcome, message=why, outcome=outcome)


def end(ending: Ending, message: str, escalation: Escalation | None = None) -> Decision:
    """End the remediation; `escalation` calls people."""
    return Decision(
        action=Action.END, reason=escalation or ending, message=message, ending=ending, escalation=escalation
    )


def finish(reason: str, message: str) -> Decision:
    """Finish the run."""
    return Decision(action=Action.FINISH, reason=reason, message=message)
