"""Whether a loop changes, by what it calls or lets others do meanwhile, the collection that it looks through."""

import ast

from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import Role
from setpoint.repair.playbook.scene import Scene

FAR = 3


def is_touched(scene: Scene, file: File, loop: ast.AST, looked: ast.expr) -> bool:
    """Whether a function that the loop calls puts something in or takes it out, or an `await` lets others do so."""
    key = scene.names.key(file, looked)
    known = scene.variables.get(key) if key else None
    if known is None or known.key.scope == "function":
        return False
    changing = {use.function for role in (Role.GROW, Role.SHRINK) for use in known.of(role) if use.function}
    if not changing:
        return False
    if any(isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith) for node in ast.walk(loop)):
        return True
    return _calls(scene, file, loop, changing, FAR)


def _calls(scene: Scene, file: File, node: ast.AST, wanted: set[Function], depth: int) -> bool:
    for call in (inner for inner in own_walk(node) if isinstance(inner, ast.Call)):
        for function in scene.calls.meant(file, call.func):
            home = scene.calls.owners[function]
            if function in wanted:
                return True
            if depth and any(_calls(scene, home, one, wanted, depth - 1) for one in function.body):
                return True
    return False


def changes_keys(file: File, loop: ast.AST, key: ast.expr) -> bool:
    """Whether the loop sets, on anything that was made before, the attribute or entry by which it looks."""
    name = _last(key)
    stores = (
        node
        for node in ast.walk(loop)
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
    )
    return bool(name) and any(_last(node) == name and not _is_born(file, node) for node in stores)


def _is_born(file: File, node: ast.expr) -> bool:
    function = file.function(node)
    return function is None or function.name in ("__init__", "__post_init__", "__new__")


def _last(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=attr):
            return attr
        case ast.Subscript(slice=index):
            return ast.unparse(index)
    return ""
