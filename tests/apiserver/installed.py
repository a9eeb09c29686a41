"""What manifests/install gives and forbids, in a real API server, and how to work there as the operator does."""

import json
import time
from pathlib import Path
from typing import Any

import yaml

from testbed.control_plane import ControlPlane
from testbed.places import TOP

SYSTEM, ACCOUNT = "setpoint-system", "setpoint"
# The kinds that the operator makes, for whoever looks what of them is left.
MADE = {
    "Job": ("batch/v1", "jobs"),
    "Deployment": ("apps/v1", "deployments"),
    "Service": ("v1", "services"),
    "Pod": ("v1", "pods"),
    "ServiceAccount": ("v1", "serviceaccounts"),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies"),
    "ConfigMap": ("v1", "configmaps"),
}
OPERATOR = f"system:serviceaccount:{SYSTEM}:{ACCOUNT}"
_RIGHTS = ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
_POLICIES = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
KIND = "performanceconstraints.setpoint.dev"
# Somebody who may do everything with constraints, in every namespace, and nothing else.
AUTHOR = ("--as", "author", "--as-group", "authors")
# Policies are read by a watch: the first refusal comes a moment after they are there.
EFFECTIVE_SECONDS = 60.0


def documents(*kinds: str) -> list[dict[str, Any]]:
    """The objects of manifests/install of these kinds."""
    text = (TOP / "manifests" / "install" / "setpoint.yaml").read_text()
    return [one for one in yaml.safe_load_all(text) if one["kind"] in kinds]


def install_powers(plane: ControlPlane) -> None:
    """The CRD, the operator's account, all rights and all policies, in force."""
    plane.kubectl("apply", "--server-side", "--filename", str(TOP / "crds"))
    plane.kubectl("wait", "--for=condition=Established", f"crd/{KIND}", "--timeout=30s")
    plane.kubectl.attempt("create", "namespace", SYSTEM)
    _apply(plane, [*documents(*_RIGHTS), *_AUTHORS])
    _apply(plane, documents(*_POLICIES))
    _in_force(plane)


def operators_kubeconfig(plane: ControlPlane, file: Path) -> Path:
    """A kubeconfig with a token of the operator's account, in `file`."""
    token = plane.kubectl("create", "token", ACCOUNT, "--namespace", SYSTEM, "--duration=8h").strip()
    known = json.loads(plane.kubectl("config", "view", "--raw", "--output", "json"))
    known["users"] = [{"name": known["users"][0]["name"], "user": {"token": token}}]
    file.write_text(json.dumps(known))
    return file


def _apply(plane: ControlPlane, objects: list[dict[str, Any]]) -> None:
    listing = {"apiVersion": "v1", "kind": "List", "items": objects}
    plane.kubectl("apply", "--server-side", "--filename", "-", given=json.dumps(listing))


def _in_force(plane: ControlPlane) -> None:
    """Wait until each of the two refuses what it must."""
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "foreign"}}
    forged = {
        "apiVersion": "setpoint.dev/v1alpha1",
        "kind": "PerformanceConstraint",
        "metadata": {"name": "forged"},
        "spec": {
            "target": {"deployment": "a", "service": "a", "port": 80},
            "constraints": {"memory": {"maxMb": 1}},
            "load": {"http": {"rate": 1}},
        },
    }
    for body, who in ((foreign, ("--as", OPERATOR)), (forged, AUTHOR)):
        until = time.monotonic() + EFFECTIVE_SECONDS
        ask = ["create", "--dry-run=server", "--namespace", "default", *who, "--filename", "-"]
        while "denied request" not in (said := plane.kubectl.attempt(*ask, given=json.dumps(body)).stderr):
            assert time.monotonic() < until, f"the policies are not in force: {said}"
            time.sleep(0.2)


_RBAC = "rbac.authorization.k8s.io"
_AUTHORS: list[dict[str, Any]] = [
    {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "authors"},
        "rules": [{"apiGroups": ["setpoint.dev"], "resources": ["performanceconstraints"], "verbs": ["*"]}],
    },
    {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "authors"},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "authors"},
        "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": "authors"}],
    },
]
