"""The operator dies, the constraint goes: nothing doubled, nothing left."""

import time

import pytest

from apiserver.operator.conftest import KIND, Shop, eventually
from apiserver.scripted import loads

MOMENTS = {"before the load runs": "Scheduled", "under the load": "Running"}


@pytest.mark.parametrize("reason", MOMENTS.values(), ids=MOMENTS.keys())
def test_an_operator_that_is_killed_is_followed_by_one_that_adopts_the_load(shop: Shop, reason: str) -> None:
    """One load pod, one verdict."""
    before = len(shop.node.played)
    shop.node.load = loads.completes(5)
    shop.deploy()
    shop.constrain()
    eventually(lambda: shop.condition("LoadGenerated")[1] in (reason, "Running"), 20)
    shop.operator.kill()
    shop.operator.start()
    run = shop.ends()
    assert run["number"] == 1
    assert shop.condition("Compliant") == ("True", "WithinSetpoints")
    assert len(shop.node.played) == before + 1


def test_a_load_that_ended_while_the_operator_was_away_is_judged_when_it_is_back(shop: Shop) -> None:
    """The Job waits for it with its last frame."""
    shop.node.load = loads.completes(3)
    shop.deploy()
    shop.constrain()
    shop.becomes("LoadGenerated", "Unknown", "Running")
    shop.operator.kill()
    eventually(lambda: shop.objects("jobs", "batch/v1")[0]["status"].get("succeeded") == 1, 20)
    shop.operator.start()
    shop.ends()
    assert shop.condition("Compliant") == ("True", "WithinSetpoints")


def test_a_constraint_that_is_deleted_under_its_load_takes_the_load_with_it(shop: Shop) -> None:
    """Within 15 seconds nothing is left."""
    shop.node.load = loads.lasts
    shop.deploy()
    shop.constrain()
    shop.becomes("LoadGenerated", "Unknown", "Running")
    shop.kubectl("delete", KIND, "checkout", "--timeout=5s")
    eventually(lambda: shop.managed() == [], 15)


def test_a_constraint_can_be_deleted_while_the_operator_is_away(shop: Shop) -> None:
    """No finalizer holds it, and the cluster removes what was its."""
    shop.node.load = loads.lasts
    shop.deploy()
    shop.constrain()
    shop.becomes("LoadGenerated", "Unknown", "Running")
    shop.operator.kill()
    shop.kubectl("delete", KIND, "checkout", "--timeout=5s")
    eventually(lambda: shop.managed() == [], 20)
    shop.operator.start()
    time.sleep(2)
    assert shop.managed() == []


def test_an_operator_that_is_asked_to_stop_does_so_in_good_order(shop: Shop) -> None:
    """Within seconds, with exit code 0; the load goes on."""
    shop.node.load = loads.lasts
    shop.deploy()
    shop.constrain()
    shop.becomes("LoadGenerated", "Unknown", "Running")
    asked = time.monotonic()
    assert shop.operator.stop() == 0
    assert time.monotonic() - asked < 5
    assert len(shop.jobs()) == 1


def test_a_status_that_somebody_wrote_into_does_not_fool_the_operator(shop: Shop) -> None:
    """It is not a verdict, and not a run."""
    shop.deploy()
    shop.constrain()
    shop.ends()
    shop.kubectl(
        "patch", KIND, "checkout", "--subresource=status", "--type=merge", "--patch", '{"status":{"lastRun":null}}'
    )
    run = shop.ends()
    assert run["result"] == "Within"
