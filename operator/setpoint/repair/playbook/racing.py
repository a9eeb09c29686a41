"""Whether to give way at one place of an async function lets others in between a look and the change that it led to.

`if seat in sold: …`, `pay()`, `sold.add(seat)`: while all of it runs on the loop without an `await`, nobody else can
buy the seat meanwhile. What is called before and after is followed: the look and the change are often methods.
"""

import ast
import re
from collections.abc import Iterator
from itertools import takewhile

from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.mutating import is_changed
from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.recomputing import is_made_again
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sharing import reads, shared, writes
from setpoint.repair.playbook.symbols import arguments

FAR = 3
PUTS = frozenset({"append", "appendleft", "add", "extend"})  # whose result nobody asks for: no look
LOOKS = re.compile(
    r"^(get|find|fetch|read|list|look|exists|has|is|can|may|count|query|select|search|keys|values|items|copy|join|split|"
    r"strip|format|encode|decode|json|text|isoformat|debug|info|warning|error|exception|log|labels|inc|observe|time)"
)


def opens_race(scene: Scene, file: File, function: Function, node: ast.expr, depth: int = FAR) -> bool:
    """Whether to give way at `node` lets others in between a look at something shared and a change of it."""
    statement = file.statement(node)
    if writes(scene, file, statement) & _used_by(scene, file, statement):
        return True
    looks = [*_before(file, function, statement), statement]
    seen = {name for one in looks for name in _seen(scene, file, one)}
    changed = {name for one in _after(file, function, statement) for name in _changed(scene, file, one)}
    changed |= _changed_with_result(scene, file, node, statement)
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


# ── looks and changes, also in what is called ─────────────────────────────────────────────────────────────────────


def _seen(scene: Scene, file: File, node: ast.AST, depth: int = FAR) -> set[str]:
    called = _called(scene, file, node) if depth else ()
    return _used_by(scene, file, node).union(*(_seen(scene, home, part, depth - 1) for home, part in called))


def _changed(scene: Scene, file: File, node: ast.AST, depth: int = FAR) -> set[str]:
    called = _called(scene, file, node) if depth else ()
    own = writes(scene, file, node) | _given(scene, file, node)
    return own.union(*(_changed(scene, home, part, depth - 1) for home, part in called))


def _changed_with_result(scene: Scene, file: File, node: ast.expr, statement: ast.stmt) -> set[str]:
    """What the rest of the statement changes with what `node` gave: `plan.sell(seat, charge(card))`."""
    found = writes(scene, file, statement)
    for outer in takewhile(lambda one: one is not statement, file.above(node)):
        if isinstance(outer, ast.Call):
            for function in scene.calls.meant(file, outer.func):
                home = scene.calls.owners[function]
                found |= {name for part in _parts(function) for name in _changed(scene, home, part, FAR - 1)}
            if _is_unread(scene, file, outer) and not LOOKS.search(last_name(outer.func)):
                found.add(_owner(scene, file, outer))
    return found - {""}


def _called(scene: Scene, file: File, node: ast.AST) -> Iterator[tuple[File, ast.AST]]:
    """The parts of the project's functions that a piece of code calls."""
    for call in (inner for inner in own_walk(node) if isinstance(inner, ast.Call)):
        for function in scene.calls.meant(file, call.func):
            yield from ((scene.calls.owners[function], part) for part in _parts(function))


def _used_by(scene: Scene, file: File, node: ast.AST) -> set[str]:
    """What is read for more than to count it up or to put something in: `n += 1` is done in one go."""
    if isinstance(node, ast.AugAssign) and not any(isinstance(inner, ast.Call | ast.Await) for inner in ast.walk(node)):
        return set()
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=attr), args=given)) if attr in PUTS:
            return set().union(*(_used_by(scene, file, arg) for arg in given))
    own = reads(scene, file, node) | (writes(scene, file, node) if isinstance(node, ast.AugAssign) else set())
    return (own - _called_names(scene, file, node)) | {_owner(scene, file, call) for call in _unread(scene, file, node)}


def _called_names(scene: Scene, file: File, node: ast.AST) -> set[str]:
    """Functions, classes and modules are no state."""
    calls = (inner for inner in own_walk(node) if isinstance(inner, ast.Call))
    return {shared(scene, file, call.func) for call in calls}


def _given(scene: Scene, file: File, node: ast.AST) -> set[str]:
    """Shared things that a call changes: by a method that nobody here has read, or as what it is given."""
    calls = [inner for inner in own_walk(node) if isinstance(inner, ast.Call)]
    found = {shared(scene, file, arg) for call in calls for arg in call.args if is_changed(scene, file, arg)}
    unread = _unread(scene, file, node)
    found |= {_owner(scene, file, call) for call in unread if not LOOKS.search(last_name(call.func))}
    return found - {""}


def _unread(scene: Scene, file: File, node: ast.AST) -> list[ast.Call]:
    """Calls of methods that nobody here has read."""
    return [call for call in own_walk(node) if isinstance(call, ast.Call) and _is_unread(scene, file, call)]


def _is_unread(scene: Scene, file: File, call: ast.Call) -> bool:
    """`web.Response(…)` makes an object, and changes nothing."""
    func = call.func
    return isinstance(func, ast.Attribute) and not func.attr[0].isupper() and not scene.calls.meant(file, func)


def _owner(scene: Scene, file: File, call: ast.Call) -> str:
    """A name for what the method is called on, if it may outlive the request: a client or store that was given, too."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    function = file.function(call)
    if isinstance(owner, ast.Name) and function and owner.id in {one.arg for one in arguments(function)}:
        return owner.id if owner.id not in ("self", "cls", "request", "req") else ""
    return shared(scene, file, owner)


# ── what runs before and after ────────────────────────────────────────────────────────────────────────────────────


def _before(file: File, function: Function, statement: ast.stmt) -> list[ast.AST]:
    """Simple statements, and tests, that may run before it."""
    inner = _parts(function)
    loops = [outer for outer in file.above(statement) if isinstance(outer, ast.For | ast.While | ast.AsyncFor)]
    last = max([statement.lineno, *(loop.end_lineno or 0 for loop in loops)])
    return [part for part in inner if getattr(part, "lineno", 0) < last and part is not statement]


def _after(file: File, function: Function, statement: ast.stmt) -> list[ast.AST]:
    """Simple statements, and tests, that may run after it: none where it returns, also out of a loop."""
    if isinstance(statement, ast.Return) and not _has_last_word(file, statement):
        return []
    loops = [outer for outer in file.above(statement) if isinstance(outer, ast.For | ast.While | ast.AsyncFor)]
    first = min([statement.end_lineno or statement.lineno, *(loop.lineno for loop in loops)])
    return [part for part in _parts(function) if getattr(part, "lineno", 0) > first and part is not statement]


def _has_last_word(file: File, statement: ast.stmt) -> bool:
    """Whether something runs on the way out, or instead: `finally`, `except`, the end of a `with`."""
    kinds = (ast.Try, ast.With, ast.AsyncWith)
    around = takewhile(lambda outer: not isinstance(outer, FUNCTIONS), file.above(statement))
    return any(isinstance(outer, kinds) for outer in around)


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
