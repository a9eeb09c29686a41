"""The commands of docs/gitops.md: `kubectl wait` on Ready and on Compliant."""

import pytest

WITHIN = {"Ready": ("True", "Enforcing", ""), "Compliant": ("True", "WithinSetpoints", "")}
BREACHED = {"Ready": ("True", "Enforcing", ""), "Compliant": ("False", "SetpointBreached", "memory is over")}
UNKNOWN = {"Ready": ("True", "Enforcing", ""), "Compliant": ("Unknown", "NoData", "")}
STALLED = {"Ready": ("False", "DependencyNotReady", ""), "Stalled": ("True", "PolicyDenied", "")}


@pytest.fixture
def met(api, namespace):
    """Whether `kubectl wait performanceconstraint/checkout --for=condition=...` ends well, and soon."""

    def _met(condition: str) -> bool:
        words = ("wait", "performanceconstraint/checkout", f"--for=condition={condition}", "--timeout=1s")
        return api.kubectl.attempt(*words, "-n", namespace).returncode == 0

    return _met


@pytest.mark.parametrize(
    ("conditions", "ready", "compliant"),
    [(WITHIN, True, True), (BREACHED, True, False), (UNKNOWN, True, False), (STALLED, False, False)],
)
def test_waits_end_when_the_condition_is_true(made, met, conditions, ready, compliant):
    """A breach, or not knowing, holds up who waits for Compliant, and nobody else."""
    made(conditions=conditions)
    assert (met("Ready"), met("Compliant")) == (ready, compliant)


def test_a_wait_can_be_for_a_breach(made, met):
    """To see a test service break, for example."""
    made(conditions=BREACHED)
    assert met("Compliant=False")


def test_a_verdict_on_the_spec_before_ends_no_wait(made, met):
    """`kubectl apply` and `kubectl wait` in one script: the old verdict is not the answer."""
    constraint = made(conditions=WITHIN)
    constraint.patch({"spec": {"constraints": {"memory": {"maxMb": 1}}}})
    assert not met("Compliant")


def test_a_constraint_that_nobody_has_looked_at_is_not_taken_as_done(made, met):
    """The definition gives it a generation that cannot be: kstatus, and so Flux, reads that as being in progress."""
    found = made().object()
    assert found["status"] == {"observedGeneration": -1} != {"observedGeneration": found["metadata"]["generation"]}
    assert not met("Ready")
