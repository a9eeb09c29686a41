"""An agent that may call a model: a token for the gateway in one container, and prices that are not its author's."""

from decimal import Decimal

import pytest

from setpoint.api.configuration import Configuration
from setpoint.api.forge import Hosting
from setpoint.api.ports import ProposeOrder
from setpoint.api.prices import DEFAULT_MODEL, price_at
from setpoint.api.reasons import Result
from setpoint.api.remedy import Evidence
from setpoint.api.verdict import Verdict
from setpoint.kube.repair.allowed import prices_of, proposer_fault
from setpoint.kube.repair.copies import Plant
from setpoint.kube.repair.desk import Desk
from setpoint.kube.repair.granting import way_to
from setpoint.kube.repair.pods import Ground
from setpoint.kube.repair.works import Scene
from unit.kube_repair.test_allowed import spec
from unit.kube_repair.test_copies import OWNER, template

GATEWAY = {"service": "setpoint-gateway", "namespace": "setpoint-system"}
CONFIGURATION = Configuration.model_validate({"gateway": GATEWAY, "models": {"mine": {"input": "3", "output": "9"}}})
KEY = "0123456789-2-propose"


def pod(**repair: object) -> dict:
    """Of a proposal."""
    found = spec(**repair)
    ground = Ground(OWNER, "run1", "0123456789", CONFIGURATION)
    hosting = Hosting(kind="git", repository="https://git.example.com/shop/app.git")
    scene = Scene(ground, found, Plant(found, template(), 8080), hosting, "http://source:8080", "f" * 40)
    order = ProposeOrder("f" * 40, "", Verdict(result=Result.BREACHED, rows=()), Evidence(), ())
    return scene.propose(KEY, order).pod


def test_the_agent_has_a_token_for_the_gateway_and_the_toolbox_has_none():
    """Ten minutes, one audience, an account of the attempt's own."""
    found = pod(proposer="anthropic")
    [volume] = [one for one in found["volumes"] if "projected" in one and one["name"] == "model"]
    [source] = volume["projected"]["sources"]
    assert source["serviceAccountToken"] == {"audience": "setpoint-gateway", "expirationSeconds": 600, "path": "token"}
    assert found["serviceAccountName"] == "setpoint-0123456789-2-agent"
    assert found["automountServiceAccountToken"] is False
    boxes = [*found["containers"], *found["initContainers"]]
    assert [box["name"] for box in boxes if "model" in [one["name"] for one in box["volumeMounts"]]] == ["step"]
    environment = {one["name"]: one["value"] for one in found["containers"][0]["env"]}
    assert environment["ANTHROPIC_BASE_URL"] == "http://setpoint-gateway.setpoint-system.svc:8081"
    assert environment["SETPOINT_MODEL_TOKEN_FILE"] == "/etc/setpoint/model/token"
    assert not any("KEY" in name for name in environment)


@pytest.mark.parametrize("repair", [{"proposer": "playbook"}, {"proposer": "command", "command": ["propose"]}])
def test_other_proposers_have_no_token(repair):
    """Nor an account."""
    found = pod(**repair)
    assert "serviceAccountName" not in found
    assert "model" not in [one["name"] for one in found["volumes"]]


def test_agents_of_the_remediation_may_reach_the_gateway_and_nothing_more():
    """Policies add up: the source and the names are there already."""
    desk = Desk(None, Ground(OWNER, "run1", "rem1", CONFIGURATION), 0.0)
    policy = way_to(desk, CONFIGURATION.gateway)["spec"]
    assert policy["podSelector"]["matchLabels"] == {"setpoint.dev/remediation": "rem1", "setpoint.dev/role": "agent"}
    [rule] = policy["egress"]
    [peer] = rule["to"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "setpoint-system"}
    assert peer["podSelector"]["matchLabels"] == {"setpoint.dev/role": "gateway"}
    assert rule["ports"] == [{"protocol": "TCP", "port": 8081}]


def test_prices_are_the_operators():
    """An author who says that a model costs nothing is not believed."""
    cheap = {"input": "0.01", "output": "0.01"}
    assert price_at(prices_of(spec(proposer="anthropic", prices=cheap), CONFIGURATION)).output == Decimal(10)
    assert price_at(prices_of(spec(proposer="anthropic", model="mine"), CONFIGURATION)).input == Decimal(3)
    refused = proposer_fault(spec(proposer="anthropic", model="another", prices=cheap), CONFIGURATION)
    assert "another" in refused and "mine" in refused and DEFAULT_MODEL in refused
    assert proposer_fault(spec(proposer="anthropic"), CONFIGURATION) == ""
