"""What a kubeconfig says of contexts and namespaces, for commands that people call."""

import os
from pathlib import Path
from typing import Any

from kubernetes.config.config_exception import ConfigException
from kubernetes.config.kube_config import KubeConfigMerger
from yaml import YAMLError

# Where a pod finds the namespace that it runs in.
OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
DEFAULT = "~/.kube/config"


def contexts(kubeconfig: str | None = None) -> list[str]:
    """The names of the contexts; none where there is no usable kubeconfig."""
    return list(_contexts(_merged(kubeconfig)))


def namespace_of(kubeconfig: str | None = None, context: str | None = None) -> str:
    """The namespace of the context in use; without a kubeconfig that of the pod; else `default`."""
    merged = _merged(kubeconfig)
    if not merged:
        return OWN_NAMESPACE.read_text().strip() if OWN_NAMESPACE.is_file() else "default"
    chosen = _contexts(merged).get(context or str(merged.get("current-context")), {})
    return str(chosen.get("namespace") or "default")


def _contexts(merged: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By their names. The client hands the entries of merged files over in a wrapper of its own."""
    try:
        entries = [getattr(one, "value", one) for one in merged.get("contexts") or ()]
        return {str(one["name"]): one.get("context") or {} for one in entries}
    except (TypeError, AttributeError, KeyError):
        return {}


def _merged(kubeconfig: str | None) -> dict[str, Any]:
    """The kubeconfig, of several files in KUBECONFIG too. What is wrong with it is said when it is used to connect."""
    try:
        node = KubeConfigMerger(kubeconfig or os.environ.get("KUBECONFIG") or DEFAULT).config
        merged: dict[str, Any] = dict(node.value) if node is not None else {}
    except (ConfigException, OSError, ValueError, YAMLError, TypeError, AttributeError, KeyError):
        return {}
    return merged
