"""The policy that binds the operator's own account: its token is good for little that the operator does not do."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from apiserver.crd.asking import checkout
from apiserver.installed import OPERATOR, SYSTEM, install_powers
from setpoint.api.configuration import Configuration
from setpoint.api.loading import read_resource_spec
from setpoint.kube.load_job import LoadRequest
from setpoint.kube.load_job import job_of as load_of
from setpoint.kube.repair.copies import Plant, copy_of
from setpoint.kube.repair.pods import Ground
from testbed.control_plane import ControlPlane

Object = dict[str, Any]
SPEC = read_resource_spec(checkout())
# What a target's pod may look like: copies of it are made all the same, without what must not be copied.
TEMPLATE: Object = {
    "metadata": {"annotations": {"prometheus.io/scrape": "true"}},
    "spec": {
        "serviceAccountName": "checkout",
        "hostNetwork": True,
        "containers": [
            {
                "name": "app",
                "image": "checkout:1",
                "securityContext": {"privileged": True, "capabilities": {"add": ["NET_BIND_SERVICE", "SYS_ADMIN"]}},
                "ports": [{"containerPort": 80, "hostPort": 80}],
                "volumeMounts": [{"name": "node", "mountPath": "/node"}],
            }
        ],
        "volumes": [{"name": "node", "hostPath": {"path": "/"}}],
    },
}


class Thief:
    """Holds the operator's token, and asks in one namespace; nothing that it makes is kept."""

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        self.plane, self.namespace = plane, namespace
        self.owner = {"namespace": namespace, "name": "checkout", "uid": "00000000-0000-0000-0000-000000000000"}
        self.ground = Ground(self.owner, "run", "remediation", Configuration())

    def load(self) -> Object:
        """The Job of a load, as the operator makes it."""
        made = load_of(LoadRequest(self.owner, "run", "run-measure", SPEC, "http://checkout", Configuration()))
        return copy.deepcopy(made)

    def copy(self) -> Object:
        """A copy of the target."""
        made = copy_of(self.ground, Plant(SPEC, TEMPLATE, 80), "key", "candidate", "http://source", "checkout:2")
        return copy.deepcopy(made)

    def small(self, kind: str, **body: Any) -> Object:
        """Any other object of ours."""
        version = "networking.k8s.io/v1" if kind == "NetworkPolicy" else "v1"
        about = self.ground.about("setpoint-remediation-copy", "source")
        return {"apiVersion": version, "kind": kind, "metadata": about, **body}

    def makes(self, body: Object) -> str:
        """What the server says to it; empty: it would be done."""
        return self.asks(["create", "--filename", "-"], body)

    def asks(self, words: list[str], body: Object | None = None) -> str:
        """What it says to a command of kubectl."""
        given = json.dumps(body) if body else None
        namespace = ((body or {}).get("metadata") or {}).get("namespace", self.namespace)
        more = ["--dry-run=server", "--namespace", namespace, "--as", OPERATOR]
        done = self.plane.kubectl.attempt(*words, *more, given=given)
        return done.stderr if done.returncode else ""


@pytest.fixture(scope="module")
def plane(api: ControlPlane) -> ControlPlane:
    """The API server, with rights and policies as the chart installs them."""
    install_powers(api)
    return api


@pytest.fixture
def thief(plane: ControlPlane, namespace: str) -> Thief:
    """In a namespace of the test's own."""
    return Thief(plane, namespace)


def test_what_the_operator_makes_is_taken(thief: Thief) -> None:
    """A load and a copy; tests/apiserver/operator does all the rest under the same policy."""
    assert thief.makes(thief.load()) == ""
    assert thief.makes(thief.copy()) == ""
    assert thief.makes(thief.small("ServiceAccount", automountServiceAccountToken=False)) == ""


def pod(body: Object) -> Object:
    """Its pod's spec."""
    found: Object = body["spec"]["template"]["spec"]
    return found


def box(body: Object) -> Object:
    """Its first container."""
    found: Object = pod(body)["containers"][0]
    return found


def volume(**source: Any) -> Callable[[Object], Any]:
    """One volume more."""
    return lambda body: pod(body)["volumes"].append({"name": "more", **source})


def secured(**context: Any) -> Callable[[Object], Any]:
    """Another security context of its container."""
    return lambda body: box(body)["securityContext"].update(context)


