"""The machine's real cluster: adopted when it answers, else brought up. It stays up: make cluster-down ends it."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from testbed.audit import Audit
from testbed.kubectl import Kubectl
from testbed.providers import Provider, chosen


class Cluster:
    """A cluster to test in: `kubectl(...)`, `kubeconfig`, `audit` from now on, `namespace()` for a fresh one."""

    def __init__(self, provider: Provider) -> None:
        self.kubeconfig = provider.kubeconfig()
        self.kubectl = Kubectl(self.kubeconfig)
        self.audit_log = provider.audit_log
        self.namespaces: list[str] = []

    @property
    def audit(self) -> Audit:
        """The requests from now on."""
        assert self.audit_log, "this kind of cluster has no audit log that can be read"
        return Audit(self.audit_log).now()

    def namespace(self, prefix: str = "test", **labels: str) -> str:
        """Makes a namespace; it goes when the session ends."""
        name = f"{prefix}-{uuid.uuid4().hex[:8]}"
        metadata = {"name": name, "labels": labels}
        self.kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        self.namespaces.append(name)
        return name

    def prometheus(self, query: str) -> list[dict[str, Any]]:
        """What the cluster's Prometheus answers now: a list of {"metric": {...}, "value": [time, text]}."""
        path = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query"
        answer = json.loads(self.kubectl("get", "--raw", f"{path}?{urlencode({'query': query})}"))
        return answer["data"]["result"]

    def eventually(self, look: Callable[[], Any], seconds: float = 60, story: Callable[[], str] = str) -> Any:
        """The first answer of look() that is true; `story` says how things stand if there is none in time."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < deadline, f"not seen within {seconds:.0f} s\n{story()}"
            time.sleep(1)
        return found


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster, with everything that the session made in it removed at its end."""
    provider = chosen()
    provider.up()
    provider.images()
    cluster = Cluster(provider)
    yield cluster
    for name in cluster.namespaces:
        cluster.kubectl.attempt("delete", "namespace", name, "--wait=false")


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own."""
    name = cluster.namespace()
    yield name
    cluster.kubectl.attempt("delete", "namespace", name, "--wait=false")
