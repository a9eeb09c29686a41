"""An operator that dies in the middle of a repair: whatever the step, the next one goes on with it."""

import time

import pytest

from apiserver.operator.repair.conftest import Repaired, eventually


@pytest.mark.parametrize("role", ["source", "profile", "agent", "gate", "test", "forge", "verify"])
def test_an_operator_that_dies_in_a_step_loses_nothing_and_does_nothing_twice(repaired: Repaired, role: str) -> None:
    """One branch, one pull request, the right end."""
    repaired.repairs.seconds = 2
    repaired.apply()
    eventually(lambda: role in repaired.repairs.seen, 60, lambda: str(repaired.shop.status()))
    repaired.shop.operator.kill()
    time.sleep(3)
    repaired.shop.operator.start()
    assert repaired.ends(90)["ended"] == "Verified"
    assert repaired.repairs.forge.names() == ["publish", "report"]
    assert repaired.remediation["attempt"] == 1
    assert repaired.repairs.seen.count("agent") == 1
    repaired.leaves_nothing()
