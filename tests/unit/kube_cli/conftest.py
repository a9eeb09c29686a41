"""Constraints as the API server gives them."""

from collections.abc import Callable
from typing import Any

import pytest

from setpoint.cli.kube.reading import read
from setpoint.kube.facts import Constraint

AT = "2026-01-01T00:00:00Z"


@pytest.fixture
def seen() -> Callable[..., Constraint]:
    """A constraint with that status; `conditions` as {type: (status, reason, message)}."""

    def _seen(generation: int = 1, **status: Any) -> Constraint:
        conditions = [
            {"type": kind, "status": truth, "reason": reason, "message": message, "lastTransitionTime": AT}
            for kind, (truth, reason, message) in status.pop("conditions", {}).items()
        ]
        metadata = {"namespace": "shop", "name": "checkout", "uid": "1", "generation": generation}
        whole = {"observedGeneration": generation, "conditions": conditions, **status}
        return read({"metadata": metadata, "spec": {"target": {"deployment": "checkout"}}, "status": whole})

    return _seen
