"""An agent that may call a model: an account of its own, a token for the gateway alone, and what it may spend."""

from decimal import Decimal

from setpoint.api.configuration import Configuration, GatewayAddress
from setpoint.api.errors import NoVerdict
from setpoint.api.gateway import AUDIENCE, GRANTS_MAP, LEDGER_MAP, TOKEN_FILE, Grant, account_of
from setpoint.api.prices import DEFAULT_MODEL
from setpoint.api.resource import ResourceSpec
from setpoint.kube.cluster import path_of
from setpoint.kube.gateway import expired, ledger_in
from setpoint.kube.names import AGENT, REMEDIATION, ROLE
from setpoint.kube.refusals import ClusterFailed, Forbidden, Unavailable
from setpoint.kube.repair.allowed import prices_of
from setpoint.kube.repair.desk import Desk
from setpoint.kube.repair.pods import START_SECONDS, Object

_FOLDER, _FILE = "/etc/setpoint/model", "token"
TOKEN_SECONDS = 600
# Pods of the gateway are known by this, wherever a chart put them.
GATEWAY = "gateway"


def with_model(body: Object, agent: Object, configuration: Configuration, key: str) -> Object:
    """The pod of a proposal whose container `agent`, and no other, has a token for the gateway. Pure."""
    assert configuration.gateway is not None, "a spec that needs one is refused where there is none"
    source = {"audience": AUDIENCE, "expirationSeconds": TOKEN_SECONDS, "path": _FILE}
    volume = {"name": "model", "projected": {"sources": [{"serviceAccountToken": source}]}}
    calling = {
        **agent,
        "env": [
            *agent["env"],
            {"name": "ANTHROPIC_BASE_URL", "value": configuration.gateway.url},
            {"name": TOKEN_FILE, "value": f"{_FOLDER}/{_FILE}"},
        ],
        "volumeMounts": [*agent["volumeMounts"], {"name": "model", "mountPath": _FOLDER, "readOnly": True}],
    }
    return {
        **body,
        "serviceAccountName": agent_account(key),
        "containers": [calling],
        "volumes": [*body["volumes"], volume],
    }


def grant_key(step: str) -> str:
    """Of an attempt, from the key of its step: the remediation's id and the attempt's number."""
    return step.removesuffix("-propose")


def agent_account(step: str) -> str:
    """The ServiceAccount of an attempt."""
    return account_of(grant_key(step))


def let_call(desk: Desk, spec: ResourceSpec, step: str) -> None:
    """Before the pod: its account, its way to the gateway, and its grant. Raises ClusterFailed."""
    gateway = desk.ground.configuration.gateway
    assert gateway is not None
    about = desk.ground.about(agent_account(step), AGENT, step)
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about, "automountServiceAccountToken": False}
    made = desk.create(path_of("v1", "serviceaccounts", desk.namespace), account)
    if not made["metadata"].get("uid"):
        raise Unavailable(f"the ServiceAccount {agent_account(step)} is on its way out")
    desk.create(path_of("networking.k8s.io/v1", "networkpolicies", desk.namespace), way_to(desk, gateway))
    _write(desk, gateway, grant_key(step), _grant(desk, spec, step, made["metadata"]["uid"]))


def take_back(desk: Desk, step: str = "") -> None:
    """The attempt of that step is over, or all of the remediation's: their grants are of no use to anybody any more.

    The token was of a pod that is gone; but who may start pods in the namespace could run another one as its account.
    """
    gateway = desk.ground.configuration.gateway
    if gateway is None:
        return
    path = path_of("v1", "configmaps", gateway.namespace, GRANTS_MAP)
    try:
        found = desk.cluster.find(path) or {}
    except Forbidden:  # an operator that may not look could not grant either
        return
    ours = grant_key(step) if step else f"{desk.ground.remediation}-"
    gone = [key for key in found.get("data") or {} if (key == ours if step else key.startswith(ours))]
    if gone:
        desk.cluster.merge(path, {"data": dict.fromkeys(gone)})


def way_to(desk: Desk, gateway: GatewayAddress) -> Object:
    """From the agents of this remediation, and from nobody else, to the gateway."""
    ours = {REMEDIATION: desk.ground.remediation, ROLE: AGENT}
    there = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": gateway.namespace}},
        "podSelector": {"matchLabels": {ROLE: GATEWAY}},
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": desk.ground.about(f"setpoint-{desk.ground.remediation}-model", AGENT),
        "spec": {
            "podSelector": {"matchLabels": ours},
            "policyTypes": ["Egress"],
            "egress": [{"to": [there], "ports": [{"protocol": "TCP", "port": gateway.port}]}],
        },
    }


def money_spent(desk: Desk, before: str) -> str:
    """US dollars of the remediation, as the gateway has counted them; what was known before where it cannot be read."""
    gateway = desk.ground.configuration.gateway
    if gateway is None:
        return before
    try:
        ledger = ledger_in(desk.cluster.get(path_of("v1", "configmaps", gateway.namespace, LEDGER_MAP)))
    except (ClusterFailed, NoVerdict):
        return before
    spent = ledger.of_remediation(desk.ground.remediation)
    return f"{max(spent, Decimal(before)):.4f}"


def _grant(desk: Desk, spec: ResourceSpec, step: str, uid: str) -> Grant:
    prices = prices_of(spec, desk.ground.configuration)
    assert prices is not None, "a model without prices is refused"
    owner, budget = desk.ground.owner, spec.repair.budget
    return Grant(
        namespace=owner["namespace"],
        account=agent_account(step),
        account_uid=uid,
        constraint=owner["name"],
        constraint_uid=owner["uid"],
        remediation=desk.ground.remediation,
        attempt=int(grant_key(step).rpartition("-")[2]),
        model=spec.repair.model or DEFAULT_MODEL,
        prices=prices,
        usd=budget.usd,
        tokens=budget.tokens,
        until=desk.now + budget.duration + 2 * START_SECONDS,
    )


def _write(desk: Desk, gateway: GatewayAddress, key: str, grant: Grant) -> None:
    """Put the grant beside the others, and take away those whose time is over."""
    path = path_of("v1", "configmaps", gateway.namespace, GRANTS_MAP)
    gone: dict[str, str | None] = dict.fromkeys(expired(desk.cluster.get(path), desk.now))
    desk.cluster.merge(path, {"data": {**gone, key: grant.model_dump_json(by_alias=True)}})
