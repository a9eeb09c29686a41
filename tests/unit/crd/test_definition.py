"""The CRD says what the models say, in the words that Kubernetes knows."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from setpoint.api.crd import crd
from setpoint.api.crd_rules import OF_MODEL
from setpoint.api.duration import format_duration
from setpoint.api.resource import ResourceSpec
from setpoint.cli.main import main
from unit.crd.texts import SHAPES, TEXTS

FILE = Path(__file__).parents[3] / "crds/performanceconstraints.setpoint.dev.yaml"
SCHEMA = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
SPEC, STATUS = SCHEMA["properties"]["spec"], SCHEMA["properties"]["status"]


def below(schema: Any) -> Iterator[dict[str, Any]]:
    """This schema and all in it."""
    yield schema
    children = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    for child in children:
        if child:
            yield from below(child)


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """This model and all in it."""
    yield model

    def inside(annotation: Any) -> Iterator[type[BaseModel]]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from models(annotation)
        for argument in get_args(annotation):
            yield from inside(argument)

    for field in model.model_fields.values():
        yield from inside(field.annotation)


def test_the_command_prints_what_stands_in_the_repository(capsys):
    """And nothing else: it goes straight into kubectl."""
    assert main(["crd"]) == 0
    printed = capsys.readouterr().out
    assert printed == FILE.read_text(encoding="utf-8")
    assert yaml.safe_load(printed) == crd()
    assert main(["crd", "more"]) == 2


def test_every_rule_of_a_model_has_its_rule_for_the_api_server():
    """Whoever adds one has to add the other."""
    ruled = {model.__name__ for model in models(ResourceSpec) if model.__pydantic_decorators__.model_validators}
    assert ruled == set(OF_MODEL)


def test_every_rule_tells_people_what_is_wrong():
    """And which fields exist is up to the schema: rules name only those."""
    for schema in below(SPEC):
        for rule in schema.get("x-kubernetes-validations", ()):
            assert len(rule["message"]) > 10
            assert "_" not in rule["message"]


@pytest.mark.parametrize("half", ["spec", "status"])
def test_only_words_of_structural_schemas_are_used(half):
    """References, unions and forbidden fields would be refused, or silently mean nothing."""
    known = {
        "type", "description", "enum", "format", "pattern", "default", "nullable", "properties", "required", "items",
        "additionalProperties", "minLength", "maxLength", "minItems", "maxItems", "maxProperties", "minimum", "maximum",
        "exclusiveMinimum", "x-kubernetes-int-or-string", "x-kubernetes-validations", "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys",
    }  # fmt: skip
    for schema in below(SCHEMA["properties"][half]):
        assert set(schema) <= known
        assert ("type" in schema) != ("x-kubernetes-int-or-string" in schema)
        assert schema.get("exclusiveMinimum", True) is True


def test_defaults_are_those_of_the_models():
    """Else the operator would see another spec than people do."""

    def compare(model: type[BaseModel], schema: Any) -> int:
        count = 0
        for field in model.model_fields.values():
            shown = schema["properties"][field.alias]
            inner = [m for m in models(ResourceSpec) if m in (field.annotation, *get_args(field.annotation))]
            if inner and "properties" in shown:
                count += compare(inner[0], shown)
            elif "default" in shown:
                own = field.default
                assert own is not PydanticUndefined
                assert shown["default"] == (
                    format_duration(own) if isinstance(own, float) and shown["type"] == "string" else own
                )
                count += 1
            else:
                assert field.default in (PydanticUndefined, None, ()) or field.default_factory
        return count

    assert compare(ResourceSpec, SPEC) > 20


def test_numbers_keep_their_bounds():
    """Every number in the spec has at least one, but the limits of custom queries."""
    free = [
        schema["description"] for schema in below(SPEC) if schema.get("type") == "number" and "minimum" not in schema
    ]
    assert free == ["Its most; either max or min", "Its least; either max or min"]


def test_what_the_operator_writes_is_not_refused():
    """The status has no bound, no enumeration and no rule, and needs only the names of entries.

    Its one default stands for a status that nobody has written yet.
    """
    assert STATUS["default"] == {"observedGeneration": -1}
    for schema in below({key: value for key, value in STATUS.items() if key != "default"}):
        assert not {"enum", "maxLength", "maxItems", "pattern", "default", "x-kubernetes-validations"} & set(schema)
        assert set(schema.get("required", ())) <= {"type", "constraint"}


def test_every_shape_is_tried():
    """Also one that somebody adds."""
    assert set(TEXTS) == set(SHAPES)


@pytest.mark.parametrize("name", TEXTS)
def test_a_shape_takes_what_fits_and_refuses_the_rest(name):
    """In Python; the suite of the API server tries them in Go."""
    fitting, others = TEXTS[name]
    for text in fitting:
        assert SHAPES[name].check(text) == text
    for text in others:
        with pytest.raises(ValueError, match="; "):
            SHAPES[name].check(text)


@pytest.mark.parametrize("name", SHAPES)
def test_patterns_are_of_what_python_and_go_read_alike(name):
    """`\\d` means other digits in each, and Go cannot look around."""
    shape = SHAPES[name]
    for pattern in (shape.pattern, shape.never):
        assert not any(sign in pattern for sign in (r"\d", r"\s", r"\w", r"\b", r"\Z", "(?", "'"))
        assert not set("^$") & set(re.sub(r"\[[^]]*\]|\\.", "", pattern))


def leaves(schema: Any, above: str = "") -> Iterator[tuple[str, Any, bool]]:
    """Each field that is no block: its path, its schema, whether its block needs it."""
    for name, child in schema["properties"].items():
        path = f"{above}.{name}".removeprefix(".")
        if "properties" not in child:
            yield path, child, name in schema.get("required", ())
        inner = child.get("items", child)
        if "properties" in inner:
            yield from leaves(inner, f"{path}[]" if inner is not child else path)


def test_the_page_about_the_resource_has_every_field_and_its_default():
    """As the CRD has them, in its order."""
    page = (FILE.parents[1] / "docs/resource.md").read_text(encoding="utf-8")
    told = [line.split(" | ") for line in page.splitlines() if re.match(r"\| `[a-zA-Z0-9.[\]]+` \| ", line)]

    def default(schema: Any, needed: bool) -> str:
        value = schema.get("default")
        return (
            "needed"
            if needed
            else ""
            if value is None
            else f"`{str(value).lower() if value in (True, False) else value}`"
        )

    written = [(row[0].strip("| `"), row[-2].strip()) for row in told]
    assert written == [(path, default(schema, needed)) for path, schema, needed in leaves(SPEC)]
