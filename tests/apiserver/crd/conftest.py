"""The CRD as `make crds` wrote it, in a real API server."""

from pathlib import Path

import pytest

from apiserver.crd.asking import Collection
from setpoint.api.resource import API_VERSION, KIND, PLURAL
from testbed.control_plane import ControlPlane

CRD = Path(__file__).parents[3] / "crds/performanceconstraints.setpoint.dev.yaml"
NAME = "crd/performanceconstraints.setpoint.dev"


@pytest.fixture(scope="session")
def installed(api: ControlPlane) -> ControlPlane:
    """The API server, with our kind of object in it."""
    api.kubectl("apply", "--server-side", "--filename", str(CRD))
    api.kubectl("wait", "--for=condition=Established", NAME, "--timeout=60s")
    return api


@pytest.fixture(scope="session")
def server(installed: ControlPlane) -> Collection:
    """Whom to ask."""
    return Collection(installed, API_VERSION, KIND, PLURAL)
