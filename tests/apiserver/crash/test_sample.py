"""A few of the plans of `make test-crash`, each of another kind, and those that once ended badly."""

import fnmatch
import random
from collections.abc import Iterator

import pytest

from apiserver.crash.plans import ANSWERS, EXPIRED, KILLS, STALE, plans_of
from apiserver.crash.seen import Fault, Plan, Seen
from apiserver.crash.stand import Finished, Stand
from apiserver.crash.table import carried_through, standing

SEED, CANDIDATES = 8, 3
SAMPLED = {
    "the operator dies before a write": "write-*-before",
    "the operator dies after a write": "write-???-after",
    "a write is in conflict": "write-*-409",
    "a write is carried out and the answer is an error": "write-*-500-after",
    "the operator dies while it asks the outside": "outside-*-before",
    "the forge's pod is lost once it was done": "outside-*-lost-after",
    "a list is one of before": "list-*-stale",
    "a list cannot be gone on with": "list-*-410",
    "a watch is to be begun later": "watch-*-429",
    "an event never comes": "event-*-drop",
}
OURS, LEFT = "app.kubernetes.io/managed-by=setpoint", "setpoint.dev/remediation=*"
ONCE = {
    "what is to be swept is not in a list of before": (Seen("list", f"LIST networkpolicies {OURS},{LEFT}", 1), STALE),
    "the loads that are under way cannot be listed": (
        Seen("list", f"LIST jobs {OURS},setpoint.dev/role in (load,profile,verify)", 1),
        EXPIRED,
    ),
    "a watch cannot be gone on with": (Seen("watch", f"WATCH pods {OURS}", 1), EXPIRED),
    "a load is not removed for another conflict than its uid": (
        Seen("write", "DELETE jobs setpoint-load-*", 1),
        ANSWERS["409"],
    ),
    "the operator dies before it says that people merged": (
        Seen("write", "PUT performanceconstraints checkout status Merged", 1),
        KILLS["before"],
    ),
    "the operator dies before the Job of a look goes": (
        Seen("write", "DELETE jobs setpoint-*-poll-0", 1),
        KILLS["before"],
    ),
    "the operator dies before what a look gave goes": (
        Seen("write", "DELETE configmaps setpoint-*-poll-0", 1),
        KILLS["before"],
    ),
}


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    """An API server of its own: the node of the other suites would play the same pods."""
    with standing() as made:
        yield made


@pytest.fixture(scope="module")
def reference(stand: Stand) -> Finished:
    """A run in which nothing goes wrong."""
    run = stand.run("reference", None)
    assert not run.faults
    assert run.end["remediation"]["ended"] == "Merged"
    return run


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("names", SAMPLED.values(), ids=SAMPLED.keys())
def test_a_repair_ends_as_if_nothing_had_gone_wrong(stand: Stand, reference: Finished, names: str) -> None:
    """One Job of each kind, one branch, one pull request, nothing left, nothing that went back."""
    plans = [plan for plan in plans_of(reference.seen) if fnmatch.fnmatch(plan.name, names)]
    for plan in random.Random(SEED).sample(plans, min(CANDIDATES, len(plans))):
        found, run = carried_through(stand, plan, reference)
        assert not found, (plan.name, found)
        if run.met:  # else things happened in another order this time
            return
    pytest.fail(f"none of the moments {names} came")


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("at", "fault"), ONCE.values(), ids=ONCE.keys())
def test_what_once_ended_otherwise_does_not_again(stand: Stand, reference: Finished, at: Seen, fault: Fault) -> None:
    """Each was a fault of the operator."""
    found, run = carried_through(stand, Plan("once", at, fault), reference)
    assert run.met
    assert not found, found
