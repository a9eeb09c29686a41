"""What outlives a request and several may touch at once: attributes of objects, names of the module.

On an event loop nothing comes in between two lines without an `await`; in a thread anything may.
"""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.locking import is_held
from setpoint.repair.playbook.mutating import CHANGES
from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.scene import Scene

TO_LOOP = re.compile(
    r"\b(asyncio\.|call_soon|create_task|ensure_future|put_nowait|get_nowait|set_result|set_exception|run_until_complete)"
)
FAR = 3


def shared(scene: Scene, file: File, node: ast.expr, depth: int = FAR) -> str:
    """A name for what `node` stands for if it may outlive the request, else nothing."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr=attr):
            function = file.function(node)
            local = function and owner in scene.symbols.local_names(function) and owner not in ("self", "cls")
            return "" if function and local and not _outlives(scene, file, function, owner, depth) else f".{attr}"
        case ast.Attribute(attr=attr):
            return f".{attr}"
        case ast.Subscript(value=value):
            return shared(scene, file, value, depth)
        case ast.Name(id=name):
            function = file.function(node)
            if function and name in scene.symbols.local_names(function):
                given = scene.symbols.values(function, name)
                same = [one for one in given if isinstance(one, ast.Attribute | ast.Subscript | ast.Name)]
                return shared(scene, file, same[0], depth - 1) if len(given) == 1 and same and depth else ""
            return name
    return ""


def _outlives(scene: Scene, file: File, function: Function, name: str, depth: int) -> bool:
    """Whether the object behind a local name may be one that others have too: given, looked up, or handed out."""
    given = scene.symbols.values(function, name)
    return not given or any(not _is_fresh(scene, file, value, depth) for value in given)


def _is_fresh(scene: Scene, file: File, value: ast.expr, depth: int) -> bool:
    match value:
        case ast.Await(value=inner):
            return _is_fresh(scene, file, inner, depth)
        case ast.Call(func=func) if scene.symbols.class_named(file, func):
            return True
        case ast.Call(func=ast.Attribute(value=owner, attr="get" | "setdefault")):
            return depth > 0 and not shared(scene, file, owner, depth - 1)
        case ast.Call(func=func):
            return not scene.calls.meant(file, func)
        case ast.Attribute() | ast.Subscript() | ast.Name():
            return depth > 0 and not shared(scene, file, value, depth - 1)
    return True


def writes(scene: Scene, file: File, node: ast.AST) -> set[str]:
    """What shared things a piece of code sets or changes in place."""
    return {name for target in targets(node) if (name := shared(scene, file, target))}


def targets(node: ast.AST) -> Iterator[ast.expr]:
    """What a piece of code sets, deletes or changes in place."""
    for inner in own_walk(node):
        match inner:
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                yield inner
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
                yield value
            case ast.Name(ctx=ast.Store() | ast.Del()):
                yield inner
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in CHANGES:
                yield value


def reads(scene: Scene, file: File, node: ast.AST) -> set[str]:
    """What shared things a piece of code looks at."""
    kinds = ast.Attribute | ast.Name
    loads = (inner for inner in own_walk(node) if isinstance(inner, kinds) and isinstance(inner.ctx, ast.Load))
    return {name for load in loads if (name := shared(scene, file, load))}


def is_safe_in_thread(scene: Scene, function: Function, depth: int = FAR) -> bool:
    """Whether several threads may run the function at once: it changes nothing shared without a lock."""
    file = scene.calls.owners[function]
    if TO_LOOP.search(ast.unparse(function)) or _uses_own_thread(scene, file, function):
        return False
    for statement in function.body:
        for inner in own_walk(statement):
            if isinstance(inner, ast.stmt) and not isinstance(inner, (*FUNCTIONS, ast.With, ast.If, ast.For, ast.Try)):
                changed = writes(scene, file, inner) - {""}
                if changed and not is_held(scene, file, inner):
                    return False
            if isinstance(inner, ast.Call) and depth:
                for other in scene.calls.meant(file, inner.func):
                    if other is not function and not is_safe_in_thread(scene, other, depth - 1):
                        return False
    return True


def _uses_own_thread(scene: Scene, file: File, function: Function) -> bool:
    """Whether it uses what is kept for each thread by itself."""
    for name in {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}:
        source, original = scene.symbols.imports[file.path].get(name, (file, name))
        for value in scene.symbols.values(source.tree, original) if source else ():
            text = ast.unparse(value)
            if "local()" in text or "ContextVar(" in text or "scoped_session(" in text:
                return True
    return False
