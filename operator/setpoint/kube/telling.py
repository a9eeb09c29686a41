"""What the conditions say: from plan, run and verdict to words. Pure."""

from setpoint.api.reasons import Ending, Reason, Result
from setpoint.api.status import LastRun
from setpoint.api.verdict import Row, Verdict
from setpoint.control.observed import Policy
from setpoint.kube.draft import Draft, iso
from setpoint.kube.facts import Constraint
from setpoint.kube.kept import Told
from setpoint.kube.plan import Plan, over_ceiling, target_name

AWAITING = "AwaitingFirstRun"
_COMPLIANT = {Result.WITHIN: "True", Result.BREACHED: "False", Result.INCONCLUSIVE: "Unknown"}


def standing(draft: Draft, constraint: Constraint, plan: Plan, missing: Told | None = None) -> None:
    """The conditions that follow from spec, configuration and target. `missing`: what else the spec names and is not
    there, for TargetAvailable (a Service) or LoadGenerated (a script)."""
    draft.say("Stalled", plan.stalled)
    target = _target(constraint, plan)
    draft.say("TargetAvailable", target)
    draft.say("Ready", _ready(plan, missing or (target if target.reason == "NotFound" else None)))
    draft.say("Compliant", _compliant(draft, constraint, plan))
    draft.say("Remediating", _remediating(plan))
    if over_ceiling(plan) and plan.stalled:
        draft.say("LoadGenerated", Told(status="False", reason="CeilingExceeded", message=plan.stalled.message))


def _ready(plan: Plan, missing: Told | None) -> Told:
    if plan.stalled:
        return Told(status="False", reason="DependencyNotReady", message=plan.stalled.message)
    if plan.suspended:
        return Told(status="True", reason="Suspended", message=plan.suspended)
    if missing:
        return Told(status="False", reason="DependencyNotReady", message=missing.message)
    return Told(status="True", reason="ObservingOnly", message=_observing(plan))


def _observing(plan: Plan) -> str:
    """Whoever asked for more must not believe that they got it."""
    mode = plan.spec.repair.mode if plan.spec else "Observe"
    if mode == "Observe":
        return "repair.mode is Observe: breaches are reported, nothing is changed"
    return f"repair.mode {mode} is not carried out in a cluster yet: breaches are reported, nothing is changed"


def _target(constraint: Constraint, plan: Plan) -> Told:
    deployed, name = plan.deployed, target_name(constraint.spec)
    if deployed is None:
        return Told(status="False", reason="NotFound", message=f"there is no Deployment {name}")
    return Told(
        status="True" if deployed.state == "Available" else "False", reason=deployed.state, message=deployed.message
    )


def _compliant(draft: Draft, constraint: Constraint, plan: Plan) -> Told:
    """The last verdict, for as long as it is about this spec and these images: else nobody knows."""
    run, now = _judged(draft), draft.told("Compliant")
    if run is None or now is None:
        return Told(status="Unknown", reason=AWAITING, message="no run has ended yet")
    if run.generation != constraint.generation:
        return Told(status="Unknown", reason=AWAITING, message="the spec changed; no run of it has ended yet")
    if plan.deployed is None:
        return Told(status="Unknown", reason=Reason.TARGET_CHANGED, message="the target that was judged is gone")
    if plan.deployed.images != run.images:
        message = "other images are deployed than those that were judged"
        return Told(status="Unknown", reason=Reason.TARGET_CHANGED, message=message)
    return now


def _judged(draft: Draft) -> LastRun | None:
    """The run that the condition Compliant is about: an open one has not changed it yet."""
    run: LastRun | None = draft.get("last_run")
    return run


def _remediating(plan: Plan) -> Told:
    return Told(status="False", reason=Ending.DISABLED, message=_observing(plan))


def policy_of(plan: Plan) -> Policy:
    """What the engine may do."""
    return Policy(mode="Observe", suspended=bool(plan.suspended))


def judged(draft: Draft, verdict: Verdict) -> None:
    """The verdict, in rows and as a condition."""
    told = compliance(verdict)
    decisive = _decisive(verdict)
    draft.say("Compliant", told)
    draft.set(constraints=verdict.rows, worst=decisive.constraint if decisive else None)


def compliance(verdict: Verdict) -> Told:
    """The condition Compliant: the reason of the row that decided, and what each such row says."""
    rows = [row for row in verdict.rows if row.result is verdict.result]
    status = _COMPLIANT[verdict.result]
    if verdict.result is Result.WITHIN:
        return Told(
            status=status, reason=Reason.WITHIN_SETPOINTS, message=f"{len(rows)} of {len(rows)} setpoints are met"
        )
    reason = Reason.SETPOINT_BREACHED if verdict.result is Result.BREACHED else rows[0].reason
    return Told(status=status, reason=reason, message="; ".join(f"{row.constraint}: {row.message}" for row in rows))


def _decisive(verdict: Verdict) -> Row | None:
    return next((row for row in verdict.rows if row.result is verdict.result), None)


def ended(run: LastRun, verdict: Verdict | None, now: float, *, passing: bool) -> LastRun:
    """The run, which has ended. `passing`: a trouble that may pass kept it from a verdict."""
    told = compliance(verdict) if verdict else None
    return run.model_copy(
        update={
            "finished_at": iso(now),
            "result": verdict.result.value if verdict else None,
            "reason": told.reason if told else None,
            "message": told.message[:500] if told else "",
            "unjudged": run.unjudged + 1 if passing else 0,
        }
    )
