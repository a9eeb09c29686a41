"""What a constraint costs that stands still: nothing."""

import time

from apiserver.operator.conftest import Shop
from testbed.audit import Audit

IDLE_SECONDS = 20


def test_an_idle_constraint_costs_no_request(shop: Shop, audit: Audit) -> None:
    """Neither to the API server nor to Prometheus; watches that reconnect apart."""
    shop.deploy()
    shop.constrain()
    shop.ends()
    time.sleep(2)
    asked, quiet = len(shop.prometheus.queries), audit.now()
    time.sleep(IDLE_SECONDS)
    requests = [event for event in quiet.requests(agent="setpoint-operator") if event["verb"] != "watch"]
    requests += [event for event in quiet.requests(agent="kopf") if event["verb"] != "watch"]
    assert requests == []
    assert len(shop.prometheus.queries) == asked


def test_an_operator_that_starts_anew_writes_nothing(shop: Shop, audit: Audit) -> None:
    """What it would say stands there already."""
    shop.deploy()
    shop.constrain()
    shop.ends()
    shop.operator.stop()
    fresh = audit.now()
    shop.operator.start()
    time.sleep(3)
    writes = fresh.requests(agent="setpoint-operator", verbs=("create", "update", "patch", "delete"))
    assert writes == []


def test_the_object_carries_no_finalizer_and_no_annotation_of_ours(shop: Shop) -> None:
    """Nothing that would hold it, or differ from what is in Git."""
    shop.deploy()
    shop.constrain()
    shop.ends()
    metadata = shop.plane.kubectl.json(
        "get", "performanceconstraints.setpoint.dev", "checkout", "--namespace", shop.namespace
    )["metadata"]
    assert "finalizers" not in metadata
    assert list(metadata["annotations"]) == ["kubectl.kubernetes.io/last-applied-configuration"]


def test_the_operator_tells_of_its_health(shop: Shop) -> None:
    """To the kubelet and to Prometheus."""
    assert [shop.operator.ask(path) for path in ("/healthz", "/readyz", "/metrics", "/nothing")] == [200, 200, 200, 0]
