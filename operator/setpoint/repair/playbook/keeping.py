"""Whether the one that is handed a container keeps it: then it must not be cleared under its hands."""

import ast

from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import Role, Use, last_name, use_of
from setpoint.repair.playbook.scene import Scene

# From outside the project, these read what they are given before they return.
PASSING = ("json.", "pickle.", "requests.", "httpx.", "urllib.", "struct.", "csv.", "statistics.", "math.", "zlib.")
DEPTH = 3


def is_kept(scene: Scene, take: Use, depth: int = DEPTH) -> bool:
    """Whether the object itself may still be in use after the statement; when that cannot be told, it is."""
    file = take.file
    parent = file.parents[take.node]
    call = file.parents[parent] if isinstance(parent, ast.keyword) else parent
    if not take.bare or (isinstance(call, ast.Assign) and _is_plain_name(call)):
        return False  # a local name for it: its own uses are looked at by themselves
    if not isinstance(call, ast.Call) or any(isinstance(outer, ast.Lambda) for outer in file.above(take.node)):
        return True
    if scene.symbols.dotted(file, call.func).startswith(PASSING):
        return False
    called = scene.calls.meant(file, call.func)
    if not called or not depth:
        return True
    return any(_keeps(scene, function, call, take.node, depth) for function in called)


def _is_plain_name(statement: ast.Assign) -> bool:
    return all(isinstance(target, ast.Name) for target in statement.targets)


def _keeps(scene: Scene, function: Function, call: ast.Call, given: ast.expr, depth: int) -> bool:
    name = _parameter(scene.calls.owners[function], function, call, given)
    if not name:
        return True
    file = scene.calls.owners[function]
    nodes = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name]
    uses = [use for node in nodes if (use := use_of(file, node))]
    inner = [node for node in nodes if file.function(node) is not function]
    return bool(inner) or any(use.role is Role.TAKE and is_kept(scene, use, depth - 1) for use in uses)


def _parameter(file: File, function: Function, call: ast.Call, given: ast.expr) -> str:
    """The name under which the function knows what it is given."""
    for keyword in call.keywords:
        if keyword.value is given:
            return keyword.arg or ""
    if given not in call.args or any(isinstance(arg, ast.Starred) for arg in call.args):
        return ""
    names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
    method = isinstance(file.parents[function], ast.ClassDef) and not _is_static(function)
    place = call.args.index(given) + method
    return names[place] if place < len(names) else ""


def _is_static(function: Function) -> bool:
    return any(last_name(decorator) == "staticmethod" for decorator in function.decorator_list)
