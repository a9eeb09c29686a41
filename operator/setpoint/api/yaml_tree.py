"""YAML text to a tree of values that know their line.

Deliberately less than YAML: one document, scalars by the YAML 1.2 core rules (`on`, `yes` and `0777` stay text), and
neither anchors nor tags, so that a small file cannot become a large or a foreign value. JSON text is YAML text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import yaml

from setpoint.api.errors import InputError
from setpoint.api.wording import shorten

DEEPEST = 32
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the line (from 1) of its key or item. `written`: a scalar as it stands in the text."""

    value: "Scalar | dict[str, Node] | list[Node]"
    line: int
    written: str = ""

    def plain(self) -> object:
        """The value without its lines: dictionaries, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, part: str | int) -> "Node | None":
        """The entry of that key or index, if there is one."""
        if isinstance(self.value, dict):
            return self.value.get(str(part))
        if isinstance(self.value, list) and isinstance(part, int) and part < len(self.value):
            return self.value[part]
        return None


def field_path(parts: tuple[str | int, ...]) -> str:
    """`("custom", 0, "query")` as people write it: `custom[0].query`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


def resolve(written: str) -> Scalar:
    """The value of an unquoted scalar. Ways to write numbers that tools read differently stay text."""
    if written in _CONSTANTS:
        return _CONSTANTS[written]
    if _INTEGER.fullmatch(written) and len(written) < 19:  # longer ones: float, as Python limits int()
        return int(written)
    return float(written) if _FLOAT.fullmatch(written) else written


def read_tree(text: str, name: str) -> Node:
    """The one document in `text`; `name` is the file's, for the messages. Raises InputError."""
    try:
        return _Reader(text, name).document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(_syntax(error, text, line), where=f"{name}:{line}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(
            f"is not text: it holds the control character {error.character!r}",
            where=f"{name}:{line}",
            instead="take it out",
        ) from None


_PLAIN_WORDS = {
    "mapping values are not allowed in this context": "a colon stands where none fits (indentation? quotes?)",
    "found character that cannot start any token": "a sign like @, ` or % begins a value; put the value in quotes",
    "exceeded maximum nesting depth": f"it is nested more than {DEEPEST} deep; flatten it",
    "found unexpected end of stream": "a quote is opened and never closed",
    "did not find expected key": "the indentation does not fit the lines above",
    "did not find expected ',' or '}'": "a comma or a closing } is missing",
    "did not find expected ',' or ']'": "a comma or a closing ] is missing",
}


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _syntax(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    lines = text.splitlines()
    if line <= len(lines) and re.match(r" *\t", lines[line - 1]):
        return "is not valid YAML: a tab stands in the indentation; write spaces"
    problem = error.problem or error.context or "it cannot be read"
    return f"is not valid YAML: {_PLAIN_WORDS.get(problem, problem)}"


class _Reader:
    """One pass over the parser's events; nesting is limited, so the recursion is."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)

    def document(self) -> Node:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise InputError("is empty", where=self._name, instead="write at least constraints:")
        node = self._node(next(self._events), ())
        next(self._events)  # the document's end
        if not isinstance(after := next(self._events), yaml.StreamEndEvent):
            self._refuse("a second document begins here", after, (), "keep one document in a file")
        return node

    def _node(self, event: yaml.Event, path: tuple[str | int, ...], line: int | None = None) -> Node:
        line = line or _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse("anchors and aliases (& and *) are not read", event, path, "write the value out")
        if tag := getattr(event, "tag", None):
            self._refuse(f"the tag {tag!r} is not read", event, path, "leave it out")
        if isinstance(event, yaml.ScalarEvent):
            return Node(resolve(event.value) if event.implicit[0] else event.value, line, event.value)
        if len(path) >= DEEPEST:
            self._refuse(f"is nested more than {DEEPEST} deep", event, path, "flatten it")
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(self._items(path), line)
        return Node(self._entries(path), line)

    def _items(self, path: tuple[str | int, ...]) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _entries(self, path: tuple[str | int, ...]) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, line = self._key(event, path), _line(event)
            if key in entries:
                said = f"{key} stands there twice, first in line {entries[key].line}"
                self._refuse(said, event, path, "keep one of them")
            entries[key] = self._node(next(self._events), (*path, key), line)
        return entries

    def _key(self, event: yaml.Event, path: tuple[str | int, ...]) -> str:
        node = self._node(event, path)
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse("a key is not plain text", event, path, "write key: value")
        return node.written

    def _refuse(self, what: str, event: yaml.Event, path: tuple[str | int, ...], instead: str) -> NoReturn:
        place = f": {shorten(field_path(path))}" if path else ""
        raise InputError(what, where=f"{self._name}:{_line(event)}{place}", instead=instead)
