"""What changed between two sights of a constraint, in lines. Pure."""

from collections.abc import Iterator

from setpoint.cli.kube.standing import said_of, said_of_remediation, said_of_run, standing
from setpoint.kube.facts import Constraint
from setpoint.report.text import clean


def first_lines(now: Constraint, *, whole: bool) -> list[str]:
    """Where it stands when one begins to look; `whole`: every condition."""
    if whole and now.status.conditions:
        return [said_of(condition) for condition in now.status.conditions]
    stands = standing(now)
    said = f"Compliant {stands.truth} {stands.reason}"
    return [f"{said}: {stands.message}" if stands.message else said]


def changed_lines(before: Constraint, now: Constraint) -> list[str]:
    """A line for each transition."""
    return [*_generation(before, now), *_conditions(before, now), *_run(before, now), *_remediation(before, now)]


def _generation(before: Constraint, now: Constraint) -> Iterator[str]:
    if now.generation != before.generation:
        yield f"the spec changed: generation {now.generation}"


def _conditions(before: Constraint, now: Constraint) -> Iterator[str]:
    for condition in now.status.conditions:
        old = before.status.condition(condition.type)
        if old is None or (old.status, old.reason) != (condition.status, condition.reason):
            yield said_of(condition)
    for condition in before.status.conditions:
        if now.status.condition(condition.type) is None:
            yield f"{clean(condition.type, 60)} is over"


def _run(before: Constraint, now: Constraint) -> Iterator[str]:
    old, run = before.status.last_run, now.status.last_run
    if run and (old is None or (old.id, old.finished_at) != (run.id, run.finished_at)):
        yield said_of_run(run)


def _remediation(before: Constraint, now: Constraint) -> Iterator[str]:
    said = said_of_remediation(now)
    if said and said != said_of_remediation(before):
        yield said
