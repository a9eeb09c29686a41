"""Whether what was handed over is still needed: a store that is saved, shown or searched must not be emptied."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import Role, Use, last_name
from setpoint.repair.playbook.scene import Scene

DEPTH = 1


def is_needed(scene: Scene, container: Container, function: Function, handing: set[Function]) -> bool:
    """Whether somebody looks at the content besides handing it over, or the hand-over takes the place of the last one.

    `handing`: all functions that hand the container over.
    """
    if any(_reads(use) for use in container.of(Role.TAKE) if use.function not in handing):
        return True
    if any(_asks(use) for use in container.of(Role.LOOK)):
        return True
    return _replaces(scene, scene.calls.owners[function], function, DEPTH)


def _reads(take: Use) -> bool:
    """A second name is looked at by itself."""
    match take.statement:
        case ast.Assign(targets=[ast.Name()], value=value):
            return value is not take.node
    return True


def _asks(look: Use) -> bool:
    """Whether one entry is asked for: its number, its key, or whether it is there."""
    parent = look.file.parents[look.node]
    match parent:
        case ast.Compare(ops=[ast.In() | ast.NotIn(), *_], comparators=[searched]):
            return searched is look.node
        case ast.Subscript(slice=ast.UnaryOp()):
            return False  # the newest
        case ast.Subscript(ctx=ast.Load()):
            return True
        case ast.Attribute(attr=attr):
            return attr in ("get", "index", "count")
    return False


def _replaces(scene: Scene, file: File, function: Function, depth: int) -> bool:
    """Whether what was written before is overwritten: a file from its start, an entry under a fixed key."""
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
        name = last_name(call.func)
        modes = [arg.value for arg in _modes(call) if isinstance(arg, ast.Constant)]
        if name == "open" and any(str(mode).startswith("w") for mode in modes):
            return True
        keyed = len(call.args) > 1 and isinstance(call.func, ast.Attribute)
        if name in ("write_text", "write_bytes") or (name in ("set", "hset", "setex") and keyed):
            return True
        for other in scene.calls.meant(file, call.func) if depth else ():
            if other is not function and _replaces(scene, scene.calls.owners[other], other, depth - 1):
                return True
    return False


def _modes(call: ast.Call) -> Iterator[ast.expr]:
    place = 1 if isinstance(call.func, ast.Name) else 0  # `open(path, mode)`, `path.open(mode)`
    yield from call.args[place : place + 1]
    yield from (word.value for word in call.keywords if word.arg == "mode")
