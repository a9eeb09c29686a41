"""Who may do what: every account of ours, every verb, every resource that the API server knows, place by place."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
import yaml

from apiserver.installed import SYSTEM, install_powers
from setpoint.kube.cluster import Cluster, connect
from testbed import helm
from testbed.control_plane import ControlPlane
from testbed.places import TOP

SHOP, BANK, NARROW = "rbac-shop", "rbac-bank", "rbac-narrow"
NOTHING = ""
# What every ServiceAccount of a cluster may do: ask about itself, and read which authorities to trust.
EVERYBODY = """
certificates.k8s.io/clustertrustbundles           get list watch
authentication.k8s.io/selfsubjectreviews          create
authorization.k8s.io/selfsubjectaccessreviews     create
authorization.k8s.io/selfsubjectrulesreviews      create
"""
# What the operator may do where it serves: no Secret, no exec, no right to give rights, nothing of the cluster.
SERVED = """
setpoint.dev/performanceconstraints               get list watch
setpoint.dev/performanceconstraints/status        update
apps/deployments                                  get list watch create delete
pods                                              get list watch create delete
pods/log                                          get
services                                          get list create delete
serviceaccounts                                   get list create delete
networking.k8s.io/networkpolicies                 get list create delete
batch/jobs                                        get list watch create delete
configmaps                                        get list create update delete
events                                            create
"""
# The gateway asks whose a token is. It holds the model's key as a file, and reads no Secret.
ASKS = "authentication.k8s.io/tokenreviews create"
# What is given by name alone, in the operators' own namespace: account -> ConfigMap -> verbs.
BY_NAME = {
    "narrow-setpoint": {
        "setpoint-config": ["get", "list", "watch"],
        "setpoint-gateway-grants": ["get", "patch"],
        "setpoint-gateway-ledger": ["get"],
    },
    "narrow-setpoint-gateway": {"setpoint-gateway-grants": ["get"], "setpoint-gateway-ledger": ["get", "update"]},
}
AUTHORS = "setpoint.dev/performanceconstraints get list watch create update patch delete deletecollection"
READERS = "setpoint.dev/performanceconstraints get list watch"


class Account(NamedTuple):
    """Somebody, and what is written of them. `other`: a namespace that the operator of one does not serve."""

    user: str
    served: str
    other: str
    own: str  # the operators' own namespace
    system: str  # kube-system
    everywhere: str  # asked for all namespaces at once, and for what is in none


def account(namespace: str, name: str) -> str:
    """What the API server calls a ServiceAccount."""
    return f"system:serviceaccount:{namespace}:{name}"


# The pods of loads and repairs (source, agent, gate, test, forge, profile, verify) run as `default`, without a token.
MATRIX = {
    "the operator of all namespaces": Account(account(SYSTEM, "setpoint"), SERVED, SERVED, SERVED, SERVED, SERVED),
    "the operator of one namespace": Account(account(NARROW, "narrow-setpoint"), SERVED, *[NOTHING] * 4),
    "the gateway": Account(account(NARROW, "narrow-setpoint-gateway"), *[NOTHING] * 4, ASKS),
    "copies": Account(account(SHOP, "setpoint-0123456789ab-copy"), *[NOTHING] * 5),
    "agents that ask a model": Account(account(SHOP, "setpoint-0123456789ab-agent"), *[NOTHING] * 5),
    "pods of loads and repairs": Account(account(SHOP, "default"), *[NOTHING] * 5),
    "who may view": Account("viewer", READERS, *[NOTHING] * 4),
    "who may edit": Account("editor", AUTHORS, *[NOTHING] * 4),
}
# Whether these two may touch anything else is for the cluster's own roles to say.
ONLY_OURS = ("who may view", "who may edit")
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
# Verbs by which rights are gained, and what they are asked of.
GAINING = (
    ("impersonate", "", "users"),
    ("impersonate", "", "groups"),
    ("impersonate", "", "serviceaccounts"),
    ("bind", "rbac.authorization.k8s.io", "clusterroles"),
    ("escalate", "rbac.authorization.k8s.io", "clusterroles"),
    ("bind", "rbac.authorization.k8s.io", "roles"),
    ("escalate", "rbac.authorization.k8s.io", "roles"),
    ("approve", "certificates.k8s.io", "signers"),
    ("sign", "certificates.k8s.io", "signers"),
    ("request-serviceaccounts-token-audience", "", "anything"),
    ("use", "policy", "podsecuritypolicies"),
    ("*", "*", "*"),
    ("*", "", "secrets"),
    ("get", "*", "*"),
    ("create", "*", "*"),
)
Cell = tuple[str, str]  # group/resource, verb


def cells(table: str) -> set[Cell]:
    """The cells of one of the tables."""
    rows = (line.split() for line in table.splitlines() if line.strip())
    return {(resource, verb) for resource, *verbs in rows for verb in verbs}


class Asking:
    """Asks the API server for its opinion on others."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.resources = list(self._discovered())

    def may(self, user: str, verb: str, group: str, resource: str, namespace: str, name: str = "") -> bool:
        """As its authorizers answer."""
        plural, _, sub = resource.partition("/")
        asked = {"verb": verb, "group": group, "resource": plural, "subresource": sub, "namespace": namespace}
        return self._allowed(user, {"resourceAttributes": {**asked, "name": name}})

    def may_see(self, user: str, path: str) -> bool:
        """Of a path that is no resource."""
        return self._allowed(user, {"nonResourceAttributes": {"verb": "get", "path": path}})

    def allowed(self, user: str, namespace: str, group: str = "") -> set[Cell]:
        """All that `user` may do in a namespace; empty: in all, and with what is in none. `group`: only of it."""
        asked = [
            (verb, found_group, resource)
            for found_group, resource, namespaced in self.resources
            if (namespaced or not namespace) and (not group or group == found_group)
            for verb in VERBS
        ]
        with ThreadPoolExecutor(8) as several:
            answers = several.map(lambda one: self.may(user, one[0], one[1], one[2], namespace), asked)
        named = ((f"{group}/{resource}" if group else resource, verb) for verb, group, resource in asked)
        return {cell for cell, allowed in zip(named, answers, strict=True) if allowed}

    def _allowed(self, user: str, attributes: dict[str, Any]) -> bool:
        groups = ["system:authenticated"]
        if user.startswith("system:serviceaccount:"):
            groups += ["system:serviceaccounts", f"system:serviceaccounts:{user.split(':')[2]}"]
        spec = {"user": user, "groups": groups, **attributes}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        answer = self.cluster.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", body)
        return bool(answer["status"]["allowed"])

    def _discovered(self) -> Iterator[tuple[str, str, bool]]:
        """Group, resource (with its subresource) and whether it is in namespaces, of all that is served."""
        versions = [("", "/api/v1")]
        for group in self.cluster.get("/apis")["groups"]:
            versions += [(group["name"], f"/apis/{one['groupVersion']}") for one in group["versions"]]
        seen = {
            (group, one["name"], bool(one["namespaced"]))
            for group, path in versions
            for one in self.cluster.get(path)["resources"]
        }
        yield from sorted(seen)


