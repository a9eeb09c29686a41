"""What a process remembers of constraints, beside what is in the cluster."""

import json
from typing import Any

import pytest

from setpoint.api.configuration import Configuration
from setpoint.api.status import RemediationStatus
from setpoint.kube.cache import Cache
from setpoint.kube.cluster import connect
from setpoint.kube.metrics import Metrics
from setpoint.kube.reconciler import Reconciler, World
from setpoint.kube.repair.allowed import Turns
from setpoint.kube.slots import Slots

KEY = ("shop", "checkout")
ABOUT: dict[str, Any] = {"namespace": "shop", "name": "checkout", "uid": "u-1", "resourceVersion": "1"}
LEAVING = {**ABOUT, "resourceVersion": "2", "deletionTimestamp": "2026-01-01T00:00:00Z"}


@pytest.fixture
def world(tmp_path):
    """One that has repaired a constraint; nothing answers where its API server should be."""
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "a", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "a", "user": {}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "current-context": "a",
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig))
    cluster, cache = connect(str(tmp_path / "kubeconfig")), Cache()
    world = World(cluster, cache, Slots(cluster, ()), Configuration, Metrics(), Turns(cache.constraints))
    cache.see_constraint({"metadata": ABOUT})
    world.repairing[KEY], world.missing[KEY] = RemediationStatus(id="rem1"), 3
    return world


@pytest.mark.parametrize(("about", "gone"), [(ABOUT, True), (LEAVING, False)], ids=["gone", "on its way out"])
def test_of_a_constraint_that_is_deleted_nothing_is_remembered(world, about, gone):
    """The next one of its name is another."""
    world.cache.see_constraint({"metadata": about}, deleted=gone)
    assert Reconciler(world).visit(KEY) is None
    assert (world.repairing, world.missing) == ({}, {})
