"""The CustomResourceDefinition, made from the models: one truth for the API server, the operator and the files.

Pydantic's schema is no structural one: references are put in place, unions with null taken apart, constants and bounds
written as Kubernetes wants them, and what only Python can check is said in CEL (crd_rules).
"""

from typing import Any

from setpoint.api.base import Model
from setpoint.api.crd_rules import OF_FORMAT, OF_MODEL
from setpoint.api.duration import format_duration
from setpoint.api.resource import GROUP, KIND, PLURAL, SHORT_NAME, VERSION, ResourceSpec
from setpoint.api.status import ResourceStatus

Schema = dict[str, Any]
NAME = f"{PLURAL}.{GROUP}"
# Of unbounded strings, lists and maps: CEL's cost is estimated by the largest that may come.
LONGEST_TEXT, MOST_ITEMS = 4096, 100
_BOUNDS = {"gt": ("minimum", True), "ge": ("minimum", False), "lt": ("maximum", True), "le": ("maximum", False)}
_KEPT = (
    "type",
    "description",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
)
_LIST_KEYS = {"conditions": "type", "constraints": "constraint", "custom": "name"}


def crd() -> Schema:
    """The CRD as JSON."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": [SHORT_NAME, "perfc"],
                "categories": ["setpoint"],
            },
            "versions": [_version()],
        },
    }


def _version() -> Schema:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": list(_columns()),
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "description": "The setpoints of a Deployment, how they are measured, what may be done.",
                "required": ["spec"],
                "properties": {
                    "apiVersion": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {"type": "object"},
                    "spec": structural(ResourceSpec),
                    "status": _lenient(structural(ResourceStatus)),
                },
            }
        },
    }


def _columns() -> list[Schema]:
    def condition(kind: str, field: str) -> str:
        return f'.status.conditions[?(@.type=="{kind}")].{field}'

    shown = (
        ("Target", "string", ".spec.target.deployment", 0),
        ("Compliant", "string", condition("Compliant", "status"), 0),
        ("Worst", "string", ".status.worst", 0),
        ("Remediation", "string", condition("Remediating", "reason"), 0),
        ("Ready", "string", condition("Ready", "status"), 0),
        ("LastRun", "date", ".status.lastRun.startedAt", 0),
        ("Age", "date", ".metadata.creationTimestamp", 0),
        ("Phase", "string", ".status.phase", 1),
        ("Reason", "string", condition("Compliant", "reason"), 1),
        ("Message", "string", condition("Compliant", "message"), 1),
        ("PullRequest", "string", ".status.remediation.pullRequest.url", 1),
        ("NextRun", "string", ".status.nextRunTime", 1),
    )
    return [
        {"name": name, "type": kind, "jsonPath": path, **({"priority": wide} if wide else {})}
        for name, kind, path, wide in shown
    ]


def structural(model: type[Model]) -> Schema:
    """The structural schema of a model."""
    schema = model.model_json_schema(by_alias=True)
    return _Structural(schema.get("$defs") or {}).of(schema)


class _Structural:
    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions

    def of(self, node: Schema, name: str = "") -> Schema:
        """`node`, which stands at the property `name`, as Kubernetes takes it."""
        node, described = self._resolved(node)
        if special := _special(node):
            return {**special, **described, **_default(node)}
        schema: Schema = {key: node[key] for key in _KEPT if key in node} | described
        if "const" in node:
            schema |= {"type": "string", "enum": [node["const"]]}
        schema |= _bounds(node) | _default(node)
        if schema.get("type") == "object":
            schema |= self._object(node)
        if schema.get("type") == "array":
            schema |= self._array(node, name)
        if schema.get("type") == "string" and "enum" not in schema:
            schema.setdefault("maxLength", LONGEST_TEXT)
        return schema

    def _resolved(self, node: Schema) -> tuple[Schema, Schema]:
        """The schema behind references and unions with null; the description of where it is used goes first."""
        described = {"description": node["description"]} if "description" in node else {}
        outer = {key: value for key, value in node.items() if key not in ("anyOf", "$ref", "allOf")}
        kinds = [kind for kind in node.get("anyOf", ()) if kind.get("type") != "null"]
        inner = kinds[0] if kinds else node
        if "$ref" in inner:
            inner = self._definitions[inner["$ref"].rpartition("/")[2]]
        if inner is node:
            return node, described
        if "$ref" in inner or "anyOf" in inner:
            inner, _ = self._resolved(inner)
        return {**inner, **{key: value for key, value in outer.items() if key == "default"}}, described or (
            {"description": inner["description"]} if "description" in inner else {}
        )

    def _object(self, node: Schema) -> Schema:
        if "properties" not in node:
            value = node.get("additionalProperties")
            return (
                {"additionalProperties": self.of(value), "maxProperties": MOST_ITEMS} if isinstance(value, dict) else {}
            )
        schema: Schema = {"properties": {name: self.of(child, name) for name, child in node["properties"].items()}}
        if node.get("required"):
            schema["required"] = list(node["required"])
        if rules := OF_MODEL.get(node.get("title", "")):
            schema["x-kubernetes-validations"] = [rule.to_json() for rule in rules]
        return schema

    def _array(self, node: Schema, name: str) -> Schema:
        if places := node.get("prefixItems"):  # a pair; either side may be open
            item, _ = self._resolved(places[0])
            return {"items": {"type": item["type"], "nullable": True}, "maxItems": len(places)}
        items = self.of(node["items"])
        schema: Schema = {"items": items, "maxItems": node.get("maxItems", MOST_ITEMS)}
        if items.get("type") == "object" and name in _LIST_KEYS:
            schema |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [_LIST_KEYS[name]]}
        return schema


def _special(node: Schema) -> Schema | None:
    """A type that its own rules describe."""
    kind = node.get("format", "")
    return dict(OF_FORMAT[kind]) if kind in OF_FORMAT else None


def _bounds(node: Schema) -> Schema:
    if node.get("type") not in ("number", "integer"):
        return {}
    found: Schema = {}
    for key, (bound, exclusive) in _BOUNDS.items():
        if key in node:
            found |= {bound: node[key], **({f"exclusive{bound.capitalize()}": True} if exclusive else {})}
    for bound in ("Minimum", "Maximum"):
        if f"exclusive{bound}" in node:
            found |= {bound.lower(): node[f"exclusive{bound}"], f"exclusive{bound}": True}
    return found


def _default(node: Schema) -> Schema:
    """Of single values only: an optional block that nobody wrote must not appear."""
    value = node.get("default")
    if str(node.get("format")).endswith("duration") and isinstance(value, float):
        value = format_duration(value)
    return {} if value is None or isinstance(value, dict | list) else {"default": value}


def _lenient(schema: Schema) -> Schema:
    """A status is ours: nothing of it is required but what lists are keyed by, and nothing is defaulted."""
    if isinstance(schema.get("properties"), dict):
        schema["properties"] = {name: _lenient(child) for name, child in schema["properties"].items()}
    if "items" in schema:
        schema["items"] = _lenient(schema["items"])
        if keys := schema.get("x-kubernetes-list-map-keys"):
            schema["items"]["required"] = keys
    return {
        key: value for key, value in schema.items() if key not in ("required", "default", "x-kubernetes-validations")
    } | ({"required": schema["required"]} if schema.get("required") and len(schema["required"]) == 1 else {})
