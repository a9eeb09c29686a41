"""The entries of a dict as code asks for them: is one there, give it, put it, take it out."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.roles import Use, last_name
from setpoint.repair.playbook.scene import Scene

BARRIERS = (*FUNCTIONS, ast.Lambda, ast.GeneratorExp)  # what is in them may run later
FAR = 2


class Kind(StrEnum):
    """What is asked of an entry."""

    HAS = "has"  # `key in x`
    LACKS = "lacks"  # `key not in x`
    GETS = "gets"  # `x.get(key)`
    READS = "reads"  # `x[key]`, which raises where there is none
    TAKES = "takes"  # `del x[key]`, `x.pop(key)`, `x.move_to_end(key)`, which raise as well
    PUTS = "puts"  # `x[key] = value`, `x.setdefault(key, value)`


@dataclass(frozen=True, eq=False)
class Access:
    """One use of one entry. `node`: the whole expression; `name`: container and key as they are written."""

    file: File
    function: Function
    node: ast.expr
    key: ast.expr
    kind: Kind
    name: tuple[str, str]


def accesses(container: Container) -> list[Access]:
    """All uses of single entries in functions."""
    return [found for use in container.uses if (found := _access(use))]


def _access(use: Use) -> Access | None:
    if use.function is None:
        return None
    found = _asked(use.file, use.node)
    if found is None:
        return None
    node, key, kind = found
    return Access(use.file, use.function, node, key, kind, (ast.unparse(use.node), ast.unparse(key)))


def _asked(file: File, node: ast.expr) -> tuple[ast.expr, ast.expr, Kind] | None:
    parent = file.parents[node]
    match parent, file.parents.get(parent):
        case ast.Subscript(value=value, slice=key), outer if value is node and not isinstance(key, ast.Slice):
            if isinstance(parent.ctx, ast.Load):
                return parent, key, Kind.READS
            plain = isinstance(parent.ctx, ast.Store) and not isinstance(outer, ast.AugAssign)
            return parent, key, Kind.PUTS if plain else Kind.TAKES
        case ast.Attribute(attr="get"), ast.Call(args=[key, *_]) as call:
            return call, key, Kind.GETS
        case ast.Attribute(attr="setdefault"), ast.Call(args=[key, *_]) as call:
            return call, key, Kind.PUTS
        case (ast.Attribute(attr="pop"), ast.Call(args=[key]) as call) | (
            ast.Attribute(attr="move_to_end"),
            ast.Call(args=[key, *_]) as call,
        ):
            return call, key, Kind.TAKES
        case ast.Compare(left=key, ops=[operator], comparators=[_]), _ if isinstance(operator, ast.In | ast.NotIn):
            return parent, key, Kind.HAS if isinstance(operator, ast.In) else Kind.LACKS
    return None


def raises(container: Container, access: Access) -> bool:
    """Whether it raises, or goes on with None, where the entry is not there."""
    if access.kind is Kind.READS:
        made = container.birth[1] if container.birth else None
        return not (isinstance(made, ast.Call) and last_name(made.func) in ("defaultdict", "Counter"))
    if access.kind is Kind.GETS:
        outer = access.file.parents[access.node]
        asked = isinstance(outer, ast.Attribute | ast.Subscript) and outer.value is access.node
        return asked and len(access.node.args) == 1 if isinstance(access.node, ast.Call) else False
    return access.kind is Kind.TAKES


def is_caught(scene: Scene, file: File, node: ast.AST, depth: int = FAR) -> bool:
    """Whether a `KeyError` at `node` is waited for, here or wherever the function is called."""
    below = node
    for outer in file.above(node):
        if isinstance(outer, ast.Try) and below in outer.body and any(map(_catches, outer.handlers)):
            return True
        if isinstance(outer, ast.With) and any("suppress(KeyError" in ast.unparse(item) for item in outer.items):
            return True
        if isinstance(outer, FUNCTIONS):
            break
        below = outer
    function = file.function(node)
    sites = scene.calls.sites[function] if function and depth else []
    return bool(sites) and all(is_caught(scene, site.file, site.node, depth - 1) for site in sites)


def _catches(handler: ast.ExceptHandler) -> bool:
    names = [node for node in ast.walk(handler.type) if isinstance(node, ast.Name)] if handler.type else []
    return any(name.id in ("KeyError", "LookupError") for name in names)


def leaves(block: list[ast.stmt]) -> bool:
    """Whether what follows the block is not reached from it."""
    return bool(block) and isinstance(block[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def around(file: File, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """(outer, the part of it that holds the node), innermost first, as long as `node` runs when its outer does."""
    below = node
    for outer in file.above(node):
        yield outer, below
        if isinstance(outer, BARRIERS):
            return
        below = outer
