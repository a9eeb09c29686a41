"""Where a hostile agent would like to connect to, and what its NetworkPolicies say: as the API defines them.

What is asked here is what the policies mean; that a network enforces them is the probe's business.
"""

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.hostile.cases import Case, EscapedError, Layer, stopped
from local.hostile.pods import objects
from setpoint.api.errors import NetworkNotEnforced
from setpoint.cli.step.propose import _need_enforced

Labels = dict[str, str]
REMEDIATION = {"setpoint.dev/remediation": "rem1"}


class Peer:
    """One side of a connection: a pod in a namespace, or an address outside of the cluster."""

    def __init__(self, address: str = "", namespace: str = "shop", **labels: str) -> None:
        self.address, self.namespace, self.labels = address, namespace, labels

    @classmethod
    def of(cls, role: str) -> "Peer":
        """A pod of the remediation."""
        peer = cls()
        peer.labels = {**REMEDIATION, "setpoint.dev/role": role}
        return peer


def selects(selector: dict[str, Any], labels: Labels) -> bool:
    """Whether a label selector chooses these labels."""
    by_name = all(labels.get(name) == value for name, value in (selector.get("matchLabels") or {}).items())
    for one in selector.get("matchExpressions") or ():
        assert one["operator"] == "In", "the only one that we write"
        by_name = by_name and labels.get(one["key"]) in one["values"]
    return by_name


def _peer_is(rule: dict[str, Any], peer: Peer) -> bool:
    if block := rule.get("ipBlock"):
        address = peer.address or "10.0.0.9"
        inside = ipaddress.ip_address(address) in ipaddress.ip_network(block["cidr"])
        return inside and not any(
            ipaddress.ip_address(address) in ipaddress.ip_network(cut) for cut in block.get("except") or ()
        )
    if peer.address:
        return False
    here = "namespaceSelector" in rule or peer.namespace == "shop"  # ours select namespaces by {}: all of them
    assert rule.get("namespaceSelector") in (None, {})
    return here and selects(rule.get("podSelector") or {}, peer.labels)


def _lets(policies: list[dict[str, Any]], side: str, me: Peer, other: Peer, port: int) -> bool:
    """Policies add up: none about `me` lets everything through, else one of their rules has to."""
    mine = [
        one["spec"]
        for one in policies
        if side in one["spec"]["policyTypes"] and selects(one["spec"]["podSelector"], me.labels)
    ]
    word, at = ("egress", "to") if side == "Egress" else ("ingress", "from")
    rules = [rule for policy in mine for rule in policy.get(word) or ()]
    return not mine or any(
        (at not in rule or any(_peer_is(one, other) for one in rule[at]))
        and ("ports" not in rule or any(one["port"] == port for one in rule["ports"]))
        for rule in rules
    )


def reaches(sender: Peer, target: Peer, port: int) -> bool:
    """Whether a connection comes about where policies are enforced."""
    policies = objects()["policies"]["items"]
    out = not sender.labels or _lets(policies, "Egress", sender, target, port)
    return out and (bool(target.address) or _lets(policies, "Ingress", target, sender, port))


API_SERVER, METADATA, FORGE, MODEL = (
    Peer("10.96.0.1"), Peer("169.254.169.254"), Peer("203.0.113.7"), Peer("198.51.100.9")
)  # fmt: skip
DATABASE, NEIGHBOUR, STRANGER = Peer(app="database"), Peer(app="checkout"), Peer(namespace="other", app="evil")
SOURCE = Peer.of("source")


def refuses(sender: Peer, target: Peer, *ports: int) -> Callable[[Path], str]:
    """The attempt to connect."""

    def attempt(_: Path) -> str:
        through = [str(port) for port in ports if reaches(sender, target, port)]
        if through:
            raise EscapedError(f"it gets through to port {', '.join(through)}")
        return f"no policy lets it through to {', '.join(map(str, ports))}"

    return attempt


def _needed(_: Path) -> str:
    """Policies that refuse everything would pass all of the others."""
    needed = [
        *((Peer.of(role), SOURCE, 8080) for role in ("agent", "gate", "test", "profile", "copy")),
        (Peer.of("agent"), Peer(namespace="kube-system", app="dns"), 53),
        (SOURCE, FORGE, 443),
        (Peer.of("forge"), FORGE, 443),
        (Peer.of("verify"), Peer.of("copy"), 8000),
        (Peer(namespace="monitoring", app="prometheus"), Peer.of("copy"), 8000),
    ]
    if cut := [one for one in needed if not reaches(*one)]:
        raise EscapedError(f"{len(cut)} of {len(needed)} connections that a repair needs are cut")
    return f"and all {len(needed)} connections that a repair needs are let through"


def _seen(_: Path) -> str:
    """The probe on a network that lets everything through."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        try:
            _need_enforced(f"127.0.0.1:{listening.getsockname()[1]}")
        except NetworkNotEnforced as error:
            return stopped(str(error), "")
    raise EscapedError("the probe noticed nothing")


def _policy(name: str, attempt: Callable[[Path], str]) -> Case:
    return Case(name, Layer.POLICY, "let through|lets it through", attempt)


AGENT, TEST, COPY, PROFILE = (Peer.of(role) for role in ("agent", "test", "copy", "profile"))
CASES = [
    _policy("agent: reach the API server", refuses(AGENT, API_SERVER, 443, 6443)),
    _policy("agent: reach the metadata address", refuses(AGENT, METADATA, 80)),
    _policy("agent: push to the forge itself", refuses(AGENT, FORGE, 443, 22)),
    _policy("agent: ask the model with a key of its own", refuses(AGENT, MODEL, 443)),
    _policy("agent: reach another pod", refuses(AGENT, NEIGHBOUR, 80, 8080)),
    _policy("agent: talk to its own candidate", refuses(AGENT, COPY, 8000)),
    _policy("agent: ask a name server outside", refuses(AGENT, Peer("203.0.113.53"), 53)),
    _policy("tests: reach the API server", refuses(TEST, API_SERVER, 443, 6443)),
    _policy("tests: reach the internet", refuses(TEST, FORGE, 443, 80)),
    _policy("candidate: reach the API server", refuses(COPY, API_SERVER, 443, 6443)),
    _policy("candidate: reach the metadata address", refuses(COPY, METADATA, 80)),
    _policy("candidate: reach the production database", refuses(COPY, DATABASE, 5432)),
    _policy("candidate: send what it knows away", refuses(COPY, FORGE, 443)),
    _policy("candidate: reach the control", refuses(COPY, Peer.of("copy"), 8000)),
    _policy("profile: reach the API server", refuses(PROFILE, API_SERVER, 443)),
    _policy("a stranger: read the source", refuses(STRANGER, SOURCE, 8080)),
    _policy("a neighbour: read the source", refuses(NEIGHBOUR, SOURCE, 8080)),
    _policy("a stranger: reach the agent", refuses(STRANGER, AGENT, 80)),
    _policy("(what a repair needs is let through)", _needed),
    Case("a network that enforces nothing", Layer.PROBE, "does not enforce policies", _seen),
]
