"""Asks a real API server for its opinion on constraints, without keeping them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
import yaml

from setpoint.api.resource import API_VERSION, KIND
from testbed.control_plane import ControlPlane

CHECKOUT = """\
target: {deployment: checkout, service: checkout, port: http}
load:
  script: {configMap: checkout-load, key: script.js}
  warmup: 30s
  duration: 20m
schedule: "0 2 * * *"
constraints:
  memory: {maxMb: 300, tolerancePercent: 5, sustainedLoadMinutes: 15}
  heap: {maxRetainedGrowthSlope: 0, observationWindowMinutes: 20}
  latency: {p99MaxMs: 120, p90MaxMs: 80, p50MaxMs: 40}
  cardinality: {maxUniqueLabels: 10000, growthRate: bounded}
  errors: {budgetPercent: 0.1}
telemetry: {prometheus: default, runtime: auto}
repair:
  mode: Verify
  source:
    repository: https://git.example.com/shop/checkout.git
    branch: main
    paths: [src/]
    secretRef: checkout-git
    revision: {annotation: example.com/commit}
  test: {command: [pytest, -q], image: registry.example.com/shop/tests:1}
  proposer: anthropic
  maxIterations: 5
  escalateAfter: 3
  budget: {usd: "5.00"}
verify:
  image: "registry.example.com/shop/checkout:{sha}"
  load: {duration: 5m}
  approval: None
  allow: {secrets: [], configMaps: [], volumes: []}
suspend: false
"""


def checkout() -> dict[str, Any]:
    """The spec of the contract's own example."""
    return yaml.safe_load(CHECKOUT)


def constraint(spec: Any, name: str = "checkout") -> dict[str, Any]:
    """A whole object."""
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec}


@dataclass(frozen=True)
class Answer:
    """What the server would do: keep `stored`, or refuse with `message`."""

    stored: Mapping[str, Any] | None
    message: str = ""


class Collection:
    """The objects of one kind in the namespace default."""

    def __init__(self, api: ControlPlane, version: str, kind: str, plural: str) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # neither proxies nor authorities of this machine
        self._session.verify = str(api.identity.file("ca.crt"))
        self._session.headers["Authorization"] = f"Bearer {api.identity.tokens['admin']}"
        self._url = f"{api.server}/apis/{version}/namespaces/default/{plural}"
        self._head = {"apiVersion": version, "kind": kind}

    def opinion(self, spec: Any, name: str = "checkout") -> Answer:
        """On creating an object, as strict as kubectl is."""
        asked = {"dryRun": "All", "fieldValidation": "Strict"}
        body = {**self._head, "metadata": {"name": name}, "spec": spec}
        answer = self._session.post(self._url, params=asked, json=body, timeout=30)
        said = answer.json()
        if answer.status_code == 201:
            return Answer(said["spec"])
        assert answer.status_code in (400, 422), said
        return Answer(None, said["message"])


def holds(larger: Any, smaller: Any) -> bool:
    """Whether all that stands in one JSON value stands in the other, too."""
    if isinstance(smaller, dict):
        return isinstance(larger, dict) and all(k in larger and holds(larger[k], v) for k, v in smaller.items())
    return larger == smaller
