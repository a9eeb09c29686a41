"""Somebody suspends a constraint, whatever step its repair is in."""

import time

import pytest

from apiserver.operator.conftest import KIND
from apiserver.operator.repair.conftest import Repaired, eventually


def working(repaired: Repaired) -> list[str]:
    """Jobs and Deployments of the repair, but for those that talk to the forge."""
    return [one for one in repaired.left() if one.startswith(("Job", "Deployment")) and "publish" not in one]


@pytest.mark.parametrize("role", ["profile", "agent", "verify"])
def test_suspended_in_any_step_nothing_works_and_nothing_is_pushed_until_it_is_resumed(
    repaired: Repaired, role: str
) -> None:
    """F31: within ten seconds; afterwards it ends as if there had been no pause."""
    go_on = repaired.held_at(role)
    repaired.shop.kubectl("annotate", f"{KIND}/checkout", "setpoint.dev/suspended=true")
    eventually(lambda: not working(repaired), 5, lambda: str(repaired.left()))
    pushed = repaired.repairs.forge.names()
    time.sleep(4)
    assert (working(repaired), repaired.repairs.forge.names()) == ([], pushed)
    go_on.set()
    repaired.shop.kubectl("annotate", f"{KIND}/checkout", "setpoint.dev/suspended-")
    assert repaired.ends(90)["ended"] == "Verified"
    assert repaired.repairs.forge.names() == ["publish", "report"]
    assert repaired.remediation["attempt"] == 1
    repaired.leaves_nothing()
