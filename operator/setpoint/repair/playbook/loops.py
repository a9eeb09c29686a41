"""What lies in a loop, and what in it is the same each time round."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.project import FUNCTIONS, File

Loop = ast.For | ast.While | ast.AsyncFor
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def loop_around(file: File, node: ast.AST) -> ast.For | None:
    """The innermost `for` statement whose body `node` is run in."""
    below: ast.AST = node
    for outer in file.above(node):
        if isinstance(outer, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return None
        if isinstance(outer, ast.For) and below is not outer.iter and below is not outer.target:
            return outer
        below = outer
    return None


def comprehension_around(file: File, node: ast.AST) -> ast.expr | None:
    """The innermost comprehension that evaluates `node` once for each of its entries."""
    below = {node}
    for outer in file.above(node):
        if isinstance(outer, (ast.stmt, ast.Lambda)):
            return None
        if isinstance(outer, COMPREHENSIONS) and outer.generators[0].iter not in below and isinstance(outer, ast.expr):
            return outer
        below.add(outer)
    return None


def stored(nodes: Iterator[ast.AST] | list[ast.AST]) -> set[str]:
    """Names that are given a value."""
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def loaded(node: ast.AST) -> set[str]:
    """Names that are read, those that `node` itself gives a value left out."""
    names = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    own = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    return {name.id for name in names if isinstance(name.ctx, ast.Load)} - own


def bound_by(loop: ast.AST) -> set[str]:
    """Names that a loop or comprehension gives a value each time round."""
    return stored(list(own_walk(loop)))


def is_fixed(loop: ast.AST, node: ast.expr) -> bool:
    """Whether an expression reads nothing that the loop gives a value, and calls nothing on what it reads."""
    return not loaded(node) & bound_by(loop)


def mutated(file: File, loop: ast.AST, name: str) -> bool:
    """Whether a method that may change `name` is called on it, or an entry of it is set, in the loop."""
    changes = ("append", "add", "remove", "pop", "clear", "extend", "insert", "discard", "update", "sort", "setdefault")
    for node in ast.walk(loop):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in changes and file.code(value) == name:
                return True
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()) if file.code(value) == name:
                return True
    return False


def free_name(file: File, wanted: str) -> str:
    """A name like `wanted` that the file does not use yet."""
    names = {node.id for node in file.nodes if isinstance(node, ast.Name)}
    names |= {node.arg for node in file.nodes if isinstance(node, ast.arg)}
    return next(name for name in (wanted, *(f"{wanted}_{number}" for number in range(2, 100))) if name not in names)
