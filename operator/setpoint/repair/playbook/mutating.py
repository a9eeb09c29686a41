"""Whether something is changed in place after it was made: by name, through an entry of it, or by who is given it."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import GROWS, SHRINKS
from setpoint.repair.playbook.scene import Scene

CHANGES = GROWS | SHRINKS | {"sort", "reverse", "__setitem__"}
DEPTH = 3


def is_set_here(file: File, node: ast.expr) -> bool:
    """Whether the place changes what `node` stands for, or anything inside it: `x[k] = …`, `x["a"].b.append(…)`."""
    inside = node
    while True:
        parent = file.parents[inside]
        if isinstance(parent, ast.AugAssign) and parent.target is inside:
            return True
        if not isinstance(parent, ast.Subscript | ast.Attribute) or parent.value is not inside:
            return False
        if isinstance(parent.ctx, ast.Store | ast.Del):
            return True
        call = file.parents[parent]
        if isinstance(parent, ast.Attribute) and isinstance(call, ast.Call) and call.func is parent:
            if parent.attr in CHANGES:
                return True
            if parent.attr not in ("get", "values", "items"):
                return False
            inside = call
        else:
            inside = parent


def is_changed(scene: Scene, file: File, node: ast.expr, depth: int = DEPTH) -> bool:
    """Whether what an expression gives is changed where it stands, under a name it is given, or by a function."""
    if is_set_here(file, node):
        return True
    function = file.function(node)
    outer = file.parents[node]
    if isinstance(outer, ast.Attribute | ast.Subscript) and outer.value is node:  # a part of it
        return depth > 0 and is_changed(scene, file, outer, depth - 1)
    if isinstance(outer, ast.Call) and node in outer.args and depth:
        return any(_changes_given(scene, one, outer, node, depth) for one in scene.calls.meant(file, outer.func))
    names = list(_names(outer, node))
    return bool(function) and any(_is_name_changed(scene, file, function, name, node, depth) for name in names)


def is_name_changed(scene: Scene, file: File, function: Function, name: str, depth: int = DEPTH) -> bool:
    """Whether what a local name stands for is changed in the function, or by a function that is given it."""
    return _is_name_changed(scene, file, function, name, None, depth)


def _names(outer: ast.AST, node: ast.expr) -> Iterator[str]:
    """The names that stand for it, or for each of its entries, from here on."""
    match outer:
        case ast.Assign(targets=targets, value=value) if value is node:
            found: list[ast.expr] = targets
        case ast.AnnAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value) if value is node:
            found = [target]
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value) if value is node:
            found = [target]
        case _:
            found = []
    for one in found:
        stored = (inner for inner in ast.walk(one) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store))
        yield from (inner.id for inner in stored)


def _is_name_changed(
    scene: Scene, file: File, function: Function | None, name: str, node: ast.expr | None, depth: int
) -> bool:  # fmt: skip
    if function is None:
        return False
    uses = (one for one in ast.walk(function) if isinstance(one, ast.Name) and one.id == name)
    loads = [use for use in uses if isinstance(use.ctx, ast.Load) and use is not node]
    return any(is_set_here(file, use) or (depth and is_changed(scene, file, use, depth - 1)) for use in loads)


def _changes_given(scene: Scene, function: Function, call: ast.Call, node: ast.expr, depth: int) -> bool:
    """Whether the function changes what it is given at that place."""
    file = scene.calls.owners[function]
    names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
    place = call.args.index(node) + isinstance(file.parents[function], ast.ClassDef)
    return place < len(names) and _is_name_changed(scene, file, function, names[place], node, depth - 1)
