"""The tools that read a status: Argo CD's Lua, Flux's CEL, and kstatus."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cel
import pytest
import yaml
from lupa import lua51

from setpoint.api.status import ResourceStatus

ROOT = Path(__file__).parents[3]
GENERATION = 2
FILES = ("statuses.yaml", "recorded.yaml")
# What Argo CD leaves a health script of Lua; everything else (os, io, require, ...) is not there.
LUA_HAS = ("ipairs", "pairs", "tostring", "tonumber", "type", "next", "string", "table")
Answer = Callable[[dict[str, Any]], str]


@dataclass(frozen=True)
class Case:
    """A status, and what each tool has to say of it."""

    name: str
    object: dict[str, Any]
    says: dict[str, str]


def read_cases() -> list[Case]:
    """Each case, written or recorded, without and with the annotation that makes a breach a gate."""
    cases = []
    here = Path(__file__).parent
    for entry in [entry for file in FILES for entry in yaml.safe_load((here / file).read_text())]:
        plain = {tool: entry[tool] for tool in ("argo", "flux", "kstatus")}
        for gated in (False, True):
            says = entry.get("gated", plain) if gated else plain
            name = f"{entry['case']}{' (gate)' if gated else ''}"
            cases.append(Case(name, resource(entry["status"], gated, entry.get("generation", GENERATION)), says))
    return cases


def resource(status: dict[str, Any] | None, gated: bool = False, generation: int = GENERATION) -> dict[str, Any]:
    """A constraint with that status, each condition as the operator completes it."""
    metadata: dict[str, Any] = {"name": "checkout", "namespace": "shop", "generation": generation}
    if gated:
        metadata["annotations"] = {"setpoint.dev/gate": "true"}
    made = {"apiVersion": "setpoint.dev/v1alpha1", "kind": "PerformanceConstraint", "metadata": metadata, "spec": {}}
    return made if status is None else {**made, "status": complete(status)}


def complete(status: dict[str, Any]) -> dict[str, Any]:
    """Through the model, so that no case has a field or a value that the operator cannot write."""
    conditions = [
        {"lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": GENERATION, **condition}
        for condition in status.get("conditions", ())
    ]
    wanted = {**status, **({"conditions": conditions} if conditions else {})}
    written = ResourceStatus.model_validate(wanted).model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert written == wanted, "a case has a field that the status does not have"
    return json.loads(json.dumps(written))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `case` is run with each."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", read_cases(), ids=lambda case: case.name)


@pytest.fixture
def unseen() -> dict[str, Any]:
    """A constraint without any status: where the CRD's default for it was not applied."""
    return resource(None)


@pytest.fixture(scope="session")
def argo() -> Callable[[dict[str, Any]], tuple[str, str]]:
    """(health, message) by docs/gitops/health.lua."""
    script = (ROOT / "docs/gitops/health.lua").read_text()

    def _argo(thing: dict[str, Any]) -> tuple[str, str]:
        lua = lua51.LuaRuntime(register_eval=False, register_builtins=False)
        outside = lua.globals()
        for name in list(outside):
            if name not in LUA_HAS:
                outside[name] = None
        outside["obj"] = lua.table_from(thing, recursive=True)
        health = lua.execute(script)
        return health.status, health.message

    return _argo


@pytest.fixture(scope="session")
def flux() -> Answer:
    """By docs/gitops/flux.yaml, in the order that Flux documents; an expression that fails is not yet an answer."""
    (checks,) = yaml.safe_load((ROOT / "docs/gitops/flux.yaml").read_text())["spec"]["healthCheckExprs"]

    def _flux(thing: dict[str, Any]) -> str:
        observed = thing.get("status", {}).get("observedGeneration")
        if observed is not None and observed != thing["metadata"]["generation"]:
            return "InProgress"
        for key, answer in (("inProgress", "InProgress"), ("failed", "Failed"), ("current", "Current")):
            try:
                if cel.evaluate(checks[key], thing) is True:
                    return answer
            except (RuntimeError, ValueError):
                return "InProgress"
        return "InProgress"

    return _flux


@pytest.fixture(scope="session")
def kstatus() -> Answer:
    """The rules that kstatus documents for kinds that it does not know."""

    def _kstatus(thing: dict[str, Any]) -> str:
        status = thing.get("status", {})
        if status.get("observedGeneration", thing["metadata"]["generation"]) != thing["metadata"]["generation"]:
            return "InProgress"
        truth = {condition["type"]: condition["status"] for condition in status.get("conditions", ())}
        if truth.get("Reconciling") == "True":
            return "InProgress"
        if truth.get("Stalled") == "True":
            return "Failed"
        return "Current" if truth.get("Ready", "True") == "True" else "InProgress"

    return _kstatus
