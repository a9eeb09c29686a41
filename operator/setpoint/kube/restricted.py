"""What Pod Security "restricted" asks of our pods, and what keeps others from taking an interest in them."""

from typing import Any

NOBODY = 65532
AS_NOBODY: dict[str, Any] = {
    "runAsNonRoot": True,
    "runAsUser": NOBODY,
    "runAsGroup": NOBODY,
    "seccompProfile": {"type": "RuntimeDefault"},
}
POD_SECURITY: dict[str, Any] = {**AS_NOBODY, "fsGroup": NOBODY}
CONTAINER_SECURITY: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
# A mesh's proxy beside a load would be measured with it, and would keep its Job from ending.
LEFT_ALONE = {
    "sidecar.istio.io/inject": "false",
    "linkerd.io/inject": "disabled",
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
}
