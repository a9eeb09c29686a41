"""The chart's admission policies: who only writes constraints gains nothing, and a stolen operator's token little."""

import json
import subprocess
from typing import Any

import pytest

from apiserver.crd.asking import checkout
from apiserver.installed import AUTHOR, KIND, OPERATOR, install_powers
from testbed.control_plane import ControlPlane

LIVE: dict[str, Any] = {
    "target": {"deployment": "checkout", "service": "checkout", "port": "http"},
    "constraints": {"memory": {"maxMb": 300}},
}
LOADED = {**LIVE, "load": {"http": {"rate": 1}, "duration": "10s"}}
SCRIPTED = {**LIVE, "load": {"script": {"configMap": "checkout-load", "key": "script.js"}}}
JOBS, PODS, DEPLOYMENTS = ("batch", "jobs", "create"), ("", "pods", "create"), ("apps", "deployments", "create")
SECRETS, MAPS = ("", "secrets", "get"), ("", "configmaps", "get")
Right = tuple[str, str, str]


def repaired(mode: str = "Verify", **changes: Any) -> dict[str, Any]:
    """The contract's example; `changes` are of what copies may keep."""
    spec = checkout()
    spec["repair"]["mode"] = mode
    spec["verify"]["allow"] = changes
    return spec


@pytest.fixture(scope="module")
def plane(api: ControlPlane) -> ControlPlane:
    """The API server, with rights and policies as the chart installs them."""
    install_powers(api)
    return api


class Desk:
    """A namespace; somebody who may write constraints, and do there what `grant` says."""

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        self.plane, self.namespace = plane, namespace
        self.granted: list[Right] = []

    def grant(self, *rights: Right) -> None:
        """Give these, to the author in this namespace."""
        self.granted += rights
        rules = [{"apiGroups": [group], "resources": [plural], "verbs": [verb]} for group, plural, verb in self.granted]
        api = "rbac.authorization.k8s.io"
        role = {"apiVersion": f"{api}/v1", "kind": "Role", "metadata": {"name": "more"}, "rules": rules}
        binding = {
            "apiVersion": f"{api}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "more"},
            "roleRef": {"apiGroup": api, "kind": "Role", "name": "more"},
            "subjects": [{"apiGroup": api, "kind": "User", "name": "author"}],
        }
        self.plane.kubectl.apply(role, binding, namespace=self.namespace)

    def writes(self, spec: Any, *who: str, verb: str = "create", **metadata: Any) -> subprocess.CompletedProcess[str]:
        """What comes of it when a constraint of this spec is written; by the author where nobody else is named."""
        about = {"name": "checkout", "namespace": self.namespace, **metadata}
        body = {"apiVersion": "setpoint.dev/v1alpha1", "kind": "PerformanceConstraint", "metadata": about, "spec": spec}
        words = [verb, *(who or AUTHOR), "--filename", "-", "--namespace", self.namespace]
        return self.plane.kubectl.attempt(*words, given=json.dumps(body))

    def patches(self, patch: Any, *who: str, status: bool = False) -> subprocess.CompletedProcess[str]:
        """The same, of a merge patch."""
        words = ["patch", KIND, "checkout", "--type=merge", "--namespace", self.namespace, "--patch", json.dumps(patch)]
        return self.plane.kubectl.attempt(*words, *(["--subresource=status"] if status else []), *(who or AUTHOR))

    def makes(self, body: dict[str, Any], *who: str) -> str:
        """What the server says when the operator creates an object (nothing is kept); empty: it may."""
        words = ["create", "--dry-run=server", "--namespace", self.namespace, *(who or ("--as", OPERATOR))]
        return self.plane.kubectl.attempt(*words, "--filename", "-", given=json.dumps(body)).stderr


@pytest.fixture
def desk(plane: ControlPlane, namespace: str) -> Desk:
    """A namespace of the test's own."""
    return Desk(plane, namespace)


def refused(done: subprocess.CompletedProcess[str], *words: str) -> bool:
    """Whether our policy refused it, and said this."""
    assert "setpoint-authors" in done.stderr, done.stderr or done.stdout
    assert all(word in done.stderr for word in words), done.stderr
    return done.returncode != 0


