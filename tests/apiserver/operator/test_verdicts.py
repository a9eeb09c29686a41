"""From a constraint to its verdict, in the status."""

import time

import pytest

from apiserver.operator.conftest import Shop, eventually
from apiserver.scripted import loads


def test_a_target_within_its_setpoints_is_compliant(shop: Shop) -> None:
    """And the run that says so is told of in full."""
    shop.deploy()
    shop.constrain()
    run = shop.ends()
    assert shop.condition("Compliant") == ("True", "WithinSetpoints")
    assert shop.condition("Ready") == ("True", "ObservingOnly")
    assert shop.condition("TargetAvailable") == ("True", "Available")
    assert shop.condition("LoadGenerated") == ("True", "Completed")
    assert shop.condition("MetricsAvailable") == ("True", "Fresh")
    assert shop.condition("Remediating") == ("False", "Disabled")
    assert (run["trigger"], run["number"], run["result"]) == ("NewGeneration", 1, "Within")
    rows = {row["constraint"]: row["result"] for row in shop.status()["constraints"]}
    assert rows == {"memory": "Within", "errors": "Within"}


def test_a_target_over_a_setpoint_is_not_and_the_message_names_it(shop: Shop) -> None:
    """With what was seen and what may be."""
    shop.deploy()
    shop.prometheus.level_mb = 500
    shop.constrain()
    shop.ends()
    assert shop.condition("Compliant") == ("False", "SetpointBreached")
    assert "memory" in shop.message("Compliant")
    assert "300 MB" in shop.message("Compliant")
    assert shop.condition("Ready") == ("True", "ObservingOnly")  # a breach is not the spec's fault
    assert shop.status()["worst"] == "memory"


def test_kubectl_can_wait_for_a_verdict(shop: Shop) -> None:
    """As scripts and pipelines do."""
    shop.deploy()
    shop.constrain()
    place = "performanceconstraints.setpoint.dev/checkout"
    assert "met" in shop.kubectl("wait", "--for=condition=Ready", place, "--timeout=20s")
    assert "met" in shop.kubectl("wait", "--for=condition=Compliant", place, "--timeout=40s")


@pytest.mark.parametrize(
    ("mood", "reason", "rows"),
    [
        ("empty", "Partial", "NoData"),
        ("failing", "Unreachable", "QueryFailed"),
        ("html", "Unreachable", "QueryFailed"),
        ("refusing", "Unauthorized", "QueryFailed"),
        ("slow", "Unreachable", "QueryFailed"),
    ],
)
def test_without_telemetry_nothing_is_claimed(shop: Shop, mood: str, reason: str, rows: str) -> None:
    """Whatever keeps Prometheus from answering in full, the verdict is Unknown and says why."""
    shop.deploy()
    shop.prometheus.mood = mood
    shop.constrain()
    run = shop.ends(seconds=60)
    assert shop.condition("Compliant") == ("Unknown", rows)
    assert shop.condition("MetricsAvailable") == ("False", reason)
    assert run["result"] == "Inconclusive"
    assert run["unjudged"] == 1
    # It is tried again; the visit after the run's end says when.
    eventually(lambda: shop.status().get("nextRunTime", "") > run["finishedAt"], 20)


def test_what_a_run_leaves_is_its_record_and_its_metrics_and_both_are_the_constraints(shop: Shop) -> None:
    """No Job and no pod; what is kept goes with the constraint."""
    shop.deploy()
    shop.constrain()
    run = shop.ends()
    assert shop.jobs() == []
    kept = shop.kubectl(
        "get", "configmaps", "--selector", "app.kubernetes.io/managed-by=setpoint", "--output", "name"
    ).split()
    assert sorted(kept) == [f"configmap/setpoint-{run['id']}", f"configmap/setpoint-{run['id']}-measure"]
    shop.kubectl("delete", "performanceconstraints.setpoint.dev", "checkout")
    gone = ["wait", "--for=delete", f"configmap/setpoint-{run['id']}-measure", "--timeout=30s"]
    shop.kubectl(*gone)


def test_one_query_is_asked_for_each_signal_of_a_run(shop: Shop) -> None:
    """Prometheus is not asked the same thing twice."""
    shop.deploy()
    shop.constrain()
    shop.ends()
    twice = [query for query, count in shop.prometheus.asked.items() if count > 1]
    assert twice == []


@pytest.mark.slow
def test_a_long_load_ends_when_every_row_is_decided(shop: Shop) -> None:
    """At the first of its quarters, half of the requests having failed; what it had done is kept."""
    shop.node.load = loads.goes_on(failing=0.5)
    shop.deploy()
    load = {"http": {"path": "/", "rate": 50}, "warmup": "5s", "duration": "115s"}
    shop.constrain(load=load, constraints={"errors": {"budgetPercent": 1}})
    begun = time.monotonic()
    run = shop.ends(seconds=75)
    assert time.monotonic() - begun < 75
    assert run["result"] == "Breached"
    assert shop.condition("Compliant") == ("False", "SetpointBreached")
    assert shop.jobs() == []
