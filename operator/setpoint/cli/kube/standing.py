"""How a constraint stands, for people: what the status says, and whether it says it of this generation. Pure."""

from dataclasses import dataclass

from setpoint.api.reasons import Result
from setpoint.api.status import Condition, LastRun, Truth
from setpoint.api.verdict import Verdict
from setpoint.cli.output import EXIT_CODES
from setpoint.kube.facts import Constraint
from setpoint.report.text import clean

RESULTS: dict[Truth, Result] = {
    "True": Result.WITHIN,
    "False": Result.BREACHED,
    "Unknown": Result.INCONCLUSIVE,
}
MARKS: dict[Truth, str] = {"True": "✓", "False": "✗", "Unknown": "?"}
# Good when False, or only there when something is.
ABNORMAL = ("Stalled", "Reconciling", "Escalated")


@dataclass(frozen=True, slots=True)
class Standing:
    """The condition Compliant, as far as it is about this generation."""

    truth: Truth
    reason: str
    message: str

    @property
    def result(self) -> Result:
        """What it comes to."""
        return RESULTS[self.truth]

    @property
    def exit_code(self) -> int:
        """0 within, 1 breached, 3 not known."""
        return EXIT_CODES[self.result]


def standing(constraint: Constraint) -> Standing:
    """What is known. A verdict on another generation says nothing of this one."""
    compliant, observed = constraint.status.condition("Compliant"), constraint.status.observed_generation
    if compliant is None:
        return Standing("Unknown", "AwaitingFirstRun", "the operator has not looked at it yet; does it run?")
    about = min(observed or 0, compliant.observed_generation or observed or 0)
    if about != constraint.generation:
        was = f"of generation {about} it was {compliant.status}" if about > 0 else "the operator has not looked at it"
        return Standing(
            "Unknown", "NewGeneration", f"nothing is known of generation {constraint.generation} yet; {was}"
        )
    return Standing(compliant.status, clean(compliant.reason, 100), clean(compliant.message, 1000))


def target_of(constraint: Constraint) -> str:
    """The Deployment that is meant."""
    target = constraint.spec.get("target")
    return clean(str(target.get("deployment", "")), 253) if isinstance(target, dict) else ""


def verdict_of(constraint: Constraint) -> Verdict | None:
    """The rows of the last verdict."""
    rows = constraint.status.constraints
    worst = {row.result for row in rows}
    result = next((one for one in (Result.BREACHED, Result.INCONCLUSIVE, Result.WITHIN) if one in worst), None)
    return Verdict(result=result, rows=rows) if result else None


def said_of(condition: Condition) -> str:
    """A condition in one line."""
    said = f"{condition.type} {condition.status} {clean(condition.reason, 100)}"
    message = clean(condition.message, 1000)
    return f"{said}: {message}" if message else said


def said_of_run(run: LastRun) -> str:
    """A run in one line: begun by what, or ended how."""
    began = f"run {clean(run.id, 40)} ({clean(run.trigger, 40)})"
    if run.finished_at is None:
        return f"{began} is open since {clean(run.started_at, 40)}"
    reason = f" {clean(run.reason, 100)}" if run.reason and run.reason != run.result else ""
    message = f": {clean(run.message, 500)}" if run.message else ""
    return f"{began} ended {clean(run.finished_at, 40)}: {run.result or 'no verdict'}{reason}{message}"


def said_of_remediation(constraint: Constraint) -> str | None:
    """What is done about the breach, in one line."""
    open_one = constraint.status.remediation
    if open_one is None:
        return None
    said = f"remediation {clean(open_one.id, 40)}: attempt {open_one.attempt}"
    step = f", {clean(open_one.step, 60)}" if open_one.step else ""
    title = f", {clean(open_one.proposal.title, 200)}" if open_one.proposal and open_one.proposal.title else ""
    place = f", {clean(open_one.pull_request.url, 300)}" if open_one.pull_request else ""
    return f"{said}{step}{title}{place}"
