"""Which cluster is meant: $CLUSTER is own (the default), kind or current."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testbed import cluster, current, images, kind
from testbed.places import AUDIT_LOG, KUBECONFIG, TestbedError


@dataclass(frozen=True)
class Provider:
    """One way to have a cluster. `audit_log` is None where it cannot be read."""

    up: Callable[[], None]
    down: Callable[[], None]
    status: Callable[[], int]
    images: Callable[[], None]
    kubeconfig: Callable[[], Path]
    audit_log: Path | None = None


_PROVIDERS = {
    "own": Provider(cluster.up, cluster.down, cluster.status, images.build_and_load, lambda: KUBECONFIG, AUDIT_LOG),
    "kind": Provider(kind.up, kind.down, kind.status, kind.build_images, lambda: kind.KUBECONFIG),
    "current": Provider(current.up, current.down, current.status, current.build_images, current.kubeconfig),
}


def chosen() -> Provider:
    """The one that $CLUSTER names."""
    name = os.environ.get("CLUSTER") or "own"
    if name not in _PROVIDERS:
        raise TestbedError(f"CLUSTER={name} is unknown; it is one of {', '.join(_PROVIDERS)}")
    return _PROVIDERS[name]
