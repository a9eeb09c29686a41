"""Reads what users write: a constraints file, a metrics.json, the spec of a stored custom resource.

Everything wrong with one is one clear InputError.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from setpoint.api.errors import InputError
from setpoint.api.metrics import Metrics
from setpoint.api.resource import API_VERSION, KIND, ResourceSpec
from setpoint.api.spec import LocalSpec
from setpoint.api.text_files import name_of, read_json, read_text
from setpoint.api.validating import Place, validate
from setpoint.api.wording import shorten
from setpoint.api.yaml_tree import Node, field_path, read_tree

LARGEST_SPEC = 1024 * 1024
LARGEST_METRICS = 256 * 1024 * 1024
_LIMITS = {
    "memory": ("memory", "max_mb"),
    "heap.growth": ("heap", "max_retained_growth_slope"),
    "latency.p50": ("latency", "p50_max_ms"),
    "latency.p90": ("latency", "p90_max_ms"),
    "latency.p99": ("latency", "p99_max_ms"),
    "cardinality.level": ("cardinality", "max_unique_labels"),
    "cardinality.growth": ("cardinality", "growth_rate"),
    "cpu": ("cpu", "max_saturation_percent"),
    "throughput": ("throughput", "min_requests_per_second"),
    "errors": ("errors", "budget_percent"),
}


@dataclass(frozen=True, slots=True)
class LocatedSpec:
    """A spec, and for each row of its verdicts the line (from 1) that sets the row's limit."""

    spec: LocalSpec
    lines: Mapping[str, int]


def load_spec(path: Path) -> LocalSpec:
    """The constraints file (YAML or JSON, at most 1 MiB) at `path`. Raises InputError.

    A custom resource in a file is read as well: its `spec.constraints`.
    """
    return load_located_spec(path).spec


def load_located_spec(path: Path) -> LocatedSpec:
    """As load_spec, with the lines that messages about a row can point at."""
    name = name_of(path)
    root = read_tree(read_text(path, LARGEST_SPEC), name)
    if not isinstance(root.value, dict):
        raise InputError("does not hold fields", where=f"{name}:{root.line}", instead="begin with constraints:")
    _refuse_empty(root, (), name)
    above: tuple[str, ...]
    if {"apiVersion", "kind"} & root.value.keys():
        part, above = _of_resource(root, name), ("spec",)
    else:
        part, above = root, ()
    place = Place(name, part, above)
    spec = validate(LocalSpec, part.plain(), place)
    return LocatedSpec(spec, _lines(spec, place))


def load_metrics(path: Path) -> Metrics:
    """The metrics.json at `path` (`-`: standard input), JSON of at most 256 MiB. Raises InputError."""
    name = name_of(path)
    value = read_json(read_text(path, LARGEST_METRICS), name)
    if not isinstance(value, dict):
        raise InputError("does not hold a JSON object", where=name, instead='begin with {"schemaVersion": 1')
    if "constraints" in value and "signals" not in value:
        raise InputError("is a constraints file", where=name, instead="METRICS comes before CONSTRAINTS")
    return validate(Metrics, value, Place(name))


def read_resource_spec(spec: Mapping[str, object]) -> ResourceSpec:
    """The spec of a custom resource as the API server keeps it. Raises InputError: `spec.field: what; what instead`."""
    return validate(ResourceSpec, spec, Place("", above=("spec",)))


def _refuse_empty(node: Node, path: tuple[str | int, ...], file: str) -> None:
    """A key without a value is a setpoint that somebody believes in and nobody checks."""
    if node.value is None:
        where = f"{file}:{node.line}: {field_path(path)}"
        raise InputError("has no value", where=where, instead="write one, indented below its key, or leave the key out")
    children = node.value.items() if isinstance(node.value, dict) else enumerate(_list(node))
    for key, child in children:
        _refuse_empty(child, (*path, key), file)


def _list(node: Node) -> list[Node]:
    return node.value if isinstance(node.value, list) else []


def _of_resource(root: Node, file: str) -> Node:
    """The part of a custom resource that a file shares with it: its constraints."""
    for key, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        node = root.child(key)
        if node is None or node.value != wanted:
            said = f"{shorten(node.written or 'a block')} is not read here" if node else "is missing"
            raise InputError(said, where=f"{file}:{(node or root).line}: {key}", instead=f"write {wanted}")
    spec = root.child("spec")
    constraints = spec.child("constraints") if spec else None
    if spec is None or constraints is None:
        line = (spec or root).line
        raise InputError("spec.constraints is missing", where=f"{file}:{line}", instead="write at least one constraint")
    return Node({"constraints": constraints}, spec.line)


def _lines(spec: LocalSpec, place: Place) -> dict[str, int]:
    custom = {f"custom.{custom.name}": ("custom", index) for index, custom in enumerate(spec.constraints.custom)}
    paths: dict[str, tuple[str | int, ...]] = {**_LIMITS, **custom}
    return {row: place.find(("constraints", *paths[row])).line for row in spec.constraints.row_names()}
