"""Loads that have to wait for their time: windows and freezes of the operator's configuration."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from apiserver.operator.conftest import KIND, Shop, eventually
from apiserver.scripted import loads


def moment(hours: float, form: str = "%Y-%m-%dT%H:%M") -> str:
    """So many hours from now."""
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime(form)


def away() -> dict[str, str]:
    """A window that is not now."""
    return {"start": moment(3, "%H:%M"), "end": moment(5, "%H:%M")}


def held(shop: Shop, why: str) -> None:
    """Wait until it says so; for some looks nothing begins."""
    shop.becomes("LoadGenerated", "Unknown", "Waiting")
    assert why in shop.message("LoadGenerated") and ", until 20" in shop.message("LoadGenerated")
    time.sleep(3)
    assert shop.jobs() == [] and "lastRun" not in shop.status()


def test_a_freeze_holds_a_load_and_says_why_and_until_when(shop: Shop) -> None:
    """Also one that people ask for; when it is lifted the load runs, without a restart."""
    frozen = {"start": moment(-1), "end": moment(5), "reason": "the end of the year"}
    shop.configure(freezes=[frozen])
    shop.deploy()
    shop.constrain()
    shop.kubectl("annotate", KIND, "checkout", "setpoint.dev/run=1-outside-windows")
    held(shop, "frozen: the end of the year")
    assert shop.status()["nextRunTime"] == f"{frozen['end']}:00Z"
    assert shop.condition("Ready")[0] == "True"
    shop.configure(freezes=[{**frozen, "namespaces": ["another"]}])
    shop.ends()
    assert shop.condition("Compliant") == ("True", "WithinSetpoints")


def test_outside_of_its_windows_a_load_waits_unless_somebody_says_otherwise(shop: Shop) -> None:
    """In the request itself: a request as such waits too."""
    shop.configure(windows=[away()])
    shop.deploy()
    shop.constrain()
    shop.kubectl("annotate", KIND, "checkout", "setpoint.dev/run=1")
    held(shop, "outside of the windows")
    shop.kubectl("annotate", "--overwrite", KIND, "checkout", "setpoint.dev/run=2-outside-windows")
    assert shop.ends()["trigger"] == "Requested"
    shop.kubectl(
        "patch", KIND, "checkout", "--type=merge", "--patch", '{"spec":{"constraints":{"memory":{"maxMb":9}}}}'
    )
    shop.becomes("LoadGenerated", "Unknown", "Waiting")  # the old request lets no other run through
    assert shop.status()["lastRun"]["number"] == 1


def test_a_load_that_waited_for_its_turn_does_not_begin_outside_of_the_windows(shop: Shop) -> None:
    """However long the others took."""
    shop.configure(ceilings={"concurrentLoads": 1})
    shop.node.load = loads.lasts
    for name in ("one", "two"):
        shop.deploy(name)
        shop.constrain(name, target=name)
    eventually(
        lambda: {shop.condition("LoadGenerated", name)[1] for name in ("one", "two")} == {"Running", "Waiting"}, 40
    )
    [runs] = [name for name in ("one", "two") if shop.condition("LoadGenerated", name)[1] == "Running"]
    [waits] = {"one", "two"} - {runs}
    shop.configure(ceilings={"concurrentLoads": 1}, windows=[away()])
    shop.kubectl("delete", KIND, runs)
    eventually(lambda: "outside of the windows" in shop.message("LoadGenerated", waits), 40)
    eventually(lambda: shop.jobs() == [], 20)
    time.sleep(3)
    assert shop.jobs() == []


@pytest.mark.parametrize(
    "wrong",
    [{"windows": [{"start": "22:00"}]}, {"freezes": [{"start": "2026-12-20", "end": "2027-01-01", "reason": "x"}]}],
)
def test_a_window_or_freeze_with_a_mistake_leaves_the_configuration_before_it(shop: Shop, wrong: dict) -> None:
    """And says where it is."""
    shop.configure(suspended=True)
    shop.deploy()
    shop.constrain()
    shop.becomes("Ready", "True", "Suspended")
    shop.configure(**wrong)
    eventually(lambda: f"{next(iter(wrong))}[0]" in shop.operator.logged(), 20)
    time.sleep(1)
    assert shop.condition("Ready") == ("True", "Suspended")