@pytest.fixture(scope="module")
def asking(api: ControlPlane) -> Asking:
    """The API server with two installations: one that serves all namespaces, one that serves a single one."""
    install_powers(api)
    for name in (SHOP, BANK, NARROW):
        api.kubectl.attempt("create", "namespace", name)
    for role in ("copy", "agent"):
        api.kubectl.attempt("create", "serviceaccount", f"setpoint-0123456789ab-{role}", "--namespace", SHOP)
    for user, role in (("viewer", "view"), ("editor", "edit")):
        api.kubectl.attempt("create", "rolebinding", user, f"--clusterrole={role}", f"--user={user}", "-n", SHOP)
    rights = [one for one in narrow() if one["kind"] == "ServiceAccount" or one["kind"].endswith(("Role", "Binding"))]
    rights = [one for one in rights if not one["kind"].startswith("ValidatingAdmission")]
    for one in rights:
        api.kubectl.apply(one, namespace=one["metadata"].get("namespace", NARROW))
    return Asking(connect(str(api.kubeconfig)))


def narrow() -> list[dict[str, Any]]:
    """The chart for one namespace, as helm renders it."""
    values: dict[str, Any] = {"watchNamespaces": [SHOP], "crds": {"enabled": False}, "rbac": {"aggregate": False}}
    values["gateway"] = {"enabled": True}
    command = [str(helm.program()), "template", "narrow", str(TOP / "charts" / "setpoint"), "--namespace", NARROW]
    done = subprocess.run(
        [*command, "--values", "-"], input=json.dumps(values), capture_output=True, text=True, check=True
    )
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def place(who: Account, where: str) -> tuple[str, str]:
    """The namespace, and what is written of it."""
    own = NARROW if NARROW in who.user else SYSTEM
    names = {"served": SHOP, "other": BANK, "own": own, "system": "kube-system", "everywhere": ""}
    return names[where], getattr(who, where)


