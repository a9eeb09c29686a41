"""What the contract allows is kept whole, and applied again changes nothing."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from apiserver.crd.asking import Collection, checkout, constraint, holds
from setpoint.api.loading import read_resource_spec
from setpoint.api.resource import API_VERSION, KIND
from testbed.control_plane import ControlPlane

SMALLEST = {"target": {"deployment": "a", "service": "a", "port": 80}, "constraints": {"errors": {"budgetPercent": 1}}}
LIVE: dict[str, Any] = {
    "target": {"deployment": "a.b", "service": "a", "port": "h2", "container": "app", "metrics": "/metrics"},
    "load": {
        "http": {"path": "/orders?x=1", "method": "POST", "body": "{}", "headers": {"X-Id": "é", "A": ""}, "rate": 0.5},
        "warmup": "0s",
    },
    "window": "1h30m",
    "schedule": "*/15 8-18 1,15 JAN-MAR MON#2",
    "timeZone": "America/Argentina/Buenos_Aires",
    "onRollout": False,
    "constraints": {
        "heap": {"maxRetainedGrowthSlope": 0.5, "smallestEffectMbPerHour": 2},
        "cpu": {"maxSaturationPercent": 120},
        "throughput": {"minRequestsPerSecond": 10},
        "custom": [
            {"name": "queue", "query": 'max(queue{a="b"})', "max": 5},
            {"name": "up", "query": "up", "min": -1.5},
        ],
    },
    "telemetry": {"latency": "prometheus", "queries": {"heap": "x", "memory": "y"}},
    "repair": {
        "mode": "Diagnose",
        "source": {
            "repository": "http://git:3000/a/b",
            "branch": "release/1.x",
            "revision": {"imageTag": "v1-{sha}"},
        },
        "test": {"command": ["make", "test"], "timeout": "10m"},
        "proposer": "command",
        "command": ["/propose", "--now"],
        "model": "some-model",
        "prices": {"input": "3", "output": "15.5"},
        "budget": {"usd": "0.50", "duration": "5m", "turns": 10, "tokens": 100_000},
    },
    "verify": {
        "source": {"mountPath": "/app"},
        "approval": "BeforeCanary",
        "allow": {"secrets": ["db"], "configMaps": ["app.conf"], "volumes": ["cache"]},
    },
    "suspend": True,
}
SPECS = {"the contract's example": checkout(), "the smallest": SMALLEST, "what that example has not": LIVE}


def added(larger: Any, smaller: Any, above: str = "") -> dict[str, Any]:
    """What stands in one value and not in the other, by its path."""
    if not isinstance(larger, dict):
        return {}
    more: dict[str, Any] = {}
    for key, value in larger.items():
        path = f"{above}.{key}".removeprefix(".")
        more |= added(value, smaller[key], path) if key in smaller else {path: value}
    return more


def test_the_definition_is_established_and_nothing_is_said_against_it(installed: ControlPlane):
    """A schema that is not structural would be accepted too, with a condition that says so."""
    definition = installed.kubectl.json("get", "crd", "performanceconstraints.setpoint.dev")
    conditions = {condition["type"]: condition["status"] for condition in definition["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}


@pytest.mark.parametrize("case", SPECS)
def test_what_is_allowed_is_kept_whole(server: Collection, case: str):
    """Nothing is pruned, nothing is read as something else."""
    answer = server.opinion(SPECS[case])
    assert answer.stored is not None, answer.message
    assert holds(answer.stored, SPECS[case])
    assert read_resource_spec(answer.stored) == read_resource_spec(SPECS[case])


def test_what_is_added_are_the_defaults_of_blocks_that_are_there(server: Collection):
    """An optional block that nobody wrote does not appear."""
    smallest, whole = (server.opinion(spec).stored for spec in (SMALLEST, checkout()))
    everywhere = {"window": "20m", "timeZone": "UTC", "onRollout": True}
    assert added(smallest, SMALLEST) == {**everywhere, "suspend": False}
    assert added(whole, checkout()) == {
        **everywhere,
        "telemetry.latency": "load",
        "repair.test.timeout": "5m",
        "repair.budget.duration": "20m",
        "repair.budget.turns": 60,
        "repair.budget.tokens": 3_000_000,
    }


def written() -> dict[str, Any]:
    """Every constraint that stands in the documents and manifests of this repository."""
    top = Path(__file__).parents[3]
    pages = [*top.glob("docs/*.md"), *top.glob("docs/*/*.yaml"), *top.glob("manifests/demo/**/*.yaml")]
    texts = {page: page.read_text(encoding="utf-8") for page in pages}
    blocks = [
        (page, block)
        for page, text in texts.items()
        for block in (re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if page.suffix == ".md" else [text])
        if f"kind: {KIND}\n" in block
    ]
    found = [(page, document) for page, block in blocks for document in yaml.safe_load_all(block)]
    return {
        f"{page.relative_to(top)} {number}": document["spec"]
        for number, (page, document) in enumerate(found)
        if isinstance(document, dict) and (document.get("kind"), document.get("apiVersion")) == (KIND, API_VERSION)
    }


@pytest.mark.parametrize("where", written())
def test_what_our_own_pages_show_is_accepted(server: Collection, where: str):
    """Those are the first that anybody applies."""
    spec = written()[where]
    answer = server.opinion(spec)
    assert answer.stored is not None, answer.message
    assert holds(answer.stored, spec)


def test_a_null_is_as_if_it_were_not_written(server: Collection):
    """Templates leave such keys behind."""
    spec = {**SMALLEST, "load": None, "repair": None, "suspend": None, "window": None}
    assert server.opinion(spec).stored == server.opinion(SMALLEST).stored


class Object:
    """One constraint in a namespace of its own, applied in one way."""

    def __init__(self, api: ControlPlane, namespace: str, *how: str) -> None:
        self._kubectl, self._how = api.kubectl, ("--namespace", namespace, *how)
        self._where = ("get", "perfc", "checkout", "--namespace", namespace)

    def apply(self, spec: Any, *more: str) -> str:
        given = json.dumps(constraint(spec))
        return self._kubectl("apply", *self._how, *more, "--filename", "-", given=given)

    def differs(self, spec: Any) -> str:
        done = self._kubectl.attempt("diff", *self._how, "--filename", "-", given=json.dumps(constraint(spec)))
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def stored(self) -> Any:
        return self._kubectl.json(*self._where)


WAYS = {"on the server": ("--server-side",), "by the client": ()}


@pytest.fixture(params=WAYS)
def applied(request: pytest.FixtureRequest, installed: ControlPlane, namespace: str) -> Object:
    return Object(installed, namespace, *WAYS[request.param])


@pytest.mark.parametrize("case", SPECS)
def test_what_is_applied_again_does_not_differ(applied: Object, case: str):
    """A GitOps tool would otherwise write for ever."""
    applied.apply(SPECS[case])
    assert applied.differs(SPECS[case]) == ""
    applied.apply(SPECS[case])  # where no operator wrote a status before, this stores the default of it, once
    first = applied.stored()
    assert applied.differs(SPECS[case]) == ""
    applied.apply(SPECS[case])
    again = applied.stored()
    assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert again["metadata"]["generation"] == 1


def test_another_kind_of_load_takes_the_place_of_the_first(applied: Object):
    """Defaults of the block that is taken out must not keep it alive."""
    applied.apply({**SMALLEST, "load": {"http": {"rate": 5}}})
    assert "path" in applied.stored()["spec"]["load"]["http"]
    applied.apply({**SMALLEST, "load": {"script": {"configMap": "a", "key": "b"}}})
    assert "http" not in applied.stored()["spec"]["load"]
    applied.apply(SMALLEST)
    assert "load" not in applied.stored()["spec"]


def test_a_constraint_that_is_taken_out_is_gone(applied: Object):
    """With its defaults."""
    applied.apply({**SMALLEST, "constraints": {"memory": {"maxMb": 3}, "errors": {"budgetPercent": 1}}})
    assert applied.stored()["spec"]["constraints"]["memory"]["tolerancePercent"] == 0
    applied.apply(SMALLEST)
    assert list(applied.stored()["spec"]["constraints"]) == ["errors"]


def test_custom_constraints_are_merged_by_their_names(installed: ControlPlane, namespace: str):
    """Two people may each own one."""
    object_ = Object(installed, namespace, "--server-side")
    one, other = ({"name": name, "query": name, "max": 1} for name in ("one", "other"))
    object_.apply({**SMALLEST, "constraints": {"custom": [one]}})
    object_.apply({**SMALLEST, "constraints": {"custom": [other]}}, "--field-manager=someone")
    assert object_.stored()["spec"]["constraints"]["custom"] == [one, other]


def test_who_moves_to_server_side_apply_can_still_take_blocks_out(installed: ControlPlane, namespace: str):
    """Client-side apply owned the defaults as well."""
    requests = {**SMALLEST, "load": {"http": {"rate": 5}}}
    Object(installed, namespace).apply(requests)
    object_ = Object(installed, namespace, "--server-side")
    object_.apply(requests)
    object_.apply({**SMALLEST, "load": {"script": {"configMap": "a", "key": "b"}}})
    assert "http" not in object_.stored()["spec"]["load"]
