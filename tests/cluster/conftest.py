"""The machine's real cluster: adopted when it answers, else brought up. It stays up: make cluster-down ends it."""

import uuid
from collections.abc import Iterator

import pytest

from testbed import cluster as testbed_cluster
from testbed.audit import Audit
from testbed.kubectl import Kubectl
from testbed.places import AUDIT_LOG, KUBECONFIG


class Cluster:
    """A cluster to test in: `kubectl(...)`, `kubeconfig`, `audit` from now on, `namespace()` for a fresh one."""

    def __init__(self) -> None:
        self.kubeconfig = KUBECONFIG
        self.kubectl = Kubectl(KUBECONFIG)
        self.namespaces: list[str] = []

    @property
    def audit(self) -> Audit:
        """The requests from now on."""
        return Audit(AUDIT_LOG).now()

    def namespace(self, prefix: str = "test", **labels: str) -> str:
        """Makes a namespace; it goes when the session ends."""
        name = f"{prefix}-{uuid.uuid4().hex[:8]}"
        metadata = {"name": name, "labels": labels}
        self.kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        self.namespaces.append(name)
        return name


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster, with everything that the session made in it removed at its end."""
    testbed_cluster.up()
    cluster = Cluster()
    yield cluster
    for name in cluster.namespaces:
        cluster.kubectl.attempt("delete", "namespace", name, "--wait=false")


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    name = cluster.namespace()
    yield name
    cluster.kubectl.attempt("delete", "namespace", name, "--wait=false")