PLACES = ("served", "other", "own", "system", "everywhere")


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("name", MATRIX)
def test_an_account_may_do_what_is_written_and_nothing_else(asking: Asking, name: str, where: str) -> None:
    """Of all that discovery knows: a cell that is not in the table is denied."""
    who = MATRIX[name]
    namespace, table = place(who, where)
    ours = "setpoint.dev" if name in ONLY_OURS else ""
    expected = cells(table) | (set() if ours or namespace else cells(EVERYBODY))
    assert asking.allowed(who.user, namespace, ours) == expected


@pytest.mark.parametrize("name", [name for name in MATRIX if name not in ONLY_OURS])
def test_no_account_can_gain_rights(asking: Asking, name: str) -> None:
    """By acting as others, by giving rights, by a wildcard or by a path beside the resources; in no place."""
    who = MATRIX[name]
    gained = [
        (verb, group, resource, where)
        for verb, group, resource in GAINING
        for where in PLACES
        if asking.may(who.user, verb, group, resource, place(who, where)[0])
    ]
    assert gained == []
    assert not any(
        asking.may_see(who.user, path) for path in ("/metrics", "/logs", "/debug/pprof", "/configz", "/*", "*")
    )


def test_the_matrix_asks_about_all_that_there_is(asking: Asking) -> None:
    """Else nothing would be denied because nothing was asked."""
    known = {f"{group}/{resource}" for group, resource, _ in asking.resources}
    wanted = ("/secrets", "/pods/exec", "/serviceaccounts/token", "/nodes/proxy", "setpoint.dev/performanceconstraints")
    assert {*wanted, "rbac.authorization.k8s.io/clusterrolebindings"} <= known
    named = {
        f"/{resource}" if "/" not in resource or resource.startswith("pods/") else resource
        for resource, _ in cells(SERVED)
    }
    assert named <= known
    assert len(known) > 100
    cluster_wide = asking.allowed("system:kube-controller-manager", "")
    assert ("secrets", "list") in cluster_wide, "one that may is seen to"


@pytest.mark.parametrize("name", BY_NAME)
def test_of_the_operators_namespace_an_account_has_what_is_named(asking: Asking, name: str) -> None:
    """Configuration, grants and ledger, each by its name; nothing of another name, and no Secret of any."""
    user = account(NARROW, name)
    for config_map in ("setpoint-config", "setpoint-gateway-grants", "setpoint-gateway-ledger", "others"):
        may = [verb for verb in VERBS if asking.may(user, verb, "", "configmaps", NARROW, config_map)]
        assert may == BY_NAME[name].get(config_map, []), config_map
    for secret in ("setpoint-config", "setpoint-model"):
        assert not any(asking.may(user, verb, "", "secrets", NARROW, secret) for verb in VERBS)


def test_every_account_of_the_chart_is_in_the_matrix() -> None:
    """Another one has to be written here."""
    accounts = {one["metadata"]["name"] for one in narrow() if one["kind"] == "ServiceAccount"}
    bound = {
        subject["name"] for one in narrow() if one["kind"].endswith("Binding") for subject in one.get("subjects", ())
    }
    assert accounts | bound == BY_NAME.keys()
