"""Whether a statement under a lock needs it: whether it touches what other functions change."""

import ast
import re

from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.loops import stored
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.settled import METHODS
from setpoint.repair.playbook.sharing import shared, writes

FAR = 3  # calls that are followed
DOES = re.compile(
    r"send|write|post$|put$|patch$|delete|publish|flush|commit|emit|dispatch|save|store|upload|deliver|push|submit|sync$|"
    r"notify|insert|consume|collect|charge|pay|book|reserve|transmit|execute|enqueue|recv|append|add$|remove|acquire"
)


def is_free(
    scene: Scene, file: File, body: list[ast.stmt], statement: ast.stmt, *, last: bool = False
) -> bool:  # fmt: skip
    """Whether a statement touches nothing but local names and what never changes. `last`: it may also return."""
    leaves: tuple[type[ast.AST], ...] = (ast.Break, ast.Continue, ast.Yield, ast.YieldFrom, ast.Raise)
    if any(isinstance(node, leaves if last else (*leaves, ast.Return)) for node in own_walk(statement)):
        return False
    if reaches_out(scene, file, statement):
        return False
    if any(isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
           for node in own_walk(statement)):  # fmt: skip
        return False
    if isinstance(statement, ast.AugAssign):
        return False
    return not _touched(scene, file, statement) & _guarded(scene, file) and not _mutates_names(file, body, statement)


def is_free_expression(scene: Scene, file: File, body: list[ast.stmt], node: ast.expr) -> bool:
    """The same for an expression."""
    guarded = _guarded(scene, file)
    free = not _touched(scene, file, node) & guarded and not _mutates_names(file, body, node)
    return free and not reaches_out(scene, file, node)


def reaches_out(scene: Scene, file: File, node: ast.AST, depth: int = FAR) -> bool:
    """Whether it does something to what others share or wait for: a file, a connection, another service.

    What the lock is held for may be just that: that one comes after the other, and each only once.
    """
    for call in (inner for inner in own_walk(node) if isinstance(inner, ast.Call)):
        own = scene.calls.meant(file, call.func)
        if own and depth:
            homes = [(scene.calls.owners[function], function) for function in own]
            if any(writes(scene, home, one) or reaches_out(scene, home, one, depth - 1)
                   for home, function in homes for one in function.body):  # fmt: skip
                return True
        elif _acts(scene, file, call):
            return True
    return False


def _acts(scene: Scene, file: File, call: ast.Call) -> bool:
    name, dotted = last_name(call.func), scene.symbols.dotted(file, call.func)
    if DOES.search(name) or dotted.startswith(("subprocess.", "os.", "shutil.", "socket.")):
        return not dotted.startswith("os.path.")
    if name == "open":
        return any(isinstance(arg, ast.Constant) and set(str(arg.value)) & set("wax+") for arg in call.args[1:])
    if name in ("urlopen", "Request"):
        return len(call.args) > 1 or any(word.arg == "data" for word in call.keywords)
    on_shared = isinstance(call.func, ast.Attribute) and bool(shared(scene, file, call.func.value))
    outside = isinstance(call.func, ast.Attribute) and _is_module(scene, file, call.func.value)
    return on_shared and not outside and name not in METHODS


def _is_module(scene: Scene, file: File, owner: ast.expr) -> bool:
    """Whether a function of a module from outside the project is called."""
    while isinstance(owner, ast.Attribute):
        owner = owner.value
    return isinstance(owner, ast.Name) and scene.symbols.imports[file.path].get(owner.id, (file, ""))[0] is None


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


def _mutates_names(file: File, body: list[ast.stmt], node: ast.AST) -> bool:
    """Whether it calls a method on a name that the other statements under the lock change."""
    changed = stored_in([statement for statement in body if statement is not node])
    owners = [
        inner.func.value
        for inner in own_walk(node)
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute)
    ]
    return any(isinstance(owner, ast.Name) and owner.id in changed and file.function(owner) for owner in owners)


def stored_in(statements: list[ast.stmt]) -> set[str]:
    """Names that the statements give a value."""
    return {name for statement in statements for name in stored(list(own_walk(statement)))}