API_TOKEN = {"sources": [{"serviceAccountToken": {"path": "token"}}]}
# Of any pod, a copy too.
POWERS: dict[str, tuple[Callable[[Object], Any], str]] = {
    "the node's files": (volume(hostPath={"path": "/"}), "hostPath"),
    "the node's network": (lambda body: pod(body).update(hostNetwork=True), "hostNetwork"),
    "the node's processes": (lambda body: pod(body).update(hostPID=True), "hostPID"),
    "the node's port": (lambda body: box(body).update(ports=[{"containerPort": 80, "hostPort": 80}]), "hostPort"),
    "privilege": (secured(privileged=True, allowPrivilegeEscalation=True), "privilege"),
    "more privilege later": (secured(allowPrivilegeEscalation=True), "allowPrivilegeEscalation"),
    "capabilities": (secured(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}), "capabilities"),
    "all system calls": (secured(seccompProfile={"type": "Unconfined"}), "seccompProfile"),
    "a token": (lambda body: pod(body).update(automountServiceAccountToken=True), "automountServiceAccountToken"),
    "a token by hand": (volume(projected=API_TOKEN), "setpoint-gateway"),
    "another account": (lambda body: pod(body).update(serviceAccountName="admin"), "ServiceAccount"),
    "a Service's labels": (lambda body: body["spec"]["template"]["metadata"]["labels"].update(app="till"), "label"),
    "no owner": (lambda body: body["metadata"].pop("ownerReferences"), "ownerReferences"),
    "no label of ours": (lambda body: body["metadata"].update(labels={"app": "till"}), "managed-by=setpoint"),
    "an init container": (
        lambda body: pod(body).update(
            initContainers=[{"name": "i", "image": "i", "securityContext": {"privileged": True}}]
        ),
        "allowPrivilegeEscalation",
    ),
}
# What a copy may have where verify.allow says so.
SECRETS: dict[str, tuple[Callable[[Object], Any], str]] = {
    "a Secret": (volume(secret={"secretName": "bank"}), "setpoint-git-token"),
    "a Secret among others": (volume(projected={"sources": [{"secret": {"name": "bank"}}]}), "no token but"),
    "a Secret as variables": (lambda body: box(body).update(envFrom=[{"secretRef": {"name": "bank"}}]), "Secret"),
    "a Secret as a variable": (
        lambda body: box(body)["env"].append({"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}),
        "Secret",
    ),
    "the forge's token in a load": (
        volume(secret={"secretName": "git", "items": [{"key": "setpoint-git-token", "path": "a"}]}),
        "roles source and forge",
    ),
    "a disk": (volume(persistentVolumeClaim={"claimName": "bank"}), "Secret"),
    "root": (secured(runAsUser=0), "another user than root"),
}


@pytest.mark.parametrize(("harm", "said"), [*POWERS.values(), *SECRETS.values()], ids=[*POWERS, *SECRETS])
def test_no_load_has(thief: Thief, harm: Callable[[Object], Any], said: str) -> None:
    """Each is refused, in words that name it."""
    body = thief.load()
    harm(body)
    answer = thief.makes(body)
    assert "setpoint-operator" in answer and said in answer, answer


@pytest.mark.parametrize(("harm", "said"), POWERS.values(), ids=POWERS.keys())
def test_no_copy_has(thief: Thief, harm: Callable[[Object], Any], said: str) -> None:
    """Though copies may have what the others must not: their target's Secrets, and its user."""
    body = thief.copy()
    harm(body)
    answer = thief.makes(body)
    assert "setpoint-operator" in answer and said in answer, answer


@pytest.mark.parametrize("namespace", [SYSTEM, "kube-system"])
def test_nothing_is_made_where_the_powerful_are(thief: Thief, plane: ControlPlane, namespace: str) -> None:
    """Their Secrets and accounts are in no reach."""
    there = Thief(plane, namespace)
    assert f"does nothing in the namespace {namespace}" in there.makes(there.load())


def test_a_service_or_a_policy_of_ours_is_for_pods_of_ours_alone(thief: Thief) -> None:
    """Others' requests are not taken, others' doors are not opened."""
    ours = {"setpoint.dev/remediation": "remediation"}
    ports = [{"port": 80}]
    for spec, allowed in (
        ({"selector": ours, "ports": ports}, True),
        ({"selector": {"app": "till"}, "ports": ports}, False),
        ({"selector": ours, "ports": ports, "type": "LoadBalancer"}, False),
        ({"selector": ours, "ports": ports, "externalIPs": ["192.0.2.1"]}, False),
        ({"type": "ExternalName", "externalName": "bank.example"}, False),
    ):
        assert ("Services of Setpoint" not in thief.makes(thief.small("Service", spec=spec))) is allowed, spec
    loads = {"setpoint.dev/role": "load", "setpoint.dev/constraint": thief.owner["uid"]}
    for selector, allowed in (
        ({"matchLabels": ours}, True),
        ({"matchLabels": loads}, True),
        ({"matchLabels": {"setpoint.dev/role": "load"}}, False),
        ({}, False),
        ({"matchLabels": {"app": "till"}}, False),
    ):
        body = thief.small("NetworkPolicy", spec={"podSelector": selector, "egress": [{}], "policyTypes": ["Egress"]})
        assert (thief.makes(body) == "") is allowed, selector


def test_an_account_of_ours_holds_nothing(thief: Thief) -> None:
    """A cloud gives power by annotations."""
    still = {"automountServiceAccountToken": False}
    for change in ({"automountServiceAccountToken": True}, {"secrets": [{"name": "a"}]}):
        assert "hold nothing" in thief.makes(thief.small("ServiceAccount", **{**still, **change}))
    body = thief.small("ServiceAccount", **still)
    body["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] = "arn:aws:iam::1:role/admin"
    assert "hold nothing" in thief.makes(body)
    body = thief.small("ServiceAccount", **still)
    body["metadata"]["name"] = "admin"
    assert "hold nothing" in thief.makes(body)


def test_what_is_not_ours_is_neither_changed_nor_deleted(thief: Thief) -> None:
    """Nor is it made ours for it."""
    kubectl, here = thief.plane.kubectl, ["--namespace", thief.namespace]
    kubectl("create", "configmap", "prices", "--from-literal=tea=4", *here)
    kubectl("create", "deployment", "till", "--image=till:1", *here)
    assert "nothing but its own" in thief.asks(["delete", "configmap", "prices"])
    assert "nothing but its own" in thief.asks(["delete", "deployment", "till"])
    body = thief.small("ConfigMap", data={"tea": "0"})
    body["metadata"]["name"] = "prices"
    assert "nothing but its own" in thief.asks(["replace", "--filename", "-"], body)
