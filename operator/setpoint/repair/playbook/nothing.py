"""Whether None may be kept in a dict: then to get None does not say that there is no entry."""

import ast
import re

from setpoint.repair.playbook.entries import Access
from setpoint.repair.playbook.project import FUNCTIONS, File
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.symbols import arguments
from setpoint.repair.playbook.values import bindings

GIVES_NONE = re.compile(
    r"^(get|getenv|getattr|next|match|search|fullmatch|which|fetchone|first|find|find_one|one_or_none)$"
)
FAR = 3


def may_be_none(scene: Scene, put: Access) -> bool:
    """Whether what is put in may be None: it says so, or is made by what others hand in."""
    outer = put.file.parents[put.node]
    match put.node, outer:
        case ast.Call(args=[_, value]), _:
            return _may_be(scene, put.file, value, FAR)
        case _, ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return _may_be(scene, put.file, value, FAR)
    return True


def _may_be(scene: Scene, file: File, value: ast.expr, depth: int) -> bool:
    match value:
        case ast.Constant(value=None):
            return True
        case ast.Name(id=name):
            function = file.function(value)
            given = bindings(function).get(name, []) if function else []
            handed_in = function is not None and name in {one.arg for one in arguments(function)}
            return handed_in or not depth or any(_may_be(scene, file, one, depth - 1) for one in given)
        case ast.Await(value=inner) | ast.NamedExpr(value=inner):
            return _may_be(scene, file, inner, depth)
        case ast.IfExp(body=body, orelse=orelse):
            return any(_may_be(scene, file, one, depth) for one in (body, orelse))
        case ast.Call(func=func):
            return _gives_none(scene, file, func, depth)
    return False


def _gives_none(scene: Scene, file: File, func: ast.expr, depth: int) -> bool:
    if GIVES_NONE.match(last_name(func)) or isinstance(func, ast.Subscript | ast.Call):
        return True
    called = [one for one in scene.calls.meant(file, func) if one.name != "__init__"]
    for function in called if depth else ():
        home = scene.calls.owners[function]
        returns = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
        if not returns or any(one is None or _may_be(scene, home, one, depth - 1) for one in returns):
            return True
    return not called and isinstance(func, ast.Name) and func.id in _handed_in(file, func)


def _handed_in(file: File, node: ast.AST) -> set[str]:
    """The arguments of the functions around: what they do is not known here."""
    return {argument.arg for outer in file.above(node) if isinstance(outer, FUNCTIONS) for argument in arguments(outer)}
