"""The loads of a repair wait as all others do: for the end of a freeze, for one of so many."""

import time

import pytest

from apiserver.operator.conftest import KIND
from apiserver.operator.repair.conftest import ALLOWED, Repaired, eventually
from apiserver.scripted import loads

FOREVER = {"start": "2020-01-01T00:00", "end": "2099-01-01T00:00", "reason": "the end of the year"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"freezes": [FOREVER]}, "frozen: the end of the year, until 2099"),
        ({"ceilings": {"concurrentLoads": 1}}, "as many as there may be"),
    ],
    ids=["in a freeze", "as one of so many"],
)
@pytest.mark.parametrize(("held", "waits"), [("source", "profile"), ("agent", "copy")])
def test_the_load_of_a_repair_waits_as_any_other(
    repaired: Repaired, held: str, waits: str, change: dict, words: str
) -> None:
    """Before its profile and before its verification, for which there are no copies meanwhile."""
    shop, go_on = repaired.shop, repaired.held_at(held)
    shop.node.load = loads.lasts
    shop.deploy("basket")
    shop.constrain("basket", target="basket")  # the one load that there may be
    shop.becomes("LoadGenerated", "Unknown", "Running", name="basket", seconds=60)
    shop.configure(**{**ALLOWED, **change})
    go_on.set()
    eventually(lambda: words in (repaired.remediation.get("message") or ""), 60, lambda: str(shop.status()))
    time.sleep(3)
    assert waits not in repaired.repairs.seen
    shop.kubectl("delete", KIND, "basket")
    shop.configure(**ALLOWED)
    assert repaired.ends(120)["ended"] == "Verified"
    assert repaired.repairs.forge.names() == ["publish", "report"]
    repaired.leaves_nothing()
