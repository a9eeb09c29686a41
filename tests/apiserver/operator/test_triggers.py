"""What begins a run, and what ends one before its time."""

import time

from apiserver.operator.conftest import KIND, Shop, eventually
from apiserver.scripted import loads


def test_a_new_generation_runs_and_the_old_verdict_is_withdrawn_at_once(shop: Shop) -> None:
    """Nobody may take the verdict of the old spec for one of the new."""
    shop.deploy()
    shop.constrain()
    shop.ends(1)
    shop.node.load = loads.lasts
    shop.constrain(constraints={"memory": {"maxMb": 50}})
    shop.becomes("Compliant", "Unknown", "AwaitingFirstRun")
    assert shop.status()["observedGeneration"] == 2


def test_a_spec_that_changes_under_a_load_ends_it_and_a_new_run_begins(shop: Shop) -> None:
    """One load at a time, and the newest spec is the one that counts."""
    shop.node.load = loads.lasts
    shop.deploy()
    shop.constrain()
    shop.becomes("LoadGenerated", "Unknown", "Running")
    shop.node.load = loads.completes()
    shop.constrain(constraints={"memory": {"maxMb": 50}})
    run = shop.ends(2)
    assert (run["number"], run["generation"]) == (2, 2)
    assert shop.condition("Compliant") == ("False", "SetpointBreached")


def test_a_rollout_to_other_images_runs(shop: Shop) -> None:
    """And until its verdict is there, nobody knows."""
    shop.deploy()
    shop.constrain()
    shop.ends(1)
    shop.kubectl("set", "image", "deployment/checkout", "app=checkout:2")
    shop.becomes("Compliant", "Unknown", "TargetChanged")
    eventually(lambda: len(shop.pods()) == 1, 20)
    shop.prometheus.pods = shop.pods()
    run = shop.ends(2)
    assert (run["trigger"], run["images"]) == ("Rollout", ["checkout:2"])


def test_a_rollout_without_other_images_does_not(shop: Shop) -> None:
    """Nor does one where the spec says so."""
    shop.deploy()
    shop.constrain()
    shop.ends(1)
    shop.kubectl("rollout", "restart", "deployment/checkout")
    shop.kubectl("rollout", "status", "deployment/checkout", "--timeout=30s")
    time.sleep(3)
    assert shop.status()["lastRun"]["number"] == 1


def test_a_new_value_of_the_annotation_runs_once(shop: Shop) -> None:
    """However often the same value is seen."""
    shop.deploy()
    shop.constrain()
    shop.ends(1)
    shop.kubectl("annotate", KIND, "checkout", "setpoint.dev/run=now-1")
    assert shop.ends(2)["trigger"] == "Requested"
    time.sleep(3)
    assert shop.status()["lastRun"]["number"] == 2


def test_a_suspended_constraint_loads_nothing_and_goes_on_when_resumed(shop: Shop) -> None:
    """By the annotation, under a load."""
    shop.node.load = loads.lasts
    shop.deploy()
    shop.constrain()
    shop.becomes("LoadGenerated", "Unknown", "Running")
    shop.kubectl("annotate", KIND, "checkout", "setpoint.dev/suspended=true")
    shop.becomes("Ready", "True", "Suspended")
    eventually(lambda: shop.jobs() == [], 10)
    assert shop.condition("LoadGenerated") == ("False", "Aborted")
    shop.node.load = loads.completes()
    shop.kubectl("annotate", KIND, "checkout", "setpoint.dev/suspended-")
    shop.ends(2)
    assert shop.condition("Compliant") == ("True", "WithinSetpoints")


def test_the_kill_switch_ends_every_load_within_ten_seconds_and_needs_no_restart(shop: Shop) -> None:
    """And what was ended runs again when it is lifted."""
    shop.node.load = loads.lasts
    shop.deploy()
    shop.constrain()
    shop.becomes("LoadGenerated", "Unknown", "Running")
    thrown = time.monotonic()
    shop.configure(suspended=True)
    eventually(lambda: shop.jobs() == [] and not shop.loading(), 10)
    assert time.monotonic() - thrown < 10
    shop.becomes("Ready", "True", "Suspended")
    shop.node.load = loads.completes()
    shop.configure(suspended=False)
    shop.ends(2)
    assert shop.condition("Compliant") == ("True", "WithinSetpoints")


def test_a_broken_configuration_is_refused_and_the_last_good_one_holds(shop: Shop) -> None:
    """A typing error must not lift the kill switch."""
    shop.configure(suspended=True)
    shop.deploy()
    shop.constrain()
    shop.becomes("Ready", "True", "Suspended")
    shop.configure(suspended=False, celings={})
    eventually(lambda: "celings" in shop.operator.logged(), 10)
    time.sleep(1)
    assert shop.condition("Ready") == ("True", "Suspended")
    assert shop.jobs() == []
