"""The API server that this suite stands on is a real one."""

import time

from testbed.audit import Audit
from testbed.control_plane import ControlPlane

LIMIT = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "limits.example.com"},
    "spec": {
        "group": "example.com",
        "names": {"kind": "Limit", "plural": "limits", "singular": "limit"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "properties": {"max": {"type": "integer", "minimum": 1}}}
                        },
                    }
                },
            }
        ],
    },
}


def limit(maximum: int) -> dict:
    return {"apiVersion": "example.com/v1", "kind": "Limit", "metadata": {"name": "one"}, "spec": {"max": maximum}}


def test_it_serves_a_custom_resource_and_refuses_a_bad_one(api: ControlPlane, namespace: str):
    """The schema of a definition that was just created is enforced."""
    api.kubectl.apply(LIMIT)
    api.kubectl("wait", "--for=condition=Established", "crd/limits.example.com", "--timeout=30s")
    api.kubectl.apply(limit(3), namespace=namespace)
    assert api.kubectl.json("get", "limits", "one", "--namespace", namespace)["spec"] == {"max": 3}
    refused = api.kubectl.attempt(
        "patch", "limits", "one", "-n", namespace, "--type=merge", '--patch={"spec": {"max": 0}}'
    )
    assert refused.returncode == 1
    assert "should be greater than or equal to 1" in refused.stderr


def test_who_asked_for_what_is_in_the_audit_log(api: ControlPlane, namespace: str):
    """Requests can be counted by user agent and verb."""
    audit = Audit(api.audit_log).now()
    for _ in range(3):
        api.kubectl("get", "configmaps", "--namespace", namespace)
    requests = audit.requests(agent="kubectl/", verbs=("list",))
    assert [event["objectRef"]["namespace"] for event in requests] == [namespace] * 3


def test_a_user_without_rights_is_refused(api: ControlPlane, namespace: str):
    """RBAC decides, not only authentication."""
    answer = api.kubectl.attempt("auth", "can-i", "create", "jobs", "--as=someone", "--namespace", namespace)
    assert answer.stdout.strip() == "no"


def test_an_object_goes_with_its_owner(api: ControlPlane, namespace: str):
    """The garbage collector runs."""
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}}
    api.kubectl.apply(owner, namespace=namespace)
    uid = api.kubectl.json("get", "configmap", "owner", "-n", namespace)["metadata"]["uid"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}
    owned = {**owner, "metadata": {"name": "owned", "ownerReferences": [reference]}}
    api.kubectl.apply(owned, namespace=namespace)
    api.kubectl("delete", "configmap", "owner", "-n", namespace)
    api.kubectl("wait", "--for=delete", "configmap/owned", "-n", namespace, "--timeout=60s")


def test_it_comes_back_after_a_crash_with_its_data(namespace: str, api: ControlPlane):
    """A killed API server starts again on the same port with the same objects."""
    api.stop("kube-apiserver")
    assert api.kubectl.attempt("get", "namespace", namespace).returncode != 0
    api.start("kube-apiserver")
    started = time.monotonic()
    api.wait_until_ready()
    assert time.monotonic() - started < 60
    assert api.kubectl.json("get", "namespace", namespace)["metadata"]["name"] == namespace
