"""Whether something is changed in place after it was made: by name, through an entry of it, or by who is given it."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import GROWS, SHRINKS
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.symbols import Class

CHANGES = GROWS | SHRINKS | {"sort", "reverse", "__setitem__"}
DEPTH = 5


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
        call = file.parents[outer]
        if isinstance(call, ast.Call) and isinstance(outer, ast.Attribute) and outer.attr in ("get", "values", "items"):
            return depth > 0 and is_changed(scene, file, call, depth - 1)
        return depth > 0 and is_changed(scene, file, outer, depth - 1)
    if isinstance(outer, ast.keyword):
        outer = file.parents[outer]
    if isinstance(outer, ast.Call) and node is not outer.func:
        return depth > 0 and _is_changed_by(scene, file, outer, node, depth - 1)
    if isinstance(outer, ast.Return) and function:  # whoever called it has it now
        return depth > 0 and any(is_changed(scene, site.file, site.node, depth - 1)
                                 for site in scene.calls.sites[function])  # fmt: skip
    if any(_is_kept_changed(scene, target, depth - 1) for target in _kept_in(outer, node)):
        return True
    names = list(_names(outer, node))
    return bool(function) and any(_is_name_changed(scene, file, function, name, node, depth) for name in names)


def _kept_in(outer: ast.AST, node: ast.expr) -> list[str]:
    """The attributes under which objects keep it from here on."""
    match outer:
        case ast.Assign(targets=targets, value=value) if value is node:
            return [target.attr for target in targets if isinstance(target, ast.Attribute)]
        case ast.AnnAssign(target=ast.Attribute(attr=attr), value=value) if value is node:
            return [attr]
    return []


def _is_kept_changed(scene: Scene, name: str, depth: int) -> bool:
    """Whether anybody changes what objects keep under an attribute of that name."""
    for file in scene.project.files:
        for node in file.nodes:
            if not isinstance(node, ast.Attribute) or node.attr != name:
                continue
            if is_set_here(file, node):
                return True
            if depth > 0 and isinstance(node.ctx, ast.Load) and is_changed(scene, file, node, depth - 1):
                return True
    return False


def _is_changed_by(scene: Scene, file: File, call: ast.Call, node: ast.expr, depth: int) -> bool:
    """Whether a function changes what it is given, or an object that is made with it does."""
    own = _class_of(scene, file, call)
    makers = [one for one in own[1].body if isinstance(one, Function) and one.name == "__init__"] if own else []
    read = scene.calls.meant(file, call.func) or makers
    if read or own is None:
        return any(_changes_given(scene, one, call, node, depth + 1) for one in read)
    fields = [target.id for one in own[1].body if isinstance(one, ast.AnnAssign)
              and isinstance(target := one.target, ast.Name)]  # fmt: skip
    if not fields:
        return True  # what it does with it stands elsewhere
    place = call.args.index(node) if node in call.args else len(fields)
    named = [word.arg for word in call.keywords if word.value is node]
    return any(_is_kept_changed(scene, str(name), depth) for name in [*named, *fields[place : place + 1]])


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


def _class_of(scene: Scene, file: File, call: ast.Call) -> Class | None:
    """The project's class that is called, also as `cls` in a method of it."""
    owner = file.inside(call, ast.ClassDef)
    if isinstance(call.func, ast.Name) and call.func.id == "cls" and owner:
        return file, owner
    return scene.symbols.class_named(file, call.func)


def _changes_given(scene: Scene, function: Function, call: ast.Call, node: ast.expr, depth: int) -> bool:
    """Whether the function changes what it is given at that place."""
    file = scene.calls.owners[function]
    names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
    given = [str(word.arg) for word in call.keywords if word.value is node]
    if node in call.args:
        place = call.args.index(node) + isinstance(file.parents[function], ast.ClassDef)
        given = names[place : place + 1]
    return any(_is_name_changed(scene, file, function, name, node, depth - 1) for name in given)
