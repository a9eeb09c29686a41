"""What a value is made from, and whether it is a result or something that gets its content later."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.mutating import is_set_here
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import made_kind
from setpoint.repair.playbook.scene import Scene


def bindings(function: Function) -> dict[str, list[ast.expr]]:
    """What each local name of a function is given, in whichever way."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                pairs = [(target, value) for target in targets]
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                pairs = [(target, value)]
            case ast.AugAssign(target=target, value=value):
                pairs = [(target, value)]
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                pairs = [(target, value)]
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                pairs = [(target, value)]
            case _:
                continue
        for target, value in pairs:
            for inner in ast.walk(target):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    found.setdefault(inner.id, []).append(value)
    return found


def expanded(node: ast.expr, given: dict[str, list[ast.expr]]) -> Iterator[ast.expr]:
    """The expression, and those that its local names stand for."""
    waiting, known = [node], set[str]()
    while waiting:
        one = waiting.pop()
        yield one
        for name in names_in(one) - known:
            known.add(name)
            waiting += given.get(name, [])


def names_in(node: ast.expr) -> set[str]:
    """Names that an expression reads and does not itself give a value."""
    own = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} - own


def is_state(scene: Scene, file: File, value: ast.expr, given: dict[str, list[ast.expr]]) -> bool:
    """An empty container, a number to start from, or an object that changes: it gets its content later.

    A list that the function itself fills before it hands it on is a result like any other.
    """
    named = isinstance(value, ast.Name)
    filled = named and _is_filled(file, value)
    for one in [value, *(given.get(value.id, []) if isinstance(value, ast.Name) else [])]:
        empty = isinstance(one, ast.Constant) or (isinstance(one, ast.List | ast.Dict) and not list(_inside(one)))
        if empty or (isinstance(one, ast.Call) and made_kind(one) and not one.args and not one.keywords):
            if not filled:
                return True
            continue
        made = scene.symbols.class_named(file, one.func) if isinstance(one, ast.Call) else None
        if made and _is_mutable(scene, made[1]):
            return True
    return False


def _is_filled(file: File, value: ast.expr) -> bool:
    function = file.function(value)
    names = (node for node in ast.walk(function) if isinstance(node, ast.Name)) if function else iter(())
    same = [node for node in names if node.id == getattr(value, "id", "")]
    return any(is_set_here(file, node) and node.lineno <= value.lineno for node in same)


def _inside(node: ast.List | ast.Dict) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List) else node.values


def _is_mutable(scene: Scene, owner: ast.ClassDef) -> bool:
    """Whether an attribute of such objects is set after they were made."""
    family = scene.symbols.family(owner)
    for file in scene.project.files:
        for node in file.nodes:
            if isinstance(node, ast.Attribute) and family in scene.symbols.attributes.get(node.attr, ()):
                function = file.function(node)
                kept = function is None or function.name in ("__init__", "__post_init__", "__new__")
                if not kept and is_set_here(file, node):
                    return True
    return False
