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
from setpoint.repair.playbook.recomputing import is_made_again
from setpoint.repair.playbook.scene import Scene

TO_LOOP = re.compile(
    r"\b(asyncio\.|call_soon|create_task|ensure_future|put_nowait|get_nowait|set_result|set_exception|run_until_complete)"
)
FAR = 3


def shared(scene: Scene, file: File, node: ast.expr) -> str:
    """A name for what `node` stands for if it may outlive the request, else nothing."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr=attr):
            function = file.function(node)
            local = function and owner in scene.symbols.local_names(function) and owner not in ("self", "cls")
            return "" if local else f".{attr}"
        case ast.Attribute(attr=attr):
            return f".{attr}"
        case ast.Subscript(value=value):
            return shared(scene, file, value)
        case ast.Name(id=name):
            function = file.function(node)
            if function and name in scene.symbols.local_names(function):
                given = scene.symbols.values(function, name)
                same = [one for one in given if isinstance(one, ast.Attribute | ast.Subscript | ast.Name)]
                return shared(scene, file, same[0]) if len(given) == 1 and same else ""
            return name
    return ""


def writes(scene: Scene, file: File, node: ast.AST) -> set[str]:
    """What shared things a piece of code sets or changes in place."""
    return {name for target in _targets(node) if (name := shared(scene, file, target))}


def _targets(node: ast.AST) -> Iterator[ast.expr]:
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


def opens_race(scene: Scene, file: File, function: Function, node: ast.expr, depth: int = FAR) -> bool:
    """Whether to give way at `node` lets others in between a look at something shared and a change of it."""
    statement = file.statement(node)
    if writes(scene, file, statement) & _used_by(scene, file, statement):
        return True
    before = _before(file, function, statement)
    seen = {name for one in before for name in _used_by(scene, file, one)}
    changed = {name for one in _after(file, function, statement) for name in _set_by(scene, file, one)}
    if (seen & changed) - _made_again(scene):
        return True
    for site in scene.calls.sites[function] if depth else ():
        outer = site.caller if isinstance(site.caller, ast.AsyncFunctionDef) else None
        if outer and outer is not function and opens_race(scene, site.file, outer, site.node, depth - 1):
            return True
    return False


def _made_again(scene: Scene) -> set[str]:
    """Caches: that two make the same entry at once does no harm."""
    found = (one for one in scene.containers.values() if one.kind == "dict" and is_made_again(scene, one))
    return {name for one in found for name in (one.key.name, f".{one.key.name}")}


def _used_by(scene: Scene, file: File, node: ast.AST) -> set[str]:
    """What is read for more than to count it up: `n += 1` is done in one go."""
    if isinstance(node, ast.AugAssign) and not any(isinstance(inner, ast.Call | ast.Await) for inner in ast.walk(node)):
        return set()
    own = reads(scene, file, node) | (writes(scene, file, node) if isinstance(node, ast.AugAssign) else set())
    return own - _called_names(scene, file, node)


def _called_names(scene: Scene, file: File, node: ast.AST) -> set[str]:
    """Functions, classes and modules are no state."""
    calls = (inner for inner in own_walk(node) if isinstance(inner, ast.Call))
    return {shared(scene, file, call.func) for call in calls}


def _set_by(scene: Scene, file: File, node: ast.AST) -> set[str]:
    if isinstance(node, ast.AugAssign):
        return set()
    return writes(scene, file, node)


def _before(file: File, function: Function, statement: ast.stmt) -> list[ast.AST]:
    """Simple statements, and tests, that may run before it."""
    inner = _parts(function)
    loops = [outer for outer in file.above(statement) if isinstance(outer, ast.For | ast.While | ast.AsyncFor)]
    last = max([statement.lineno, *(loop.end_lineno or 0 for loop in loops)])
    return [part for part in inner if getattr(part, "lineno", 0) < last and part is not statement]


def _after(file: File, function: Function, statement: ast.stmt) -> list[ast.AST]:
    loops = [outer for outer in file.above(statement) if isinstance(outer, ast.For | ast.While | ast.AsyncFor)]
    first = min([statement.end_lineno or statement.lineno, *(loop.lineno for loop in loops)])
    return [part for part in _parts(function) if getattr(part, "lineno", 0) > first and part is not statement]


def _parts(function: Function) -> list[ast.AST]:
    found: list[ast.AST] = []
    for statement in function.body:
        for node in own_walk(statement):
            if isinstance(node, ast.If | ast.While):
                found.append(node.test)
            elif isinstance(node, ast.For | ast.AsyncFor):
                found.append(node.iter)
            elif isinstance(node, ast.stmt) and not hasattr(node, "body"):
                found.append(node)
    return found
