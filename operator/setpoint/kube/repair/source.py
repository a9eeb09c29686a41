"""The pod that holds the token to read and serves the tree, and what keeps a remediation's pods apart."""

from dataclasses import dataclass

from pydantic import ValidationError

from setpoint.api.errors import ForgeBusy
from setpoint.api.step_result import parse_ending, parse_result
from setpoint.api.steps import SOURCE_PORT, SourceFound, SourceStep
from setpoint.kube.cluster import path_of
from setpoint.kube.dns import to_names
from setpoint.kube.load_state import container_status, unix
from setpoint.kube.names import AGENT, COPY, FORGE, GATE, PROFILE, REMEDIATION, ROLE, SOURCE, TEST, VERIFY
from setpoint.kube.refusals import ClusterFailed
from setpoint.kube.repair.copies import account_name
from setpoint.kube.repair.desk import Desk, dumped
from setpoint.kube.repair.forges import trusted
from setpoint.kube.repair.pods import (
    MAIN,
    ORDER_FILE,
    TOKEN_MOUNT,
    Object,
    order_of,
    order_volume,
    pod,
    pod_metadata,
    step,
    token_volume,
)
from setpoint.kube.repair.standing import mounts

# A clone of a large repository takes a while.
START_SECONDS = 600.0
_CODE_OF_OTHERS = (AGENT, GATE, TEST)


@dataclass(frozen=True, slots=True)
class Served:
    """How the source stands: `found` when its tree is served, `fault` when it will not be, neither: not yet."""

    url: str
    found: SourceFound | None = None
    fault: str = ""
    error: str = ""


class SourcePod:
    """One for each remediation."""

    def __init__(self, desk: Desk, secret: str | None, order: SourceStep) -> None:
        self._desk, self._secret, self._order = desk, secret, order
        self._name = f"setpoint-{desk.ground.remediation}-source"
        self.url = f"http://{self._name}.{desk.namespace}.svc:{SOURCE_PORT}"

    def look(self) -> Served:
        """Create what is not there; how it stands."""
        found = self._desk.cluster.find(self._path("pods", self._name))
        if found is None:
            try:
                self._create()
            except ClusterFailed as error:
                if error.passing:
                    raise
                return Served(self.url, fault=f"the source's pod cannot be made: {error}")
            return Served(self.url)
        state = (container_status(found, MAIN).get("state") or {}).get("terminated")
        if state:
            return self._ended(found, str(state.get("message") or ""))
        if container_status(found, MAIN).get("ready"):
            return self._ready(found)
        return Served(self.url, fault=self._impatient(found))

    def _create(self) -> None:
        desk, key = self._desk, f"{self._desk.ground.remediation}-source"
        about = desk.ground.about(self._name, SOURCE, key)
        selector = {ROLE: SOURCE, REMEDIATION: desk.ground.remediation}
        ports = [{"name": "http", "port": SOURCE_PORT, "targetPort": SOURCE_PORT}]
        files = {ORDER_FILE: dumped(self._order), **trusted(self._order.hosting, desk.ground.configuration)}
        desk.create(self._path("configmaps"), order_of(desk.ground, key, files))
        for policy in policies_of(desk):
            desk.create(path_of("networking.k8s.io/v1", "networkpolicies", desk.namespace), policy)
        desk.create(self._path("serviceaccounts"), _account(desk))
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": about,
            "spec": {"selector": selector, "ports": ports},
        }
        desk.create(self._path("services"), service)
        box = step(
            desk.ground,
            "source",
            (TOKEN_MOUNT,),
            ports=[{"name": "http", "containerPort": SOURCE_PORT}],
            readinessProbe={"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 1},
        )
        body = pod(desk.ground, [box], [order_volume(key), token_volume(self._secret)])
        whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {**about, **pod_metadata(about)}, "spec": body}
        desk.create(self._path("pods"), whole)

    def _ready(self, found: Object) -> Served:
        query = {"container": MAIN, "tailLines": "100", "limitBytes": "1000000"}
        log = self._desk.cluster.text(f"{self._path('pods', found['metadata']['name'])}/log", query)
        try:
            return Served(self.url, found=SourceFound.model_validate(parse_result(log, None) or {}))
        except ValidationError:
            return Served(self.url)

    def _ended(self, found: Object, message: str) -> Served:
        """One that ended for no fault of the order's is made anew by the next visit."""
        ending = parse_ending(message)
        if ending and ending.error and ending.error != ForgeBusy.__name__:
            return Served(self.url, fault=ending.message, error=ending.error)
        self._desk.cluster.delete(self._path("pods", self._name), uid=found["metadata"]["uid"])
        return Served(self.url)

    def _impatient(self, found: Object) -> str:
        """A clone may take long; that its container begins may not."""
        age = self._desk.now - (unix(found["metadata"].get("creationTimestamp")) or self._desk.now)
        if "running" in (container_status(found, MAIN).get("state") or {}):
            return f"the source was not fetched within {START_SECONDS:g} s" if age > START_SECONDS else ""
        patience = self._desk.ground.configuration.runner.start_within
        return f"the source's pod did not start within {patience:g} s{mounts(found)}" if age > patience else ""

    def _path(self, plural: str, name: str | None = None) -> str:
        return path_of("v1", plural, self._desk.namespace, name)


