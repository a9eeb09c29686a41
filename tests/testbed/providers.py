"""Which cluster is meant: $CLUSTER is own (the default), kind or current."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testbed import cluster, current, images, kind
from testbed.places import AUDIT_LOG, KUBECONFIG, TestbedError


@dataclass(frozen=True)
class Provider:
    """One way to have a cluster. `load` gives it image archives; `audit_log` is None where it cannot be read."""

    up: Callable[[], None]
    down: Callable[[], None]
    status: Callable[[], int]
    images: Callable[[], None]
    load: Callable[[list[Path]], None]
    kubeconfig: Callable[[], Path]
    audit_log: Path | None = None


_OWN = Provider(
    cluster.up,
    cluster.down,
    cluster.status,
    images.build_and_load,
    cluster.load_images,
    lambda: KUBECONFIG,
    AUDIT_LOG,
)
_KIND = Provider(kind.up, kind.down, kind.status, kind.build_images, kind.load_images, lambda: kind.KUBECONFIG)
_CURRENT = Provider(
    current.up, current.down, current.status, current.build_images, current.load_images, current.kubeconfig
)
_PROVIDERS = {"own": _OWN, "kind": _KIND, "current": _CURRENT}


def chosen() -> Provider:
    """The one that $CLUSTER names."""
    name = os.environ.get("CLUSTER") or "own"
    if name not in _PROVIDERS:
        raise TestbedError(f"CLUSTER={name} is unknown; it is one of {', '.join(_PROVIDERS)}")
    return _PROVIDERS[name]
