"""Loads that end in other ways than they should: each with its reason, no verdict, and nothing left."""

import pytest

from apiserver.operator.conftest import Shop, eventually
from apiserver.scripted import loads
from apiserver.scripted.node import Play

WAYS: dict[str, tuple[Play, str]] = {
    "its script is wrong": (loads.fails("ScriptError", "script.js: k6 refuses it", 2), "ScriptError"),
    "it asks for too much": (loads.fails("CeilingExceeded", "load: 9 is above 5", 2), "CeilingExceeded"),
    "it fails": (loads.fails("JobFailed", "k6 died"), "JobFailed"),
    "it leaves no word": (loads.fails("", "", 1), "JobFailed"),
    "it is evicted": (loads.is_evicted, "JobFailed"),
    "its node is lost": (loads.loses_its_node, "JobFailed"),
    "it has no image": (loads.has_no_image, "ImagePullFailed"),
    "no node takes it": (loads.has_no_node, "Unschedulable"),
    "it takes too much memory": (loads.killed_for_memory, "JobFailed"),
}


@pytest.mark.parametrize(("play", "reason"), WAYS.values(), ids=WAYS.keys())
def test_a_load_that_failed_gives_no_verdict(shop: Shop, play: Play, reason: str) -> None:
    """It is Unknown with its reason, and one load was sent, not two."""
    shop.configure(runner={"startWithin": "3s"})
    before = len(shop.node.played)
    shop.node.load = play
    shop.deploy()
    shop.constrain()
    run = shop.ends()
    assert shop.condition("LoadGenerated") == ("False", reason)
    assert shop.condition("Compliant") == ("Unknown", "LoadNotReached")
    assert run["result"] == "Inconclusive"
    eventually(lambda: shop.jobs() == [], 20)
    assert len(shop.node.played) <= before + 1
    assert run["unjudged"] == (0 if reason in ("ScriptError", "CeilingExceeded") else 1)


def test_a_load_whose_job_somebody_deleted_is_not_sent_again_at_once(shop: Shop) -> None:
    """Whoever deleted it meant something by it."""
    shop.node.load = loads.lasts
    shop.deploy()
    shop.constrain()
    shop.becomes("LoadGenerated", "Unknown", "Running")
    shop.kubectl("delete", "job", "--all")
    shop.ends()
    assert shop.condition("LoadGenerated") == ("False", "JobFailed")
    assert "deleted" in shop.message("LoadGenerated")
    assert shop.jobs() == []


def test_a_script_that_is_not_there_is_said_to_be_missing_and_found_when_it_comes(shop: Shop) -> None:
    """Nothing watches ConfigMaps of others: it is looked for again."""
    shop.deploy()
    load = {"script": {"configMap": "checkout-load", "key": "load.js"}, "warmup": "5s", "duration": "55s"}
    shop.constrain(load=load)
    shop.becomes("LoadGenerated", "False", "ScriptError")
    assert shop.condition("Ready") == ("False", "DependencyNotReady")
    shop.kubectl("create", "configmap", "checkout-load", "--from-literal=load.js=export default function () {}")
    shop.ends(seconds=60)
    assert shop.condition("Compliant") == ("True", "WithinSetpoints")
