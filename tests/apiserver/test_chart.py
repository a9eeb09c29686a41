"""The chart, with the real helm and a real API server: what it asks for, what it refuses, what it leaves behind."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from setpoint.api.configuration import CustomQueries
from setpoint.kube.settings import configuration_in
from testbed import helm
from testbed.control_plane import ControlPlane
from testbed.places import TOP

CHART = TOP / "charts" / "setpoint"
VALUE_SETS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "two namespaces": {"watchNamespaces": ["shop", "bank"]},
    "a mirror and digests": {"global": {"imageRegistry": "mirror.example"}, "image": {"digest": "sha256:" + "0" * 64}},
    "monitored": {"metrics": {"serviceMonitor": {"enabled": True, "additionalLabels": {"release": "kps"}}}},
    "without its own roles": {
        "rbac": {"create": False},
        "crds": {"enabled": False},
        "networkPolicy": {"enabled": False},
    },
    "without policies": {"admission": {"enabled": False}},
}
# All that the operator may do in a namespace that it serves: resource -> verbs. No Secret is in it.
MAY = {
    "performanceconstraints": {"get", "list", "watch"},
    "performanceconstraints/status": {"update"},
    "deployments": {"get", "list", "watch", "create", "delete"},
    "pods": {"get", "list", "watch", "create", "delete"},
    "pods/log": {"get"},
    "services": {"get", "list", "create", "delete"},
    "serviceaccounts": {"get", "list", "create", "delete"},
    "networkpolicies": {"get", "list", "create", "delete"},
    "jobs": {"get", "list", "watch", "create", "delete"},
    "configmaps": {"get", "list", "create", "update", "delete"},
    "events": {"create"},
}


@pytest.fixture(scope="module")
def program() -> Path:
    """The real helm."""
    return helm.program()


def run(program: Path, *words: str, values: dict[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
    given = json.dumps(values or {})
    command = [str(program), *words, "--values", "-"]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


def rendered(program: Path, values: dict[str, Any]) -> list[dict[str, Any]]:
    done = run(program, "template", "setpoint", str(CHART), "--namespace", "setpoint-system", values=values)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


@pytest.mark.parametrize("values", VALUE_SETS.values(), ids=VALUE_SETS.keys())
def test_helm_finds_no_fault_in_it(program: Path, values: dict[str, Any]) -> None:
    """Strictly, with each set of values."""
    done = run(program, "lint", "--strict", str(CHART), values=values)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"wachNamespaces": ["shop"]}, "wachNamespaces"),
        ({"configuration": {"suspend": True}}, "suspend"),
        ({"configuration": {"ceilings": {"rate": "many"}}}, "rate"),
        ({"configuration": {"windows": [{"start": "22:00", "end": "6:00"}]}}, "end"),
        ({"configuration": {"freezes": [{"start": "2026-12-20T18:00", "end": "2027-01-04T08:00"}]}}, "reason"),
        ({"configuration": {"customQueries": {"tenantLabel": 'a="b"'}}}, "tenantLabel"),
    ],
)
def test_a_value_that_there_is_not_is_refused_by_name(program: Path, values: dict[str, Any], named: str) -> None:
    """A typing error must not install something else than what was meant."""
    done = run(program, "template", "setpoint", str(CHART), values=values)
    assert done.returncode != 0
    assert named in done.stderr


@pytest.mark.parametrize("restricted", [True, False])
def test_the_operator_reads_the_configuration_that_was_given(program: Path, restricted: bool) -> None:
    """Whatever helm makes of a time of day, a day and a number."""
    given = {
        "allowCustomQueries": True,
        "customQueries": {"tenantLabel": "team", "longestReach": "30m"},
        "windows": [{"days": ["Sat"], "start": "22:00", "end": "06:00", "timeZone": "Europe/Lisbon"}],
        "freezes": [{"start": "2026-12-20T18:00", "end": "2027-01-04T08:00", "reason": "year's end"}],
    }
    values = {"configuration": given, "networkPolicy": {"loadPods": {"enabled": restricted}}}
    [found] = [one for one in rendered(program, values) if one["metadata"]["name"] == "setpoint-config"]
    read = configuration_in(found["data"]["config.yaml"], "config.yaml")
    assert read.custom_queries == CustomQueries(tenant_label="team", longest_reach=1800.0)
    assert [(one.start, one.end, one.days) for one in read.windows] == [("22:00", "06:00", ("Sat",))]
    assert [one.reason for one in read.freezes] == ["year's end"]
    assert read.restrict_loads is restricted


def test_the_operator_may_do_this_and_nothing_more(program: Path) -> None:
    """A table of its rights: a new one has to be written here too."""
    [role] = [
        one for one in rendered(program, {}) if one["kind"] == "ClusterRole" and one["metadata"]["name"] == "setpoint"
    ]
    may: dict[str, set[str]] = {}
    for rule in role["rules"]:
        for resource in rule["resources"]:
            may.setdefault(resource, set()).update(rule["verbs"])
    assert may == MAY


def test_an_operator_that_repairs_nothing_makes_no_pods(program: Path) -> None:
    """Only Jobs, for loads, and what binds these to their targets where that is wanted."""

    def makes(**values: Any) -> set[str]:
        documents = rendered(program, {"rbac": {"repair": False}, **values})
        [role] = [one for one in documents if one["kind"] == "ClusterRole" and one["metadata"]["name"] == "setpoint"]
        return {resource for rule in role["rules"] if "create" in rule["verbs"] for resource in rule["resources"]}

    assert makes() == {"jobs", "configmaps", "events", "networkpolicies"}
    assert makes(networkPolicy={"loadPods": {"enabled": False}}) == {"jobs", "configmaps", "events"}


def test_a_namespaced_operator_has_no_right_in_the_cluster(program: Path) -> None:
    """Only Roles, in the namespaces that it serves, and it is told to serve those alone."""
    documents = rendered(program, {"watchNamespaces": ["shop", "bank"], "rbac": {"aggregate": False}})
    kinds = [one["kind"] for one in documents]
    assert not {"ClusterRole", "ClusterRoleBinding"} & set(kinds)
    roles = {one["metadata"]["namespace"] for one in documents if one["kind"] == "Role"}
    assert roles == {"setpoint-system", "shop", "bank"}
    [deployment] = [one for one in documents if one["kind"] == "Deployment"]
    arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert [word for word in arguments if word.startswith("--namespace")] == ["--namespace=shop", "--namespace=bank"]


def policies(program: Path, values: dict[str, Any], *words: str) -> list[str]:
    """The names of the admission policies that are rendered with these values."""
    done = run(program, "template", "setpoint", str(CHART), "--namespace", "shop", *words, values=values)
    assert done.returncode == 0, done.stderr
    found = [one for one in yaml.safe_load_all(done.stdout) if one and one["kind"] == "ValidatingAdmissionPolicy"]
    return [one["metadata"]["name"].removeprefix("setpoint-") for one in found]


def test_policies_are_there_where_the_cluster_has_them(program: Path) -> None:
    """From 1.30 on, or where the API is said to be served; one or both can be left out."""
    served = "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy"
    assert policies(program, {}, "--kube-version", "1.30.0") == ["authors", "operator"]
    assert policies(program, {}, "--kube-version", "1.29.9") == []
    assert policies(program, {}, "--kube-version", "1.29.9", "--api-versions", served) == ["authors", "operator"]
    assert policies(program, {"admission": {"restrictOperator": False}}) == ["authors"]
    assert policies(program, {"admission": {"enabled": False}}) == []


def test_the_operator_may_work_in_its_own_namespace_where_it_serves_that_one(program: Path) -> None:
    """As one that is installed for one team alone."""
    for served, closed in (([], "['shop']"), (["shop"], "[]")):
        documents = run(
            program, "template", "setpoint", str(CHART), "--namespace", "shop", values={"watchNamespaces": served}
        ).stdout
        assert f"!(request.namespace in {closed})" in documents


@pytest.fixture(scope="module")
def installed(api: ControlPlane) -> ControlPlane:
    """The API server with all of manifests/install."""
    file = str(TOP / "manifests" / "install" / "setpoint.yaml")
    done = api.kubectl.attempt("apply", "--server-side", "--filename", file)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr  # a violation of Pod Security would be one
    api.kubectl("wait", "--for=condition=Established", "crd/performanceconstraints.setpoint.dev", "--timeout=30s")
    return api


def test_the_manifests_are_taken_whole_under_the_restricted_standard(installed: ControlPlane) -> None:
    """In one go, without a warning."""
    deployment = installed.kubectl.json("get", "deployment", "setpoint", "--namespace", "setpoint-system")
    assert deployment["spec"]["strategy"]["type"] == "Recreate"


@pytest.mark.parametrize(
    ("verb", "resource", "allowed"),
    [
        ("get", "secrets", "no"),
        ("list", "secrets", "no"),
        ("create", "pods", "yes"),
        ("create", "deployments", "yes"),
        ("create", "secrets", "no"),
        ("create", "rolebindings", "no"),
        ("update", "deployments", "no"),
        ("update", "performanceconstraints.setpoint.dev", "no"),
        ("delete", "performanceconstraints.setpoint.dev", "no"),
        ("create", "pods/exec", "no"),
        ("impersonate", "users", "no"),
        ("create", "jobs", "yes"),
        ("update", "performanceconstraints.setpoint.dev/status", "yes"),
        ("get", "pods/log", "yes"),
    ],
)
def test_the_operators_account_can(installed: ControlPlane, verb: str, resource: str, allowed: str) -> None:
    """As the API server itself answers for it, once the manifests are there."""
    who = "--as=system:serviceaccount:setpoint-system:setpoint"
    kind, _, sub = resource.partition("/")
    words = [verb, kind, *([f"--subresource={sub}"] if sub else [])]
    said = installed.kubectl.attempt("auth", "can-i", *words, "--namespace", "default", who)
    assert said.stdout.strip() == allowed
