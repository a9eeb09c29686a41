"""What a pattern hands back: changes to the tree in words that the rewriter understands, and why."""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setpoint.repair.playbook.project import Function

if TYPE_CHECKING:
    from setpoint.repair.playbook.scene import Scene


@dataclass(frozen=True, eq=False)
class Insert:
    """New statements before or after a statement, in its block."""

    path: str
    beside: ast.stmt
    code: str
    after: bool = True


@dataclass(frozen=True, eq=False)
class Replace:
    """New code in place of an expression, a statement, or a run of statements of one block (empty code: removed)."""

    path: str
    node: ast.expr | ast.stmt
    code: str


@dataclass(frozen=True, eq=False)
class Enclose:
    """Put statements of one block (from `first` to `last`) into the body of `header`, for example `with x as y:`.

    `footer` follows them, for example a `finally:` with its body.
    """

    path: str
    first: ast.stmt
    last: ast.stmt
    header: str
    footer: str = ""


@dataclass(frozen=True, eq=False)
class Decorate:
    """A decorator below those that the function has: `classmethod` and `staticmethod` stay the outer ones."""

    path: str
    function: Function
    code: str


@dataclass(frozen=True, eq=False)
class Import:
    """`import module`, or `from module import name`, unless the file has it."""

    path: str
    module: str
    name: str = ""


@dataclass(frozen=True, eq=False)
class Constant:
    """A named number at the top of a file."""

    path: str
    name: str
    value: str


Change = Insert | Replace | Enclose | Decorate | Import | Constant


@dataclass(frozen=True, eq=False)
class Candidate:
    """One possible repair. `likelihood` (0 to 1): how well the code fits the pattern and the evidence points at it."""

    likelihood: float
    path: str
    line: int
    title: str
    cause: str
    explanation: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Pattern:
    """A known fault and its repair.

    `prior` (0 to 1): how often it lies behind a breach of a row, by the first word of the row's name.
    """

    name: str
    applies: str
    breaks: str
    prior: Mapping[str, float]
    find: Callable[["Scene"], Iterable[Candidate]]


@dataclass(frozen=True)
class Edit:
    """A proposed change: new text of each changed file (path relative to the tree's top), and why."""

    pattern: str
    title: str
    cause: str
    explanation: str
    files: Mapping[str, str]
