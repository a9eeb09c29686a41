"""A real API server for each worker of the suite, as plain processes on loopback."""

import uuid
from collections.abc import Iterator

import pytest

from testbed.control_plane import ControlPlane


@pytest.fixture(scope="session")
def api() -> Iterator[ControlPlane]:
    """etcd, API server and controllers; `api.kubectl(...)`, `api.kubeconfig`, `api.audit_log`."""
    with ControlPlane() as plane:
        yield plane


@pytest.fixture
def namespace(api: ControlPlane) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    api.kubectl("create", "namespace", name)
    yield name
    api.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")
