"""Pydantic's JSON schema to the structural schema that a CustomResourceDefinition needs.

References are put in place, unions with null taken apart (the API server drops nulls by itself), constants and bounds
written in the way of OpenAPI 3.0, and names of fields in descriptions spelled as in the resource.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from setpoint.api.crd_rules import LIST_KEYS, OF_MODEL
from setpoint.api.duration import format_duration

Schema = dict[str, Any]
# Of what the models leave unbounded: the cost of a rule is estimated by the largest value that may come.
LONGEST_TEXT, MOST_ITEMS = 4096, 100
_KEPT = (
    "type",
    "description",
    "enum",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "x-kubernetes-int-or-string",
    "x-kubernetes-validations",
)


def structural(model: type[BaseModel]) -> Schema:
    """The structural schema of `model`."""
    schema = model.model_json_schema(by_alias=True)
    return _Structural(schema.get("$defs") or {}).of(schema)


class _Structural:
    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions

    def of(self, node: Schema, name: str = "") -> Schema:
        """`node`, which stands at the property `name`."""
        node = self._resolved(node)
        schema: Schema = {key: node[key] for key in _KEPT if key in node}
        if "description" in schema:
            schema["description"] = _spelled(schema["description"])
        if "const" in node:
            schema |= {"type": "string", "enum": [node["const"]]}
        schema |= _bounds(node) | _default(node)
        if schema.get("type") == "object":
            schema |= self._fields(node) if "properties" in node else self._map(node)
        if schema.get("type") == "array":
            schema |= self._list(node, name)
        return _text(schema) if schema.get("type") == "string" else schema

    def _resolved(self, node: Schema) -> Schema:
        """What stands behind a reference or a union with null; the words of the place where it is used go first."""
        [inner] = [kind for kind in node.get("anyOf", [node]) if kind.get("type") != "null"]
        if "$ref" in inner:
            inner = {**self._definitions[inner["$ref"].rpartition("/")[2]], **inner}
            inner.pop("$ref")
        said: Schema = {key: node[key] for key in ("description", "default") if key in node}
        return {**(inner if inner is node else self._resolved(inner)), **said}

    def _fields(self, node: Schema) -> Schema:
        schema: Schema = {"properties": {name: self.of(child, name) for name, child in node["properties"].items()}}
        if node.get("required"):
            schema["required"] = list(node["required"])
        if rules := OF_MODEL.get(node.get("title", "")):
            schema["x-kubernetes-validations"] = [rule.to_json() for rule in rules]
        return schema

    def _map(self, node: Schema) -> Schema:
        # Pydantic says of which shape keys are in two ways at once.
        value = node.get("additionalProperties") or next(iter(node["patternProperties"].values()))
        schema: Schema = {
            "additionalProperties": self.of(value),
            "maxProperties": node.get("maxProperties", MOST_ITEMS),
        }
        names = node.get("propertyNames", {})
        rules = [_of_each_name(rule, names["maxLength"]) for rule in names.get("x-kubernetes-validations", ())]
        return schema | ({"x-kubernetes-validations": rules} if rules else {})

    def _list(self, node: Schema, name: str) -> Schema:
        if pair := node.get("prefixItems"):  # either side may be open
            return {"items": {**self.of(pair[0]), "nullable": True}, "maxItems": len(pair)}
        schema = {"items": self.of(node["items"]), "maxItems": node.get("maxItems", MOST_ITEMS)}
        if name in LIST_KEYS and schema["items"].get("type") == "object":
            return schema | {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [LIST_KEYS[name]]}
        return schema | {"x-kubernetes-list-type": "atomic"}


def _text(schema: Schema) -> Schema:
    """Every text has an end. Where a rule says in a sentence what fits, no pattern says it a second time."""
    if "x-kubernetes-validations" in schema:
        schema = {key: value for key, value in schema.items() if key not in ("pattern", "minLength")}
    return schema if "enum" in schema else {"maxLength": LONGEST_TEXT, **schema}


def _of_each_name(rule: Mapping[str, str], longest: int) -> Schema:
    fits = rule["rule"].replace("self.", "name.")
    return {"rule": f"self.all(name, size(name) <= {longest} && {fits})", "message": rule["message"]}


def _bounds(node: Schema) -> Schema:
    """Bounds of numbers, which pydantic has by its own words or by those of JSON schema, as OpenAPI 3.0 has them."""
    found: Schema = {}
    for own, formal, bound in (("gt", "exclusiveMinimum", "minimum"), ("lt", "exclusiveMaximum", "maximum")):
        if (limit := node.get(own, node.get(formal))) is not None:
            found |= {bound: limit, f"exclusive{bound.capitalize()}": True}
    return found | {bound: node[own] for own, bound in (("ge", "minimum"), ("le", "maximum")) if own in node}


def _default(node: Schema) -> Schema:
    """Of single values only: an optional block that nobody wrote must not appear."""
    value = node.get("default")
    if node.get("type") == "string" and isinstance(value, float):
        value = format_duration(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return {} if value is None or isinstance(value, dict | list) else {"default": value}


def _spelled(description: str) -> str:
    """One line in the resource's spelling."""
    words = " ".join(description.split())
    return re.sub(r"\b[a-z0-9]+(_[a-z0-9]+)+\b", lambda word: to_camel(word[0]), words)
