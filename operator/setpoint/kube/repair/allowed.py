"""Whether a confirmed breach may be answered now, and by how much. Pure, but for the turns."""

import re
import threading
from collections.abc import Callable, Iterable

from setpoint.api.configuration import Configuration
from setpoint.api.prices import DEFAULT_MODEL, KNOWN_MODELS, known_prices
from setpoint.api.reasons import Ending, Step
from setpoint.api.resource import ResourceSpec
from setpoint.api.spec import Prices
from setpoint.api.status import PastRemediation, RemediationStatus, ResourceStatus
from setpoint.kube.facts import Constraint
from setpoint.kube.kept import Told
from setpoint.kube.load_state import unix

LONGEST_COOL_DOWN = 24 * 3600.0
# Ends that say nothing against trying again at once.
_CALM = (Ending.VERIFIED, Ending.MERGED, Ending.DISABLED, Ending.SUPERSEDED, Step.AWAITING_MERGE)


def repository_fault(spec: ResourceSpec, configuration: Configuration) -> str:
    """Why the operator does not let this repository be repaired; empty: it does."""
    source = spec.repair.source
    if spec.repair.mode == "Observe" or source is None:
        return ""
    if any(_matches(source.repository, pattern) for pattern in configuration.repositories):
        return ""
    known = ", ".join(configuration.repositories) or "none"
    return f"repair.source.repository {source.repository} is not on the operator's list of repositories: {known}"


def _matches(repository: str, pattern: str) -> bool:
    """A `*` stands for a part of a name, at the end for all that follows: a host's name cannot stand in a path."""
    start, star, end = pattern.rpartition("*")
    whole = end != "" or not star
    parts = (pattern if whole else start).split("*")
    return re.fullmatch("[^/]*".join(map(re.escape, parts)) + ("" if whole else ".*"), repository) is not None


def proposer_fault(spec: ResourceSpec, configuration: Configuration) -> str:
    """Why the proposer cannot be had here; empty: it can."""
    repair = spec.repair
    if repair.mode not in ("Propose", "Verify") or repair.proposer != "anthropic":
        return ""
    if configuration.gateway is None:
        return "repair.proposer anthropic needs a model gateway, and this operator has none; write playbook or command"
    if prices_of(spec, configuration) is None:
        known = ", ".join(sorted({*KNOWN_MODELS, *configuration.models}))
        return f"repair.model {repair.model} has no price that the operator knows (models); it knows {known}"
    return ""


def prices_of(spec: ResourceSpec, configuration: Configuration) -> Prices | None:
    """What the model costs: as the operator says it, never as the constraint's author does, who is to be held by it."""
    model = spec.repair.model or DEFAULT_MODEL
    return configuration.models.get(model) or known_prices(model)


def why_not(
    spec: ResourceSpec, status: ResourceStatus, revision: str | None, generation: int, now: float
) -> Told | None:
    """What keeps a breach from being answered, for the condition Remediating; None: nothing does."""
    if spec.repair.mode == "Observe":
        return Told(
            status="False",
            reason=Ending.DISABLED,
            message="repair.mode is Observe: breaches are reported, nothing is changed",
        )
    if revision is None:
        return Told(
            status="False",
            reason=Ending.REVISION_UNKNOWN,
            message="the deployed commit is not known: it is not where repair.source.revision says",
        )
    last = status.remediation
    if last is None or last.ended is None or last.generation != generation:
        return None
    return _held(last, revision, now)


def awaits_people(last: RemediationStatus | None) -> bool:
    """Whether a pull request of ours is still open: what becomes of it is to be seen."""
    return last is not None and last.pull_request is not None and last.pull_request.state == "Open"


def _held(last: RemediationStatus, revision: str, now: float) -> Told | None:
    pull_request = last.pull_request
    awaited = last.ended in (Ending.VERIFIED, Step.AWAITING_MERGE) and pull_request and pull_request.state == "Open"
    if awaited and last.revision == revision:
        assert pull_request is not None
        return Told(
            status="False",
            reason=Ending.VERIFIED,
            message=f"{pull_request.url or pull_request.branch} awaits its merge",
        )
    until = unix(last.cools_until) if last.cools_until else None
    if until is not None and until > now:
        return Told(status="False", reason=Ending.COOLING_DOWN, message=f"after {_how(last)}, until {last.cools_until}")
    return None


def _how(last: RemediationStatus) -> str:
    return f"remediation {last.id} ended {last.escalation or last.ended}"


def cools_for(ended: str, history: Iterable[PastRemediation], configuration: Configuration) -> float:
    """Seconds until another remediation may begin after one that `ended` so: twice as long each time in a row."""
    if ended in _CALM:
        return 0.0
    in_a_row = 0
    for past in history:
        if past.ended in _CALM:
            break
        in_a_row += 1
    return float(min(configuration.repair.cool_down * 2 ** min(in_a_row, 10), LONGEST_COOL_DOWN))


class Turns:
    """One remediation at a time for each target and each repository, among the constraints that there are.

    Held in memory and by the statuses: the operator is one process, and what it finds open when it starts goes on.
    """

    def __init__(self, constraints: Callable[[], list[Constraint]]) -> None:
        self._constraints = constraints
        self._deciding = threading.Lock()
        self._held: dict[tuple[str, ...], str] = {}

    def take(self, constraint: Constraint, spec: ResourceSpec) -> str:
        """Whose turn it is instead, in words; empty: ours, from now on."""
        mine = _claims(constraint, spec)
        with self._deciding:
            others = {other.uid: other for other in self._constraints() if other.uid != constraint.uid}
            for other in others.values():
                open_now = other.status.remediation
                if open_now and open_now.ended is None and open_now.step not in ("", WAITING):
                    for claim in _claims_of(other):
                        self._held.setdefault(claim, other.uid)
            for claim in mine:
                holder = others.get(self._held.get(claim, ""))
                if holder is not None:
                    return f"{holder.namespace}/{holder.name} repairs the same {claim[0]}"
            for claim in mine:
                self._held[claim] = constraint.uid
        return ""

    def give(self, constraint: Constraint) -> None:
        """It is over."""
        with self._deciding:
            self._held = {claim: uid for claim, uid in self._held.items() if uid != constraint.uid}


WAITING = "Waiting"


def _claims(constraint: Constraint, spec: ResourceSpec) -> tuple[tuple[str, ...], ...]:
    repository = spec.repair.source.repository if spec.repair.source else ""
    return (("repository", repository), ("target", constraint.namespace, spec.target.deployment))


def _claims_of(constraint: Constraint) -> tuple[tuple[str, ...], ...]:
    spec = constraint.spec
    source = (spec.get("repair") or {}).get("source") or {}
    target = (spec.get("target") or {}).get("deployment") or ""
    return (("repository", str(source.get("repository") or "")), ("target", constraint.namespace, str(target)))
