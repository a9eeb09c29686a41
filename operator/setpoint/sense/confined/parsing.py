"""A text as PromQL, or where it ceases to be that."""

import re

import promql_parser as promql

from setpoint.api.errors import InputError, NotAllowed

LONGEST_TEXT = 2_000
# The parser works on a copy of every subtree, so its time grows with the cube of a query's depth; one that is some
# thousand brackets deep ends the process. What nests has one of these signs or words; in a string they count as well.
MOST_NESTING = 64
_NESTS = re.compile(r"[-+*/%^(\[<>]|[=!]=|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|#[^\n]*|[\w.:]+|\s+|.', re.DOTALL)
_CLOSES = {"(": ")", "[": "]", "{": "}"}


def parsed(query: str) -> promql.Expr:
    """The tree of `query`. Raises InputError, and NotAllowed for what is too large to be looked at."""
    _check_size(query)
    try:
        return promql.parse(query)
    except ValueError as error:
        words = str(error).replace("invalid promql query", "").strip()
        what = f"this is no PromQL{_place(query)}{f' ({words})' if words else ''}"
        raise InputError(what, instead="try it in Prometheus first") from error


def _check_size(query: str) -> None:
    if len(query) > LONGEST_TEXT:
        raise NotAllowed(f"the query has {len(query):,} characters and {LONGEST_TEXT:,} are allowed")
    if not all(character.isprintable() or character in "\n\t\r" for character in query):
        raise InputError("the query holds characters that nobody sees", instead="write it in plain text")
    if (signs := len(_NESTS.findall(query))) > MOST_NESTING:
        what = f"the query has {signs} operators and brackets and {MOST_NESTING} are allowed"
        raise NotAllowed(what, instead="record a part of it by a rule in Prometheus")


def _place(query: str) -> str:
    """How far a query that cannot be parsed can be: its longest beginning that can, once its brackets are closed."""
    open_brackets: list[str] = []
    end = good = 0
    for token in _TOKEN.findall(query):
        end += len(token)
        if token in _CLOSES:
            open_brackets.append(_CLOSES[token])
        elif open_brackets and token == open_brackets[-1]:
            open_brackets.pop()
        if token.strip() and _parses(query[:end] + "".join(reversed(open_brackets))):
            good = end
    rest = query[good:].split()
    before = f" after {_short(query[:good])}" if good else ""
    return f" from character {len(query) - len(query[good:].lstrip()) + 1} on{before}: {rest[0][:40]!r}" if rest else ""


def _parses(query: str) -> bool:
    try:
        promql.parse(query)
    except ValueError:
        return False
    return True


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"…{text[-40:]}")
