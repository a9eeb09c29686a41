"""What people type, against the operator in a real cluster: ask for a run, follow it, read it, stop it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cluster.conftest import Cluster
from cluster.test_operator import LOAD, LONG, Office
from testbed.install import install

SETPOINT = Path(sys.executable).with_name("setpoint")
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shop(cluster: Cluster) -> Iterator[Office]:
    """A namespace with the leaky service, and the operator as it is installed."""
    install(cluster.kubeconfig)
    name = cluster.namespace("people")
    shop = Office(cluster, name)
    shop.deploy()
    yield shop
    cluster.kubectl.attempt("delete", "namespace", name, "--wait=false")


@pytest.fixture
def kube(cluster: Cluster, shop: Office) -> Command:
    """`setpoint kube ...` in that namespace."""

    def _kube(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
        command = [str(SETPOINT), "kube", *words, "-n", shop.namespace]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)

    return _kube


def test_a_run_is_asked_for_followed_explained_and_reported(shop: Office, kube: Command) -> None:
    """From the annotation to the exit code, and what is kept of the run afterwards."""
    shop.constrain(LOAD)
    waited = kube("run", "office", "--wait", "--timeout", "3m")
    assert waited.returncode == 1, waited.stderr
    assert waited.stdout.rstrip().endswith("Breached: heap.growth")
    assert "LoadGenerated Unknown Running" in waited.stderr
    got = kube("get", "office")
    assert (got.returncode, "Compliant False SetpointBreached" in got.stdout) == (1, True)
    assert "finish when observing" in kube("explain", "office").stdout
    page = kube("report", "office", "--file", "-").stdout
    assert page.startswith("<!doctype html>") and "<polyline" in page


def test_a_suspension_ends_the_load_and_a_resumption_begins_it_again(shop: Office, kube: Command) -> None:
    """In mid-load; no request reaches the target while it is on."""
    shop.constrain(LONG)
    shop.loaded()
    assert kube("suspend", "office").returncode == 0
    shop.stands_still(10, within=10)
    assert "Ready True Suspended" in kube("get", "office").stdout
    assert kube("run", "office").returncode == 4
    assert kube("resume", "office").returncode == 0
    shop.loaded()
