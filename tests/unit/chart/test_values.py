"""The chart's values, their schema and the operator's configuration say the same, and the README lists all of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from setpoint.api.configuration import Configuration

CHART = Path(__file__).parents[3] / "charts" / "setpoint"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
# Made of values.runner, so that a mirror for all images serves load pods too, of values.gateway and of networkPolicy.
ELSEWHERE = {"runner", "gateway", "restrictLoads"}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return SCHEMA["definitions"][reference.removeprefix("#/definitions/")] if reference else schema


def names_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_the_schema_knows_every_entry_of_the_configuration() -> None:
    """No more and no less, in the prometheus endpoints and the ceilings too."""
    configuration = resolved(SCHEMA["properties"]["configuration"])["properties"]
    fields = Configuration.model_fields
    assert set(configuration) == names_of(Configuration) - ELSEWHERE
    assert set(configuration["ceilings"]["properties"]) == names_of(fields["ceilings"].annotation)
    endpoint = fields["prometheus"].annotation.__args__[1]
    assert set(configuration["prometheus"]["additionalProperties"]["properties"]) == names_of(endpoint)


def test_the_values_are_the_configurations_own_defaults() -> None:
    """So that a reader of values.yaml sees what holds."""
    given = Configuration.model_validate(VALUES["configuration"])
    assert given == Configuration()
    assert set(VALUES["configuration"]) == names_of(Configuration) - ELSEWHERE


def test_the_schema_refuses_what_is_not_a_value() -> None:
    """Everywhere, but in `global`, which an umbrella chart shares with others."""
    loose = [name for name, node in objects("values", SCHEMA) if node.get("additionalProperties") is not False]
    assert loose == ["values.global"]


def objects(name: str, node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema that names its properties, with where it stands."""
    if "properties" in node:
        yield name, node
    for key, child in node.get("properties", {}).items():
        yield from objects(f"{name}.{key}", resolved(child))
