"""The way to the names of the cluster, for pods that a NetworkPolicy lets nowhere else. Pure."""

from typing import Any

# A policy is about the pods behind the Service of that name: most listen on 53, those of OpenShift on 5353.
_PORTS = (53, 5353)


def to_names() -> dict[str, Any]:
    """The rule of an egress."""
    ports = [{"protocol": protocol, "port": port} for port in _PORTS for protocol in ("UDP", "TCP")]
    return {"to": [{"namespaceSelector": {}}], "ports": ports}
