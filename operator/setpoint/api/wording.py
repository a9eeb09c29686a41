"""What pydantic found wrong, in plain words: what it is, and what to write instead."""

import difflib
import re
from collections.abc import Callable, Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

Said = tuple[str, str]  # (what is wrong, what to write instead)
_NAME_RULE = "use lower-case letters, digits and dashes, a letter or digit at both ends, at most 63 characters"


def to_snake(name: str) -> str:
    """`p99MaxMs` as `p99_max_ms`; what is snake_case already stays as it is."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def shorten(written: object, longest: int = 60) -> str:
    """`written` on one line, at most `longest` characters."""
    text = repr(str(written))[1:-1]
    return text if len(text) <= longest else text[: longest - 1] + "…"


def describe(error: ErrorDetails, written: str, spell: Callable[[str], str]) -> Said:
    """What `error` says about a value that is `written` so; `spell` puts a field's name into the file's spelling."""
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "value_error":  # our own validators: the sentence is finished already
        what, _, instead = str(limits["error"]).partition("; ")
        return what, instead
    if kind == "missing":
        return f"{spell(str(error['loc'][-1]))} is missing", "write it"
    if kind in ("float_type", "int_type", "finite_number"):
        return _not_a_number(kind, written, error["input"])
    return _PHRASES.get(kind, _other)(shorten(written), limits, error)


def _not_a_number(kind: str, written: str, value: object) -> Said:
    """Texts that only look like a number, and how to write the number that was meant."""
    said = shorten(written)
    if isinstance(value, dict | list):
        return "a number is needed here, not a block", "write one number"
    if kind == "int_type" and isinstance(value, float):
        return f"{said} is not a whole number", "write for example 5"
    if kind == "finite_number" or re.fullmatch(r"[-+]?\.?(inf|nan)(inity)?", written, re.IGNORECASE):
        return f"{said} is not a finite number", "write a number that can be reached"
    if re.fullmatch(r"[-+]?0[0-9]+", written):
        return f"{said} is read as octal by some tools", f"write {written.replace('0', '', 1).lstrip('0') or '0'}"
    if re.fullmatch(r"0[xob][0-9a-fA-F]+", written):
        return f"{said} is not a decimal number", "write it in decimal"
    if re.fullmatch(r"[-+]?[0-9][0-9_,']*[0-9]", written) and not written.isdigit():
        return f"{said} is not a number", f"write {re.sub('[^-+0-9]', '', written)}"
    if re.fullmatch(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?", written):
        return f"{said} is text here", f"write {said} without quotes"
    if re.match(r"[-+]?[0-9.]+\s*[a-zA-Zµ%]", written):
        return f"{said} is not a number", "write the number alone; its unit is in the field's name"
    return f"{said} is not a number", "write a number, for example 300"


_Phrase = Callable[[str, dict[str, Any], ErrorDetails], Said]
_PHRASES: dict[str, _Phrase] = {
    "greater_than": lambda said, limits, _: (f"{said} is too small", f"write more than {limits['gt']:g}"),
    "greater_than_equal": lambda said, limits, _: (f"{said} is too small", f"write {limits['ge']:g} or more"),
    "less_than_equal": lambda said, limits, _: (f"{said} is too large", f"write {limits['le']:,g} or less"),
    "literal_error": lambda said, limits, _: (f"{said} is not known here", f"write {limits['expected']}"),
    "enum": lambda said, limits, _: (f"{said} is not known here", f"write {limits['expected']}"),
    "string_type": lambda said, _, error: (
        ("text is needed here, not a block", "write one text")
        if isinstance(error["input"], dict | list)
        else (f"text is needed here, and {said} is not read as text", f'put it in quotes: "{said}"')
    ),
    "string_pattern_mismatch": lambda said, *_: (f"{said!r} is not a name", _NAME_RULE),
    "string_too_short": lambda *_: ("is empty", "write something"),
    "string_too_long": lambda _, limits, __: (f"is longer than {limits['max_length']} characters", "shorten it"),
    "too_long": lambda _, limits, __: (f"has more than {limits['max_length']} entries", "leave some out"),
    "too_short": lambda _, limits, __: (f"needs at least {limits['min_length']} entries", "write them"),
    "model_type": lambda said, *_: (f"a block of fields is needed here, not {said or 'a list'}", "write key: value"),
    "dict_type": lambda said, *_: (f"a block of fields is needed here, not {said or 'a list'}", "write key: value"),
    "tuple_type": lambda said, *_: (f"a list is needed here, not {said or 'a block of fields'}", "write [a, b]"),
    "model_attributes_type": lambda said, *_: (f"a block of fields is needed here, not {said}", "write key: value"),
    "bool_type": lambda said, *_: (f"{said} is neither true nor false", "write true or false"),
    "bool_parsing": lambda said, *_: (f"{said} is neither true nor false", "write true or false"),
}


def _other(said: str, _: dict[str, Any], error: ErrorDetails) -> Said:
    return f"{said} does not fit here ({error['msg'][0].lower()}{error['msg'][1:]})", ""


def unknown_field(
    root: type[BaseModel], path: tuple[str | int, ...], keys: set[str], spell: Callable[[str], str]
) -> Said:
    """What to say of a key (the last of `path`) that no field there has; `keys` are all that stand beside it."""
    key = str(path[-1])
    model = _model_at(root, path[:-1])
    known = list(model.model_fields) if model else []
    if other := next((name for name in keys if name != key and to_snake(name) == to_snake(key)), None):
        return f"{key} stands there twice, once spelled {other}", "keep one of them"
    if near := difflib.get_close_matches(to_snake(key), known, n=1, cutoff=0.6):
        return f"unknown field {shorten(key)}", f"did you mean {spell(near[0])}?"
    if homes := [home for home in _homes(root) if home[-1] == to_snake(key)]:
        return f"{key} does not belong here", f"write it under {'.'.join(spell(part) for part in homes[0][:-1])}"
    return f"unknown field {shorten(key)}", f"known here: {', '.join(spell(name) for name in known)}"


def respell(root: type[BaseModel], said: str, spell: Callable[[str], str]) -> str:
    """`said` with the names of fields, which our own sentences have in snake_case, in the file's spelling."""
    names = {home[-1] for home in _homes(root) if "_" in home[-1]}
    return re.sub(r"\w+", lambda word: spell(word[0]) if word[0] in names else word[0], said)


def _model_at(model: type[BaseModel] | None, path: tuple[str | int, ...]) -> type[BaseModel] | None:
    for part in path:
        if model and isinstance(part, str):
            field = model.model_fields.get(part) or model.model_fields.get(to_snake(part))
            model = next(_models_in(field.annotation), None) if field else None
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _homes(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every field below `model`, by its path; those near the top first."""
    inner = [(name, next(_models_in(field.annotation), None)) for name, field in model.model_fields.items()]
    yield from ((*above, name) for name, _ in inner)
    for name, below in inner:
        if below:
            yield from _homes(below, (*above, name))


def camel_or_snake(keys: set[str]) -> Callable[[str], str]:
    """The spelling that a file uses, as a function of a field's name; snake_case where nothing tells."""
    has_humps = any(re.search("[a-z][A-Z]", key) for key in keys)
    return to_camel if has_humps and not any("_" in key for key in keys) else to_snake
