"""Targets that are not there, come, go and change, and two constraints on one of them."""

import threading
import time
from functools import partial

import pytest

from apiserver.operator.conftest import KIND, Shop, eventually
from apiserver.scripted import loads
from apiserver.scripted.node import Stage, serves


def test_a_target_that_is_not_there_is_waited_for(shop: Shop) -> None:
    """Without polling: its Deployment is watched."""
    shop.constrain()
    shop.becomes("TargetAvailable", "False", "NotFound")
    assert shop.condition("Ready") == ("False", "DependencyNotReady")
    assert shop.condition("Compliant") == ("Unknown", "AwaitingFirstRun")
    shop.deploy()
    shop.ends()
    assert shop.condition("Compliant") == ("True", "WithinSetpoints")
    assert shop.condition("Ready") == ("True", "ObservingOnly")


def test_a_target_without_replicas_is_not_loaded(shop: Shop) -> None:
    """Nor one that is paused."""
    shop.deploy(replicas=0)
    shop.constrain()
    shop.becomes("TargetAvailable", "False", "ScaledToZero")
    assert shop.jobs() == []


def test_a_service_that_is_not_there_is_named(shop: Shop) -> None:
    """The constraint cannot be enforced until it is."""
    shop.deploy()
    shop.constrain(target="checkout", name="lost")
    shop.kubectl("delete", "service", "checkout")
    shop.constrain(name="other")
    shop.becomes("TargetAvailable", "False", "NotFound", name="other")
    assert "Service checkout" in shop.message("TargetAvailable", name="other")


def test_a_service_that_leads_elsewhere_gets_no_load(shop: Shop) -> None:
    """What is loaded must be what is measured."""
    shop.deploy()
    shop.kubectl("patch", "service", "checkout", "--patch", '{"spec":{"selector":{"app":"till"}}}')
    shop.constrain()
    shop.becomes("TargetAvailable", "False", "NotFound")
    assert "does not select" in shop.message("TargetAvailable")
    assert shop.jobs() == []


CHANGES = {
    "is deleted": ["delete", "deployment", "checkout"],
    "is scaled to zero": ["scale", "deployment/checkout", "--replicas=0"],
    "gets another image": ["set", "image", "deployment/checkout", "app=checkout:2"],
    "is paused": ["rollout", "pause", "deployment/checkout"],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_target_that_changes_under_the_load_voids_the_run(shop: Shop, change: list[str]) -> None:
    """What was measured is about nothing that is there now: never Breached, never Within."""
    shop.node.load = loads.lasts
    shop.deploy()
    shop.constrain(onRollout=False)
    shop.becomes("LoadGenerated", "Unknown", "Running")
    shop.kubectl(*change)
    run = shop.ends()
    assert shop.condition("LoadGenerated") == ("False", "Aborted")
    assert shop.condition("Compliant") == ("Unknown", "TargetChanged")
    assert run["result"] == "Inconclusive"
    eventually(lambda: shop.jobs() == [], 15)


def test_a_target_that_is_scaled_under_the_load_is_judged_by_the_pods_that_stayed(shop: Shop) -> None:
    """F15: through the subresource that an autoscaler writes. The one that joined is large, and says nothing."""
    scaled = threading.Event()

    def load(stage: Stage) -> None:
        stage.run()
        scaled.wait(60)
        loads.completes()(stage)

    shop.node.load = load
    shop.deploy()
    shop.constrain()
    shop.becomes("LoadGenerated", "Unknown", "Running")
    before = shop.pods()
    shop.node.others = partial(serves, age=0)
    shop.kubectl("scale", "deployment/checkout", "--replicas=2")
    shop.kubectl("rollout", "status", "deployment/checkout", "--timeout=30s")
    [joined] = set(shop.pods()) - set(before)
    shop.prometheus.pods, shop.prometheus.other_levels_mb[joined] = shop.pods(), 900
    scaled.set()
    run = shop.ends()
    assert (run["number"], run["result"]) == (1, "Within"), shop.status()
    assert shop.condition("TargetAvailable") == ("True", "Available")
    assert shop.message("TargetAvailable") == "2 of 2 replicas are available"


def test_two_constraints_on_one_target_load_it_one_after_the_other(shop: Shop) -> None:
    """Strictly: at no moment are there two loads, and both get their verdict."""
    shop.node.load = loads.completes(4)
    shop.deploy()
    shop.constrain("one")
    shop.constrain("two")
    most = 0
    until = time.monotonic() + 60
    while time.monotonic() < until:
        most = max(most, shop.loading())
        if all((shop.status(name).get("lastRun") or {}).get("finishedAt") for name in ("one", "two")):
            break
        time.sleep(0.2)
    assert most == 1
    assert [shop.condition("Compliant", name)[0] for name in ("one", "two")] == ["True", "True"]


def test_a_spec_that_cannot_work_stalls_with_what_to_write_instead(shop: Shop) -> None:
    """What CEL cannot know: a day that never comes, an endpoint that is not configured, a query that is not allowed."""
    shop.deploy()
    shop.constrain("cron", schedule="0 0 30 2 *")
    shop.becomes("Stalled", "True", "InvalidSpec", name="cron")
    assert "spec.schedule" in shop.message("Stalled", name="cron")
    shop.constrain("endpoint", telemetry={"prometheus": "elsewhere"})
    shop.becomes("Stalled", "True", "PolicyDenied", name="endpoint")
    assert "default" in shop.message("Stalled", name="endpoint")
    shop.constrain("query", constraints={"custom": [{"name": "q", "query": "up", "max": 1}]})
    shop.becomes("Stalled", "True", "PolicyDenied", name="query")
    shop.constrain("fast", load={"http": {"rate": 5000}, "duration": "10s"})
    shop.becomes("LoadGenerated", "False", "CeilingExceeded", name="fast")
    assert shop.jobs() == []
    shop.kubectl("patch", KIND, "cron", "--type=merge", "--patch", '{"spec":{"schedule":"0 2 * * *"}}')
    shop.ends(name="cron")
    assert shop.condition("Stalled", name="cron") == ("", "")
    eventually(lambda: shop.status("cron").get("nextRunTime", "").endswith("T02:00:00Z"), 20)
