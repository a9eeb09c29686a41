"""Whether a statement under a lock needs it: whether it touches what other functions change."""

import ast

from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.loops import stored
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.scene import Scene

Block = ast.With | ast.AsyncWith
FAR = 3  # calls that are followed


def is_free(scene: Scene, file: File, block: Block, statement: ast.stmt) -> bool:
    """Whether a statement touches nothing but local names and what never changes."""
    leaves = ast.Return | ast.Break | ast.Continue | ast.Yield | ast.Raise
    if any(isinstance(node, leaves) for node in own_walk(statement)):
        return False
    if any(isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
           for node in own_walk(statement)):  # fmt: skip
        return False
    return all(is_free_expression(scene, file, block, node) for node in ast.iter_child_nodes(statement)
               if isinstance(node, ast.expr)) and not isinstance(statement, ast.AugAssign)  # fmt: skip


def is_free_expression(scene: Scene, file: File, block: Block, node: ast.expr) -> bool:
    """The same for an expression."""
    guarded = _guarded(scene, file)
    return not _touched(scene, file, node) & guarded and not _mutates_names(file, block, node)


def _guarded(scene: Scene, file: File) -> set[str]:
    """Attributes and names of the module that functions of this file change: they are what locks are for."""
    found: set[str] = set()
    for function in file.functions:
        own = scene.symbols.local_names(function)
        for node in ast.walk(function) if function.name != "__init__" else ():
            match node:
                case ast.Attribute(attr=attr, ctx=ast.Store() | ast.Del()):
                    found.add(attr)
                case ast.Name(id=name, ctx=ast.Store()) if name not in own:
                    found.add(name)
    return found | {container.key.name for container in scene.variables.values() if container.key.scope != "function"
                    and any(use.function for use in container.uses if use.role in ("grow", "shrink"))}  # fmt: skip


def _touched(scene: Scene, file: File, node: ast.AST, depth: int = FAR) -> set[str]:
    """Attributes and names that an expression uses, in what it calls as well."""
    found: set[str] = set()
    for inner in own_walk(node):
        match inner:
            case ast.Attribute(attr=name) | ast.Name(id=name):
                found.add(name)
        if isinstance(inner, ast.Call) and depth:
            for function in scene.calls.meant(file, inner.func):
                found |= _touched_by(scene, function, depth - 1)
    return found


def _touched_by(scene: Scene, function: Function, depth: int) -> set[str]:
    file = scene.calls.owners[function]
    own = scene.symbols.local_names(function)
    return {name for statement in function.body for name in _touched(scene, file, statement, depth)} - own


def _mutates_names(file: File, block: Block, node: ast.expr) -> bool:
    """Whether it calls a method on a name that the block changes."""
    changed = stored_in(block.body)
    owners = [
        inner.func.value
        for inner in own_walk(node)
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute)
    ]
    return any(isinstance(owner, ast.Name) and owner.id in changed and file.function(owner) for owner in owners)


def stored_in(statements: list[ast.stmt]) -> set[str]:
    """Names that the statements give a value."""
    return {name for statement in statements for name in stored(list(own_walk(statement)))}
