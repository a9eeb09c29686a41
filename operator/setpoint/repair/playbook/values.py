"""What a value is made from, and whether it is a result or something that gets its content later."""

import ast
from collections.abc import Iterable, Iterator

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


def is_made_from_other_parts(made: Iterable[ast.expr], keys: Iterable[ast.expr]) -> bool:
    """Whether a value takes another part of something than its key does: `sold[order["seat"]] = pay(order["card"])`."""
    kept = {part for key in keys for part in _parts(key)}
    roots = {_root(part) for part in kept if part != _root(part)} - {part for part in kept if part == _root(part)}
    taken = {part for one in made for part in _parts(one) if _root(part) in roots and part != _root(part)}
    return any(not any(_overlap(part, other) for other in kept) for part in taken)


def _parts(node: ast.AST) -> Iterator[str]:
    """The names of an expression with what is taken of each: `order`, `order['seat']`, `request.args`."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant() as key, *more]) if _named(
            value
        ):
            yield f"{ast.unparse(value)}[{key.value!r}]"
            for one in more:
                yield from _parts(one)
        case ast.Attribute(value=value) if _named(value):
            yield ast.unparse(node)
        case ast.Subscript(value=value, slice=index) if _named(value):
            yield ast.unparse(node)
            yield from _parts(index)
        case ast.Name(id=name):
            yield name
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _parts(child)


def _named(node: ast.expr) -> bool:
    """Whether it is a name, or a part of one."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return isinstance(node, ast.Name) and node.id not in ("self", "cls")


def _root(part: str) -> str:
    return part.split(".")[0].split("[")[0]


def _overlap(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return long == short or long.startswith((f"{short}.", f"{short}["))
