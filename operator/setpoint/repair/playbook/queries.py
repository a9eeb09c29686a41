"""SQL that asks for one row by one value, and the same for many values at once."""

import ast
import re
from dataclasses import dataclass

# SELECT columns FROM table … WHERE … column = ? … (ORDER BY …)
ONE_KEY = re.compile(
    r"^\s*SELECT\s+(?P<columns>.+?)\s+FROM\s+(?P<rest>.+?)\b(?P<column>[A-Za-z_][\w.]*)\s*=\s*(?P<mark>\?|%s|:\w+)"
    r"(?P<end>(\s+ORDER\s+BY\s+[\w., ]+?)?)\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
FORBIDDEN = re.compile(r"\b(DISTINCT|GROUP|UNION|LIMIT|COUNT|SUM|AVG|MIN|MAX|HAVING|OR|OVER)\b", re.IGNORECASE)


@dataclass(frozen=True)
class OneKey:
    """A statement with one parameter. `many` is the same for a list of values, with the key as its last column."""

    column: str
    before: str
    after: str


def one_key(text: str) -> OneKey | None:
    """The statement taken apart, None where it is of another kind (several parameters, aggregates, limits)."""
    found = ONE_KEY.match(text)
    if not found or FORBIDDEN.search(text) or len(re.findall(r"\?|%s|:\w+", text)) != 1:
        return None
    columns, rest, column = found["columns"].strip(), found["rest"], found["column"]
    if not re.search(r"\bWHERE\b", rest, re.IGNORECASE):
        return None
    before = f"SELECT {columns}, {column} FROM {rest}{column} IN ("  # noqa: S608 - it goes into their code, as theirs did
    return OneKey(column, before, f"){found['end']}")


def constant_text(node: ast.expr) -> str:
    """The text of a string literal, pieces joined; empty for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
