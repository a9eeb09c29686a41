"""A repair by a model: the real gateway with its own rights, real tokens of real pods, and the operator's policies."""

import json
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from apiserver.installed import OPERATOR, SYSTEM
from apiserver.operator.repair.conftest import Repaired, eventually
from apiserver.scripted.repairs import proposal
from apiserver.test_rbac import EVERYBODY, VERBS, Asking, cells
from local.gateway.conftest import SERVICE_KEY, Process, post
from setpoint.api.errors import BudgetExhausted
from setpoint.kube.cluster import connect, path_of
from setpoint.repair.scripted.script import Script
from setpoint.repair.scripted.server import serving
from testbed import helm
from testbed.control_plane import ControlPlane
from testbed.places import TOP

KINDS = ("ConfigMap", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
MAPS = ("setpoint-gateway-grants", "setpoint-gateway-ledger", "others")
BODY = {"model": "claude-sonnet-5-5", "max_tokens": 1000, "messages": [{"role": "user", "content": "repair it"}]}
GATEWAY = {"service": "setpoint-gateway", "namespace": SYSTEM}


@pytest.fixture
def gateway(plane: ControlPlane, tmp_path: Path) -> Iterator[Process]:
    """Installed as the chart does it, running with the rights of its account, before a scripted model."""
    command = [str(helm.program()), "template", "setpoint", str(TOP / "charts" / "setpoint"), "--namespace", SYSTEM]
    done = subprocess.run([*command, "--set", "gateway.enabled=true"], capture_output=True, text=True, check=True)
    objects = [one for one in yaml.safe_load_all(done.stdout) if one and _of_the_gateway(one)]
    listing = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    plane.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", given=listing)
    _may_grant(plane)
    token = plane.kubectl("create", "token", "setpoint-gateway", "--namespace", SYSTEM).strip()
    known = json.loads(plane.kubectl("config", "view", "--raw", "--output", "json"))
    known["users"] = [{"name": known["users"][0]["name"], "user": {"token": token}}]
    (tmp_path / "gateway.kubeconfig").write_text(json.dumps(known))
    script = Script.model_validate({"turns": [{"text": "hello", "times": 1000}], "key": SERVICE_KEY})
    with serving(script) as upstream:
        process = Process(tmp_path / "gateway", _Cluster(tmp_path / "gateway.kubeconfig"), upstream.url)
        yield process
        assert process.stop() == 0, process.log


def _of_the_gateway(one: dict[str, Any]) -> bool:
    name, kind = one["metadata"]["name"], one["kind"]
    ours = kind in KINDS and ("gateway" in name or name == "setpoint-grants")
    return ours or (kind == "ValidatingAdmissionPolicy" and name == "setpoint-operator")


def _may_grant(plane: ControlPlane) -> None:
    """Wait until the policy that lets the operator write grants is in force."""
    patch = json.dumps({"data": {"try": "1"}})
    words = ("patch", "configmap", "setpoint-gateway-grants", "--namespace", SYSTEM, "--type=merge", "--patch", patch)
    asked = (*words, "--dry-run=server", "--as", OPERATOR)
    eventually(lambda: plane.kubectl.attempt(*asked).returncode == 0, 60, lambda: plane.kubectl.attempt(*asked).stderr)


class _Cluster:
    """Where the gateway's process finds its kubeconfig."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def kubeconfig(self, _: Path) -> Path:
        return self._file


class Agent:
    """Calls the gateway from within its pod: with a token that the API server made for this pod alone."""

    def __init__(self, repaired: Repaired, gateway: Process) -> None:
        self._repaired, self._gateway = repaired, gateway
        self.statuses: list[int] = []
        self.said = ""

    def call(self, key: str, audience: str = "setpoint-gateway", times: int = 1) -> None:
        """So often."""
        answers = [post(self._gateway.url, BODY, authorization=f"Bearer {self.token(key, audience)}")]
        answers += [post(self._gateway.url, BODY, authorization=f"Bearer {self._token}") for _ in range(times - 1)]
        self.statuses += [answer.status_code for answer in answers]
        self.said = answers[-1].text

    def token(self, key: str, audience: str) -> str:
        """As the kubelet asks for one."""
        shop = self._repaired.shop
        job = ("get", "pods", "--selector", f"batch.kubernetes.io/job-name=setpoint-{key}", "--output", "name")
        pod = shop.kubectl(*job).split()[0].removeprefix("pod/")
        account = f"setpoint-{key.removesuffix('-propose')}-agent"
        bound = ("--bound-object-kind", "Pod", "--bound-object-name", pod)
        self._token = shop.kubectl("create", "token", account, "--audience", audience, *bound).strip()
        return self._token


def test_what_a_model_costs_is_counted_by_the_gateway_and_told_in_the_status(
    repaired: Repaired, gateway: Process
) -> None:
    """An agent calls with the token of its pod; one for the API server is refused; when it is over, so is the token.

    So is the grant, before anything of the attempt is looked at.
    """
    agent, seen, gate = Agent(repaired, gateway), {}, repaired.repairs.answers["gate"]

    def granted() -> list[str]:
        found = repaired.shop.cluster.get(path_of("v1", "configmaps", SYSTEM, MAPS[0])).get("data") or {}
        return [key for key in found if key.startswith(repaired.remediation["id"])]

    def answer(_: dict[str, Any], key: str) -> Any:
        agent.call(key, times=2)
        agent.call(key, audience="https://kubernetes.default.svc")
        seen["token"], seen["agent"] = agent.token(key, "setpoint-gateway"), granted()
        return proposal()

    def gated(order: dict[str, Any], key: str) -> Any:
        seen["gate"] = granted()
        return gate(order, key)

    repaired.repairs.answers |= {"agent": answer, "gate": gated}
    _configure(repaired)
    repaired.apply(repair={"proposer": "anthropic", "budget": {"usd": "1.00"}})
    found = repaired.ends(90)
    assert (found["ended"], agent.statuses) == ("Verified", [200, 200, 401]), agent.said
    assert (seen["agent"], seen["gate"]) == ([f"{found['id']}-1"], [])
    assert Decimal(found["budget"]["usd"]) == Decimal("0.006")
    assert found["budget"]["limitUsd"] == "1.00"
    repaired.leaves_nothing()
    assert post(gateway.url, BODY, authorization=f"Bearer {seen['token']}").status_code == 401
    line = next(line for line in gateway.lines if line["outcome"] == "Answered")
    assert (line["namespace"], line["constraint"], line["attempt"]) == (repaired.shop.namespace, "checkout", "1")


def test_a_remediation_whose_money_is_gone_calls_people(repaired: Repaired, gateway: Process) -> None:
    """The gateway says so to the agent, the agent to the operator, the operator in the condition."""
    agent = Agent(repaired, gateway)

    def answer(_: dict[str, Any], key: str) -> Any:
        agent.call(key, times=8)
        return BudgetExhausted("the remediation's budget is used up") if "budget is used up" in agent.said else None

    repaired.repairs.answers["agent"] = answer
    _configure(repaired)
    repaired.apply(repair={"proposer": "anthropic", "budget": {"usd": "0.02"}})
    found = repaired.ends(90)
    assert (found["ended"], found["escalation"]) == ("Escalated", "BudgetExhausted"), agent.said
    assert agent.statuses[0] == 200 and agent.statuses[-1] == 402
    assert 0 < Decimal(found["budget"]["usd"]) <= Decimal("0.02")
    repaired.leaves_nothing()


def test_without_a_gateway_a_model_is_refused(repaired: Repaired) -> None:
    """By a condition that says what to write instead."""
    repaired.apply(repair={"proposer": "anthropic"})
    repaired.shop.becomes("Stalled", "True", "PolicyDenied")
    assert "needs a model gateway" in repaired.shop.message("Stalled")


def _configure(repaired: Repaired) -> None:
    from apiserver.operator.repair.conftest import FORGES

    repaired.shop.configure(
        repositories=["https://git.example.com/*"], forges=FORGES, allowUnenforcedNetwork=True, gateway=GATEWAY
    )


def test_the_gateway_asks_whose_tokens_are_and_keeps_its_ledger_and_may_do_nothing_else(
    plane: ControlPlane, gateway: Process
) -> None:
    """Of all that the API server knows; and the operator cannot change what was spent."""
    asking, account = Asking(connect(str(plane.kubeconfig))), f"system:serviceaccount:{SYSTEM}:setpoint-gateway"
    assert asking.allowed(account, SYSTEM) == set()
    alone = {("authentication.k8s.io/tokenreviews", "create")}
    assert asking.allowed(account, "") == alone | cells(EVERYBODY)
    may = {name: [verb for verb in VERBS if asking.may(account, verb, "", "configmaps", SYSTEM, name)] for name in MAPS}
    assert may == {"setpoint-gateway-grants": ["get"], "setpoint-gateway-ledger": ["get", "update"], "others": []}
    ledger = plane.kubectl("get", "configmap", "setpoint-gateway-ledger", "--namespace", SYSTEM, "--output", "json")
    refused = plane.kubectl.attempt("replace", "--filename", "-", "--as", OPERATOR, given=ledger)
    assert "denied request" in refused.stderr, refused.stderr
