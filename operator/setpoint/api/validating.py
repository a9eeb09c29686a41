"""Plain values to models; what does not fit becomes one InputError that points at the place in the file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from setpoint.api.errors import InputError
from setpoint.api.wording import camel_or_snake, describe, respell, shorten, unknown_field
from setpoint.api.yaml_tree import Node, field_path

MOST_PROBLEMS = 5
AnyModel = TypeVar("AnyModel", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value came from: its file, and for YAML the tree with its lines. `above`: keys that were peeled off."""

    name: str
    root: Node | None = None
    above: tuple[str, ...] = ()

    def find(self, path: tuple[str | int, ...]) -> Node:
        """The node at `path` in either spelling, or the nearest above it."""
        node = self.root or Node(None, 0)
        for part in path:
            below = node.child(part) or (node.child(to_camel(part)) if isinstance(part, str) else None)
            if below is None:
                return node
            node = below
        return node

    def where(self, line: int, path: tuple[str | int, ...]) -> str:
        """`file:line: field`, without what is not known."""
        field = field_path((*self.above, *path))
        return ": ".join(part for part in (f"{self.name}{f':{line}' if self.root else ''}", field) if part)

    def spelling(self) -> Callable[[str], str]:
        """How this file spells fields; JSON that has no lines is metrics.json, which is camelCase."""
        return camel_or_snake(set(_keys(self.root))) if self.root else to_camel


def validate(model: type[AnyModel], value: object, place: Place) -> AnyModel:
    """`value` as `model`. Raises InputError: the problem nearest the top, the next ones as its notes."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = list(_problems(model, error, place))
    problems.sort(key=lambda problem: problem[0])
    first, *others = [InputError(what, where=where, instead=instead) for _, where, what, instead in problems]
    for other in others[: MOST_PROBLEMS - 1]:
        first.add_note(str(other))
    if len(others) >= MOST_PROBLEMS:
        first.add_note(f"and {len(others) - MOST_PROBLEMS + 1} more")
    raise first


def _problems(model: type[BaseModel], error: ValidationError, place: Place) -> Iterator[tuple[int, str, str, str]]:
    """(line, where, what, instead) of each."""
    spell = place.spelling()
    for detail in error.errors():
        path = detail["loc"]
        node = place.find(path)
        if detail["type"] == "extra_forbidden":
            beside = place.find(path[:-1]).value
            what, instead = unknown_field(model, path, set(beside) if isinstance(beside, dict) else set(), spell)
        else:
            written = node.written if place.root else shorten(detail["input"])
            what, instead = (respell(model, said, spell) for said in describe(detail, written, spell))
        of_key = path[-1:] == ("[key]",)  # pydantic's way to say that the key is meant, not the value
        shown = path[:-1] if of_key or detail["type"] in ("missing", "extra_forbidden") else path
        yield node.line, place.where(node.line, shown), what, instead


def _keys(node: Node) -> Iterator[str]:
    if isinstance(node.value, dict):
        yield from node.value
        for child in node.value.values():
            yield from _keys(child)
