"""A constraint that is deleted in the middle of its repair: whatever the step, nothing is left."""

import time

import pytest

from apiserver.operator.conftest import KIND
from apiserver.operator.repair.conftest import Repaired, eventually


@pytest.mark.parametrize("role", ["source", "profile", "agent", "gate", "test", "forge", "verify"])
def test_a_constraint_that_is_deleted_leaves_nothing(repaired: Repaired, role: str) -> None:
    """F11: in each step."""
    repaired.repairs.seconds = 4 if role == "forge" else 0.2
    if role != "forge":
        repaired.repairs.answers[role] = lambda *_: time.sleep(600)
    repaired.apply()
    eventually(lambda: role in repaired.repairs.seen, 60, lambda: str(repaired.shop.status()))
    repaired.shop.kubectl("delete", KIND, "checkout")
    eventually(lambda: not repaired.shop.managed(), 40, lambda: str(repaired.shop.managed()))
