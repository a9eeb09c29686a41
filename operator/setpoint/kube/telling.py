"""What the conditions say: from plan, run and verdict to words. Pure."""

from setpoint.api.reasons import Ending, Reason, Result
from setpoint.api.status import LastRun, RemediationStatus
from setpoint.api.verdict import Row, Verdict
from setpoint.control.opening import Shut
from setpoint.kube.draft import Draft, iso
from setpoint.kube.facts import Constraint
from setpoint.kube.kept import Told
from setpoint.kube.plan import Plan, over_ceiling, target_name
from setpoint.kube.repair.telling import concluded

AWAITING = "AwaitingFirstRun"
IDLE = "Idle"
_COMPLIANT = {Result.WITHIN: "True", Result.BREACHED: "False", Result.INCONCLUSIVE: "Unknown"}


def standing(draft: Draft, constraint: Constraint, plan: Plan, missing: Told | None = None) -> None:
    """The conditions that follow from spec, configuration and target. `missing`: what else the spec names and is not
    there, for TargetAvailable (a Service) or LoadGenerated (a script)."""
    draft.say("Stalled", plan.stalled)
    target = _target(constraint, plan)
    draft.say("TargetAvailable", target)
    draft.say("Ready", _ready(plan, missing or (target if target.reason == "NotFound" else None)))
    draft.say("Compliant", _compliant(draft, constraint, plan))
    draft.say("Remediating", _remediating(draft, plan))
    if over_ceiling(plan) and plan.stalled:
        draft.say("LoadGenerated", Told(status="False", reason="CeilingExceeded", message=plan.stalled.message))


def _ready(plan: Plan, missing: Told | None) -> Told:
    if plan.stalled:
        return Told(status="False", reason="DependencyNotReady", message=plan.stalled.message)
    if plan.suspended:
        return Told(status="True", reason="Suspended", message=plan.suspended)
    if missing:
        return Told(status="False", reason="DependencyNotReady", message=missing.message)
    mode = plan.spec.repair.mode if plan.spec else "Observe"
    if mode == "Observe":
        return Told(status="True", reason="ObservingOnly", message=_OBSERVING)
    return Told(status="True", reason="Enforcing", message=f"a confirmed breach is answered: repair.mode is {mode}")


_OBSERVING = "repair.mode is Observe: breaches are reported, nothing is changed"


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


def _remediating(draft: Draft, plan: Plan) -> Told:
    """How the remediation stands; without one, what was said when the last breach was not answered."""
    remediation: RemediationStatus | None = draft.get("remediation")
    observing = plan.spec is None or plan.spec.repair.mode == "Observe"
    if remediation is not None and not (observing and remediation.ended):
        return concluded(remediation)[0]
    before = draft.told("Remediating")
    return before if before and not observing else standing_by(plan)


def standing_by(plan: Plan) -> Told:
    """No breach is being answered."""
    if plan.spec is None or plan.spec.repair.mode == "Observe":
        return Told(status="False", reason=Ending.DISABLED, message=_OBSERVING)
    return Told(status="False", reason=IDLE, message="no breach is to be answered")


def held(because: Shut) -> Told:
    """A load that waits for its time."""
    return Told(status="Unknown", reason="Waiting", message=f"{because.why}, until {iso(because.until)}")


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
