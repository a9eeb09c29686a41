"""What a kubeconfig says of contexts and namespaces, for commands that people call."""

from pathlib import Path

from kubernetes import config
from kubernetes.config.config_exception import ConfigException

# Where a pod finds the namespace that it runs in.
OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def contexts(kubeconfig: str | None = None) -> list[str]:
    """The names of the contexts; none where there is no usable kubeconfig."""
    try:
        known, _ = config.list_kube_config_contexts(kubeconfig)
    except (ConfigException, OSError, ValueError, TypeError, AttributeError):
        return []
    return [str(one["name"]) for one in known]


def namespace_of(kubeconfig: str | None = None, context: str | None = None) -> str:
    """The namespace of the context in use; without a kubeconfig that of the pod; else `default`."""
    try:
        known, active = config.list_kube_config_contexts(kubeconfig)
    except (ConfigException, OSError, ValueError, TypeError, AttributeError):
        return OWN_NAMESPACE.read_text().strip() if OWN_NAMESPACE.is_file() else "default"
    chosen = next((one for one in known if one["name"] == context), active)
    return str((chosen.get("context") or {}).get("namespace") or "default")
