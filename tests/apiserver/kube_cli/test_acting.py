"""`suspend`, `resume` and `approve`: annotations that the operator acts on, and nothing else changes."""

import pytest

from setpoint.cli.kube.access import Access
from setpoint.kube.cluster import connect
from setpoint.kube.refusals import ClusterFailed

READY = ("True", "Enforcing", "")
WAITS = {
    "conditions": {"Ready": READY, "Remediating": ("True", "AwaitingApproval", "approve attempt 2")},
    "remediation": {"id": "r0123456789", "attempt": 2, "step": "AwaitingApproval"},
}


def annotations(constraint) -> dict[str, str]:
    return {
        key: value
        for key, value in constraint.object()["metadata"].get("annotations", {}).items()
        if key.startswith("setpoint.dev/")
    }


def test_suspend_and_resume_are_one_annotation(kube, made):
    """Twice is once."""
    constraint = made()
    assert kube("suspend", "checkout").out.startswith("suspended checkout")
    assert kube("suspend", "checkout").out == "checkout is suspended already\n"
    assert annotations(constraint) == {"setpoint.dev/suspended": "true"}
    assert kube("resume", "checkout").out == "resumed checkout\n"
    assert kube("resume", "checkout").out == "checkout is not suspended\n"
    assert annotations(constraint) == {}


def test_the_spec_is_left_to_whoever_wrote_it(kube, made):
    """GitOps would put it back: the command says where to change it, and leaves the generation as it is."""
    constraint = made(spec={"suspend": True})
    said = kube("resume", "checkout")
    assert said.code == 2
    assert "set it to false where the constraint is written" in said.err
    assert constraint.object()["metadata"]["generation"] == 1


def test_a_suspended_constraint_is_not_run(kube, made):
    """What to do first is said."""
    constraint = made()
    kube("suspend", "checkout")
    said = kube("run", "checkout")
    assert said.code == 4
    assert "`setpoint kube resume checkout` first" in said.err
    assert "setpoint.dev/run" not in annotations(constraint)


def test_the_attempt_that_waits_is_approved(kube, made):
    """Exactly that one, and what it is is said."""
    constraint = made(**WAITS)
    said = kube("approve", "checkout")
    assert said.code == 0
    assert said.out.startswith("approved r0123456789-2 of checkout: remediation r0123456789: attempt 2")
    assert annotations(constraint) == {"setpoint.dev/approve": "r0123456789-2"}


def test_another_attempt_than_the_one_that_waits_is_refused(kube, made):
    """What people looked at may be an older one."""
    constraint = made(**WAITS)
    said = kube("approve", "checkout", "r0123456789-1")
    assert said.code == 2
    assert "r0123456789-2 does" in said.err
    assert annotations(constraint) == {}


def test_where_nothing_waits_nothing_is_approved(kube, made):
    """An approval must not lie around for something to come."""
    constraint = made(
        conditions={"Ready": READY, "Remediating": ("True", "Verifying", "")}, remediation=WAITS["remediation"]
    )
    said = kube("approve", "checkout")
    assert said.code == 2
    assert "its condition Remediating is True Verifying" in said.err
    assert annotations(constraint) == {}


def test_the_constraint_that_was_read_is_changed_and_no_other_of_its_name(served, made, namespace):
    """Deleted and made again between the two: the new one is left alone."""
    constraint = made()
    access = Access(connect(str(served.kubeconfig)), namespace)
    found = access.one("checkout")
    constraint.delete()
    made()
    with pytest.raises(ClusterFailed):
        access.change(found, {"setpoint.dev/suspended": "true"})
    assert annotations(constraint) == {}