def taken(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether it was done; else the test says why not."""
    assert done.returncode == 0, done.stderr
    return True


# ── who may only write constraints ──

ORDERS: dict[str, tuple[dict[str, Any], tuple[Right, ...], Right, tuple[str, ...]]] = {
    # spec, what else is needed, what is missing, what is said
    "a load": (LOADED, (), JOBS, ("spec.load", "create jobs.batch", "leave spec.load out")),
    "a script": (SCRIPTED, (JOBS,), MAPS, ("get the ConfigMap checkout-load", "write spec.load.http")),
    "a diagnosis": (repaired("Diagnose"), (JOBS, MAPS, SECRETS), PODS, ("mode Diagnose", "pods", "mode: Observe")),
    "a proposal": (repaired("Propose"), (JOBS, MAPS, SECRETS), PODS, ("mode Propose", "pods", "mode: Observe")),
    "copies": (repaired(), (JOBS, PODS, MAPS, SECRETS), DEPLOYMENTS, ("create deployments.apps", "mode: Propose")),
    "a forge's token": (repaired(), (JOBS, PODS, DEPLOYMENTS, MAPS), SECRETS, ("get the Secret checkout-git",)),
}


@pytest.mark.parametrize(("spec", "others", "missing", "said"), ORDERS.values(), ids=ORDERS.keys())
def test_no_constraint_does_what_its_author_may_not_do(
    desk: Desk, spec: dict[str, Any], others: tuple[Right, ...], missing: Right, said: tuple[str, ...]
) -> None:
    """Not without the right that is missing, which the message names; and with it, it is taken."""
    if others:
        desk.grant(*others)
    assert refused(desk.writes(spec), "author", desk.namespace, *said)
    assert desk.plane.kubectl("get", KIND, "--namespace", desk.namespace) == ""
    desk.grant(missing)
    assert taken(desk.writes(spec))


HANDED = {"secrets": SECRETS, "volumes": SECRETS, "configMaps": MAPS}


@pytest.mark.parametrize(("kind", "missing"), HANDED.items(), ids=HANDED.keys())
def test_copies_are_handed_nothing_that_the_author_may_not_read(desk: Desk, kind: str, missing: Right) -> None:
    """Else a constraint would carry another's password to code that its author proposes."""
    spec = repaired(**{kind: ["checkout-db"]})
    del spec["repair"]["source"]["secretRef"]
    spec["load"] = LOADED["load"]
    desk.grant(JOBS, PODS, DEPLOYMENTS)
    assert refused(desk.writes(spec), f"allow.{kind}", f"get {missing[1]}")
    desk.grant(missing)
    assert taken(desk.writes(spec))


def test_live_traffic_needs_no_right_but_to_write_constraints(desk: Desk) -> None:
    """Nothing is started for it."""
    assert taken(desk.writes(LIVE))


def test_rights_elsewhere_count_for_nothing_here(desk: Desk, plane: ControlPlane) -> None:
    """They are asked for in the namespace that the constraint is in."""
    other = Desk(plane, "default")
    other.grant(JOBS)
    try:
        assert taken(other.writes(LOADED))
        assert refused(desk.writes(LOADED), desk.namespace)
    finally:
        plane.kubectl("delete", KIND, "checkout", "--namespace", "default")
        plane.kubectl("delete", "role,rolebinding", "more", "--namespace", "default")


@pytest.mark.parametrize("role", ["edit", "admin", "cluster-admin"])
def test_the_roles_of_the_cluster_are_enough(desk: Desk, role: str) -> None:
    """For everything that a constraint can say."""
    desk.plane.kubectl(
        "create", "rolebinding", "team", f"--clusterrole={role}", "--user=team", "--namespace", desk.namespace
    )
    assert taken(desk.writes(repaired(secrets=["a", "b"], volumes=["c"], configMaps=["d"]), "--as", "team"))


@pytest.fixture
def owned(desk: Desk) -> Desk:
    """A constraint with a load, of people who may."""
    assert taken(desk.writes(LOADED, "--as", "root", "--as-group", "system:masters"))
    return desk


WORKED = {
    "another load": {"spec": {"load": {"http": {"rate": 1000}}}},
    "a repair": {
        "spec": {"load": None, "repair": {"mode": "Diagnose", "source": {"repository": "https://a/b", "branch": "m"}}}
    },
    "a run": {"metadata": {"annotations": {"setpoint.dev/run": "now"}}},
    "an approval": {"metadata": {"annotations": {"setpoint.dev/approve": "1"}}},
}


@pytest.mark.parametrize("patch", WORKED.values(), ids=WORKED.keys())
def test_anothers_constraint_is_not_made_to_do_it_either(owned: Desk, patch: dict[str, Any]) -> None:
    """By changing it, or by asking for a run."""
    assert refused(owned.patches(patch))
    owned.grant(JOBS, PODS)
    assert taken(owned.patches(patch))


def test_to_stop_a_constraint_needs_no_other_right_but_to_let_it_go_on_does(owned: Desk) -> None:
    """At night whoever sees it must be able to end it."""
    assert taken(owned.patches({"metadata": {"annotations": {"setpoint.dev/suspended": "true"}}}))
    assert refused(owned.patches({"metadata": {"annotations": {"setpoint.dev/suspended": None}}}))
    assert taken(owned.patches({"metadata": {"labels": {"team": "shop"}, "finalizers": ["example.com/keep"]}}))
    owned.plane.kubectl("delete", KIND, "checkout", "--namespace", owned.namespace, "--wait=false", *AUTHOR)
    assert taken(owned.patches({"metadata": {"finalizers": None}}))


def test_nobody_but_the_operator_writes_the_status(owned: Desk) -> None:
    """What stands there is where the next load goes to."""
    owned.plane.kubectl(
        "create", "clusterrole", f"s-{owned.namespace}", "--verb=patch,get", f"--resource={KIND}/status"
    )
    users = ("--user=author", f"--user={OPERATOR}")  # by its role the operator may replace a status, no more
    owned.plane.kubectl(
        "create", "rolebinding", "s", f"--clusterrole=s-{owned.namespace}", *users, "-n", owned.namespace
    )
    forged = {"status": {"phase": "Ready"}}
    assert refused(owned.patches(forged, status=True), "write the spec")
    assert taken(owned.patches(forged, "--as", OPERATOR, status=True))
