"""Holds requests and answers against what GitHub publishes of its API."""

import copy
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from graphql import build_schema
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

HERE = Path(__file__).parent
API = json.loads((HERE / "openapi.json").read_text())
GRAPH = build_schema((HERE / "schema.graphql").read_text())
_ROOT = "urn:github"
_REGISTRY: Registry = Registry().with_resource(_ROOT, Resource(contents=API, specification=DRAFT4))


class ViolationError(Exception):
    """A request, or an answer of the tests' own GitHub, that GitHub's description of its API does not know."""


def operation(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The path of the description that `path` is of, and what stands in its places."""
    for template, verbs in API["paths"].items():
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)
        if found and method.lower() in verbs:
            return template, found.groupdict()
    raise ViolationError(f"{method} {path} is not described")


def check_request(method: str, path: str, query: str, body: Any) -> None:
    """Raises ViolationError for a parameter or a field that is not described, or that is not as described."""
    template, _ = operation(method, path)
    described = API["paths"][template][method.lower()]
    parameters = {_resolved(entry)["name"]: _resolved(entry) for entry in described.get("parameters", ())}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if parameters.get(name, {}).get("in") != "query":
            raise ViolationError(f"{method} {path}: there is no parameter {name}")
        schema = parameters[name]["schema"]
        _check(int(value) if schema.get("type") == "integer" else value, schema, f"{method} {path}?{name}")
    if "requestBody" in described:
        pointer = f"{_pointer(template, method)}/requestBody/content/application~1json/schema"
        _check_fields(body, described["requestBody"]["content"]["application/json"]["schema"], f"{method} {path}")
        _check(body, {"$ref": f"{_ROOT}#{pointer}"}, f"{method} {path}")
    elif body is not None:
        raise ViolationError(f"{method} {path} takes no body")


def check_answer(method: str, path: str, status: int, body: Any) -> None:
    """Raises ViolationError for an answer that is not as described; errors that any path may give are not listed."""
    template, _ = operation(method, path)
    responses = API["paths"][template][method.lower()]["responses"]
    if str(status) not in responses:
        if status in (401, 403, 404, 422, 429, 500, 502):
            _check(body, {"$ref": f"{_ROOT}#/components/schemas/basic-error"}, f"{method} {path}: {status}")
            return
        raise ViolationError(f"{method} {path} never answers {status}")
    content = _resolved(responses[str(status)])["content"]["application/json"]["schema"]
    if "$ref" in content:
        schema: Any = {"$ref": _ROOT + content["$ref"]}
    else:
        schema = {"$ref": f"{_ROOT}#{_pointer(template, method)}/responses/{status}/content/application~1json/schema"}
    _check(body, schema, f"{method} {path}: {status}")


def example(name: str) -> Any:
    """A published example, to be filled with what a test is about."""
    return copy.deepcopy(API["components"]["examples"][name]["value"])


def _pointer(template: str, method: str) -> str:
    return f"/paths/{template.replace('~', '~0').replace('/', '~1')}/{method.lower()}"


def _resolved(part: Any) -> Any:
    while "$ref" in part:
        _, top, kind, name = part["$ref"].split("/")
        part = API[top][kind][name]
    return part


def _check_fields(body: Any, schema: Any, where: str) -> None:
    """OpenAPI lets more fields pass; a misspelt one is what a test wants to see."""
    choices = [_resolved(choice) for choice in schema.get("oneOf", (schema,))]
    known = {name for choice in choices for name in choice.get("properties", ())}
    if isinstance(body, dict) and (unknown := body.keys() - known):
        raise ViolationError(f"{where}: there is no field {', '.join(sorted(unknown))}")


def _check(value: Any, schema: Any, where: str) -> None:
    for error in OAS30Validator(schema, registry=_REGISTRY).iter_errors(value):
        place = "/".join(str(part) for part in error.absolute_path)
        raise ViolationError(f"{where}: {place}: {error.message[:300]}")
