"""Where code asks a database for rows by one key: execute and fetch in one, one after the other, or walked through."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.queries import OneKey, one_key
from setpoint.repair.playbook.scene import Scene


@dataclass(frozen=True, eq=False)
class Asking:
    """`rows` is the expression that gives what was asked for; `many`: all rows of the key, not the first.

    `scalar`: the first column of the first row alone. `execute`: how the call is written (`self.db.execute`).
    `apart`: the statement that executes, where the fetch is another one. `core`: through SQLAlchemy's `text`.
    """

    file: File
    rows: ast.expr
    owner: ast.expr
    execute: str
    query: OneKey
    key: ast.expr
    many: bool
    apart: ast.Expr | None = None
    core: bool = False
    scalar: bool = False


FETCHES = {"fetchone": False, "first": False, "one_or_none": False, "fetchall": True, "all": True, "scalar": False}


def askings(scene: Scene, file: File) -> Iterator[Asking]:
    """All places in the file that ask by one key."""
    for node in file.nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Call() as call, attr=fetch), args=[]) if fetch in FETCHES:
                found = _asking(scene, file, call, node, many=FETCHES[fetch])
                yield from (replace(one, scalar=fetch == "scalar") for one in found)
            case ast.For(iter=ast.Call() as call) | ast.comprehension(iter=ast.Call() as call):
                yield from _asking(scene, file, call, call, many=True)
            case ast.Expr(value=ast.Call() as call):
                yield from _apart(scene, file, node, call)


def _asking(
    scene: Scene, file: File, call: ast.Call, rows: ast.expr, *, many: bool, apart: ast.Expr | None = None
) -> Iterator[Asking]:
    match call:
        case ast.Call(func=ast.Attribute(value=owner, attr="execute") as func, args=[text, given]):
            core = _in_text(scene, file, text)
            query = one_key(_text(scene, file, core or text))
            keys = _keys(given)
            if query and len(keys) == 1 and not (many and query.first):
                yield Asking(file, rows, owner, file.code(func), query, keys[0], many, apart, core is not None)


def _in_text(scene: Scene, file: File, node: ast.expr) -> ast.expr | None:
    """What SQLAlchemy's `text` is given."""
    match node:
        case ast.Call(func=func, args=[inner]) if scene.symbols.dotted(file, func) in (
            "sqlalchemy.text",
            "sqlalchemy.sql.text",
        ):
            return inner
    return None


def _keys(given: ast.expr) -> list[ast.expr]:
    """The values that a statement is given, by place or by name."""
    if isinstance(given, ast.Dict):
        return given.values
    return given.elts if isinstance(given, ast.Tuple | ast.List) else []


def _apart(scene: Scene, file: File, statement: ast.Expr, call: ast.Call) -> Iterator[Asking]:
    """`cursor.execute(…)` and in the next statement `cursor.fetchone()`."""
    block = file.block(statement)
    follows = block[block.index(statement) + 1 : block.index(statement) + 2]
    owner = file.code(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    for node in (node for later in follows for node in ast.walk(later)):
        match node:
            case ast.Call(func=ast.Attribute(value=cursor, attr="fetchone" | "fetchall" as fetch), args=[]):
                if file.code(cursor) == owner:
                    yield from _asking(scene, file, call, node, many=fetch == "fetchall", apart=statement)


def _text(scene: Scene, file: File, node: ast.expr) -> str:
    """The statement, written in place or as a constant elsewhere."""
    if isinstance(node, ast.Name | ast.Attribute):
        key = scene.names.key(file, node)
        for other in scene.project.files:
            for statement in other.nodes:
                match statement:
                    case ast.Assign(targets=[target], value=value) if key and scene.names.key(other, target) == key:
                        return _literal(value)
    return _literal(node)


def _literal(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def keeps_names(scene: Scene) -> bool:
    """Whether rows are asked by column names: then a column more does no harm, and a tuple in their place would."""
    return any("row_factory" in file.text for file in scene.project.files)


def row_code(scene: Scene, asking: Asking, row: str) -> str:
    """The row without the key that we asked for besides."""
    return row if asking.core or keeps_names(scene) else f"{row}[:-1]"
