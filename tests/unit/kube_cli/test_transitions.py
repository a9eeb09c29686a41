"""What changed between two sights of a constraint."""

from setpoint.cli.kube.standing import standing
from setpoint.cli.kube.transitions import changed_lines, first_lines

RUN = {"id": "aa", "number": 1, "trigger": "Schedule", "generation": 1, "startedAt": "2026-01-01T00:00:00Z"}
READY = ("True", "Enforcing", "")


def test_the_first_sight_says_how_it_stands(seen):
    """Of one among many the verdict, of one alone everything."""
    now = seen(conditions={"Ready": READY, "Compliant": ("False", "SetpointBreached", "memory is over")})
    assert first_lines(now, whole=False) == ["Compliant False SetpointBreached: memory is over"]
    assert first_lines(now, whole=True)[0] == "Ready True Enforcing"


def test_a_condition_that_changed_is_a_line_and_one_that_did_not_is_none(seen):
    """Its message alone is no transition: it changes with every frame of a load."""
    before = seen(conditions={"Ready": READY, "LoadGenerated": ("Unknown", "Running", "10 of 60 s")})
    later = seen(conditions={"Ready": READY, "LoadGenerated": ("Unknown", "Running", "20 of 60 s")})
    over = seen(conditions={"Ready": READY, "LoadGenerated": ("True", "Completed", "60 of 60 s")})
    assert changed_lines(before, later) == []
    assert changed_lines(later, over) == ["LoadGenerated True Completed: 60 of 60 s"]


def test_a_condition_that_went_is_over(seen):
    """Stalled, Reconciling and Escalated are there only while they are true."""
    before = seen(conditions={"Ready": READY, "Stalled": ("True", "PolicyDenied", "no")})
    assert changed_lines(before, seen(conditions={"Ready": READY})) == ["Stalled is over"]


def test_a_run_is_told_when_it_begins_and_when_it_ends(seen):
    """With what it came to."""
    none, begun = seen(), seen(lastRun=RUN)
    ended = seen(lastRun={**RUN, "finishedAt": "2026-01-01T00:01:00Z", "result": "Within", "message": "all held"})
    assert changed_lines(none, begun) == ["run aa (Schedule) is open since 2026-01-01T00:00:00Z"]
    assert changed_lines(begun, ended) == ["run aa (Schedule) ended 2026-01-01T00:01:00Z: Within: all held"]


def test_a_remediation_is_told_at_every_step(seen):
    """Down to where people read about it."""
    one = seen(remediation={"id": "r1", "attempt": 1, "step": "Proposing"})
    two = seen(
        remediation={
            "id": "r1",
            "attempt": 1,
            "step": "AwaitingMerge",
            "pullRequest": {"url": "https://git/1", "branch": "b", "head": "c"},
        }
    )
    assert changed_lines(seen(), one) == ["remediation r1: attempt 1, Proposing"]
    assert changed_lines(one, two) == ["remediation r1: attempt 1, AwaitingMerge, https://git/1"]


def test_a_status_of_a_newer_operator_still_says_how_it_stands(seen):
    """A row with a reason that this version does not know costs the rows, not the verdict."""
    row = {"constraint": "x", "limit": 1, "unit": "", "confidence": 1, "result": "Breached", "message": ""}
    conditions = {"Compliant": ("False", "SetpointBreached", "x is over")}
    now = seen(conditions=conditions, constraints=[{**row, "reason": "SomethingNew"}])
    assert standing(now).truth == "False"


def test_a_verdict_on_another_generation_is_not_known(seen):
    """Whichever of the two generations is behind: that of the status, or that of the condition."""
    within = {"Compliant": ("True", "WithinSetpoints", "")}
    behind = seen(generation=2, observedGeneration=1, conditions=within)
    current = seen(generation=2, conditions=within)
    assert (standing(behind).truth, standing(current).truth) == ("Unknown", "True")