def _account(desk: Desk) -> Object:
    about = desk.ground.about(account_name(desk.ground.remediation), COPY)
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about, "automountServiceAccountToken": False}


def _one_of(*roles: str) -> Object:
    return {"key": ROLE, "operator": "In", "values": list(roles)}


def policies_of(desk: Desk) -> list[Object]:
    """What others wrote reaches the source and the names of the cluster, and nothing else; nobody else reaches it.

    Copies too: what else a service needs is for the namespace's owners to open, to pods of the roles copy and profile.
    """
    ours = {REMEDIATION: desk.ground.remediation}
    source = {"podSelector": {"matchLabels": {**ours, ROLE: SOURCE}}}
    serving = [{"protocol": "TCP", "port": SOURCE_PORT}]
    untrusted: Object = {
        "podSelector": {
            "matchLabels": ours,
            "matchExpressions": [_one_of(*_CODE_OF_OTHERS)],
        },
        "policyTypes": ["Ingress", "Egress"],
        "egress": [{"to": [source], "ports": serving}, to_names()],
    }
    running = {
        "podSelector": {"matchLabels": ours, "matchExpressions": [_one_of(COPY, PROFILE)]},
        "policyTypes": ["Egress"],
        "egress": untrusted["egress"],
    }
    guarded = {
        "podSelector": source["podSelector"],
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {"matchLabels": ours}}], "ports": serving}],
    }
    # In a namespace that forbids everything by default these three would not get through.
    abroad = {
        "podSelector": {"matchLabels": ours, "matchExpressions": [_one_of(SOURCE, FORGE)]},
        "policyTypes": ["Egress"],
        "egress": [{}],
    }
    copies = {"podSelector": {"matchLabels": {**ours, ROLE: COPY}}}
    loading = {
        "podSelector": {"matchLabels": ours, "matchExpressions": [_one_of(VERIFY)]},
        "policyTypes": ["Egress"],
        "egress": [{"to": [copies]}, *untrusted["egress"]],
    }
    loaded = {
        "podSelector": copies["podSelector"],
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"namespaceSelector": {}}]}],  # the load, and whoever reads metrics
    }
    specs = {
        "untrusted": untrusted,
        "running": running,
        "source": guarded,
        "abroad": abroad,
        "load": loading,
        "copies": loaded,
    }
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": desk.ground.about(f"setpoint-{desk.ground.remediation}-{name}", SOURCE),
            "spec": spec,
        }
        for name, spec in specs.items()
    ]
