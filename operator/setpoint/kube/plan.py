"""What can be done about a constraint now: its spec, what forbids it, how its target stands. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from setpoint.api.configuration import Configuration
from setpoint.api.errors import InputError
from setpoint.api.loading import read_resource_spec
from setpoint.api.resource import ResourceSpec
from setpoint.control.due import Trigger
from setpoint.control.opening import Shut, shut
from setpoint.control.schedule import check_schedule
from setpoint.kube.facts import Constraint, Deployed
from setpoint.kube.kept import Told
from setpoint.kube.own_queries import with_own_queries
from setpoint.kube.repair.allowed import proposer_fault, repository_fault


@dataclass(frozen=True, slots=True)
class Plan:
    """`spec` is None where it cannot be read; queries of its author are in it as they are sent.

    `stalled` is for the condition of that name, None: it can go on.
    """

    spec: ResourceSpec | None
    stalled: Told | None
    suspended: str  # why nothing is to be run; empty: it may be
    deployed: Deployed | None
    configuration: Configuration

    @property
    def can_run(self) -> bool:
        """Whether a run may begin now."""
        return (
            not self.stalled and not self.suspended and self.deployed is not None and self.deployed.state == "Available"
        )


def plan_of(constraint: Constraint, deployed: Deployed | None, configuration: Configuration) -> Plan:
    """Everything that decides whether `constraint` may run, from what was seen last."""
    suspended = _suspended(constraint, configuration)
    try:
        spec = read_resource_spec(constraint.spec)
        if spec.schedule:
            check_schedule(spec.schedule, spec.time_zone)
        spec, denied = with_own_queries(spec, constraint.namespace, configuration)
    except InputError as error:
        return Plan(
            None, Told(status="True", reason="InvalidSpec", message=str(error)), suspended, deployed, configuration
        )
    denied = next((said for rule in _POLICY if (said := rule(spec, configuration))), denied)
    stalled = Told(status="True", reason="PolicyDenied", message=denied) if denied else None
    return Plan(spec, stalled, suspended, deployed, configuration)


def target_name(spec: Mapping[str, object]) -> str | None:
    """The Deployment that a spec, valid or not, is about."""
    target = spec.get("target")
    name = target.get("deployment") if isinstance(target, dict) else None
    return name if isinstance(name, str) else None


def _suspended(constraint: Constraint, configuration: Configuration) -> str:
    if configuration.suspended:
        return "the operator's configuration suspends all loads"
    return "suspended by spec.suspend or the annotation setpoint.dev/suspended" if constraint.suspended else ""


def _endpoint(spec: ResourceSpec, configuration: Configuration) -> str:
    if spec.telemetry.prometheus in configuration.prometheus:
        return ""
    known = ", ".join(sorted(configuration.prometheus)) or "none"
    return f"telemetry.prometheus {spec.telemetry.prometheus!r} is not configured; the operator's endpoints: {known}"


def _ceilings(spec: ResourceSpec, configuration: Configuration) -> str:
    if spec.load is None:
        return ""
    ceilings, seconds = configuration.ceilings, spec.load.warmup + spec.load.duration
    if seconds > ceilings.duration:
        return f"a load of {seconds:g} s is above the operator's ceiling of {ceilings.duration:g} s"
    if spec.load.http and spec.load.http.rate > ceilings.rate:
        return f"load.http.rate {spec.load.http.rate:g} is above the operator's ceiling of {ceilings.rate:g} a second"
    return ""


_POLICY: tuple[Callable[[ResourceSpec, Configuration], str], ...] = (
    _endpoint,
    _ceilings,
    repository_fault,
    proposer_fault,
)


def held_back(plan: Plan, constraint: Constraint, trigger: str, now: float) -> Shut | None:
    """What keeps the load of a run that `trigger` began, or is to begin, from beginning now (Unix seconds)."""
    if plan.spec is None or plan.spec.load is None:
        return None
    windows, freezes = plan.configuration.windows, plan.configuration.freezes
    outside = trigger == Trigger.REQUESTED and constraint.outside
    return shut(windows, freezes, constraint.namespace, now, outside=outside)


def over_ceiling(plan: Plan) -> bool:
    """Whether it is the load that is not allowed."""
    return plan.spec is not None and bool(_ceilings(plan.spec, plan.configuration))
