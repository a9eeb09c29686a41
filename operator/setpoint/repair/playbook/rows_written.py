"""Whether a loop writes to the database that it asks: then what was asked for before it would be out of date."""

import ast
import re

from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.scene import Scene

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|MERGE|CREATE|DROP|ALTER|WITH)\b", re.I)
METHODS = frozenset(
    {"commit", "executemany", "executescript", "flush", "add_all", "merge", "bulk_save_objects", "rollback", "refresh"}
)
SESSIONS = re.compile(r"session|db$|database", re.I)
STATEMENTS = frozenset({"insert", "update", "delete"})
FAR = 3


def writes_rows(scene: Scene, file: File, node: ast.AST, depth: int = FAR) -> bool:
    """Whether anything in `node`, or in a function of the project that it calls, may change rows."""
    for call in (inner for inner in own_walk(node) if isinstance(inner, ast.Call)):
        if _writes(file, call):
            return True
        for function in scene.calls.meant(file, call.func) if depth else ():
            home = scene.calls.owners[function]
            if any(writes_rows(scene, home, statement, depth - 1) for statement in function.body):
                return True
    return False


def _writes(file: File, call: ast.Call) -> bool:
    match call:
        case ast.Call(func=ast.Attribute(attr=attr)) if attr in METHODS:
            return True
        case ast.Call(func=ast.Attribute(value=owner, attr="add" | "delete")):
            return bool(SESSIONS.search(file.code(owner)))
        case ast.Call(func=ast.Attribute(attr="execute"), args=[text, *_]):
            return _is_writing(text)
    return False


def _is_writing(text: ast.expr) -> bool:
    """A statement that is no literal may be any."""
    inner = [node for node in ast.walk(text) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    named = {node.func.id for node in ast.walk(text) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return bool(STATEMENTS & named) or any(WRITES.match(str(node.value)) for node in inner)
