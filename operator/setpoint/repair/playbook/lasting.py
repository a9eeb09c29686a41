"""Whether something that a function opened is still in use when the function has ended: then it must not be closed."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene

# These give all that there is at once: nothing of what was opened is needed for it afterwards.
COMPLETE = frozenset(
    [
        "fetchall", "fetchone", "fetchmany", "read", "readlines", "readline", "read_text", "json", "recv", "getvalue",
        "get", "post", "put", "patch", "delete", "head", "request", "write", "close", "list", "tuple", "dict", "set",
        "sorted", "sum", "len", "max", "min", "any", "all", "load", "loads", "dumps", "str", "bytes", "join", "result",
        "int", "float", "bool", "next", "decode", "raise_for_status", "send", "sendall", "getpeername", "fileno",
    ]
)  # fmt: skip
LATER = frozenset(
    [
        "create_task", "ensure_future", "submit", "add_task", "Thread", "Timer", "Process", "partial",
        "call_later", "call_soon", "call_soon_threadsafe", "register", "add_reader", "add_writer",
        "apply_async", "map_async", "spawn", "start_soon", "run_coroutine_threadsafe", "append", "add", "put",
        "put_nowait", "setdefault", "insert", "send_file", "stream_with_context", "send_from_directory",
        "attach", "addHandler", "track_request",
    ]
)  # fmt: skip
POOLS = ("ThreadPoolExecutor", "ProcessPoolExecutor")


def outlives(scene: Scene, file: File, function: Function, name: str, *, own: bool = False) -> bool:
    """Whether the named thing, or something that goes on reading from it, is handed on or kept.

    `own`: it is a client of the project's own, whose methods give values, unless they yield.
    """
    names = {name, *_derived(function, name)} if not own or _yields(scene, file, function, name) else {name}
    uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id in names]
    return any(isinstance(use.ctx, ast.Load) and _is_left(scene, file, function, use, own=own) for use in uses)


def _yields(scene: Scene, file: File, function: Function, name: str) -> bool:
    """Whether a method that is called on it may give something that is read later."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner)) as func) if owner == name:
                for one in scene.calls.meant(file, func):
                    if any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(one)):
                        return True
    return False


def _derived(function: Function, name: str) -> Iterator[str]:
    """Names that are given a cursor, reader or iterator over it."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target != name:
                if _goes_on(value, name):
                    yield target


def _goes_on(value: ast.expr, name: str) -> bool:
    """Whether the value still reads from what has the name: `x.execute(…)`, `reader(x)`, `(… for … in x)`, `x.name`."""
    value = value.value if isinstance(value, ast.Await) else value
    used = any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))
    if not used or isinstance(value, ast.ListComp | ast.SetComp | ast.DictComp | ast.Compare | ast.JoinedStr):
        return False
    if isinstance(value, ast.Call):
        streams = any(word.arg == "stream" for word in value.keywords)
        return streams or last_name(value.func) not in COMPLETE
    if isinstance(value, ast.Subscript):
        return _goes_on(value.value, name)
    if isinstance(value, ast.Dict | ast.Tuple | ast.List):
        parts = value.values if isinstance(value, ast.Dict) else value.elts
        return any(part is not None and _goes_on(part, name) for part in parts)
    if isinstance(value, ast.BinOp | ast.BoolOp | ast.IfExp):
        return any(_goes_on(part, name) for part in ast.iter_child_nodes(value) if isinstance(part, ast.expr))
    return True


def _is_left(scene: Scene, file: File, function: Function, use: ast.Name, *, own: bool) -> bool:
    if file.function(use) is not function:
        return _inner_is_left(file, function, use)
    for outer in file.above(use):
        match outer:
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
                return isinstance(outer, ast.Return) and _goes_on(value, use.id) and not _is_asked(file, use, own)
            case ast.Lambda():
                return not _is_given_to(file, outer, use.id)
            case ast.Assign(targets=targets, value=value):
                kept = any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)
                return kept and _goes_on(value, use.id)
            case ast.Call(func=func):
                named = scene.symbols.class_named(file, func)
                if (last_name(func) in LATER and not _lies_in(use, func)) or (named and not _lies_in(use, func)):
                    return True
                if last_name(func).endswith("Response"):
                    return any(_goes_on(arg, use.id) for arg in outer.args)
        if isinstance(outer, (*FUNCTIONS, ast.stmt)):
            break
    return False


def _is_asked(file: File, use: ast.Name, own: bool) -> bool:
    """Whether a method of the project's own client is called: what it returns is a value."""
    part = file.parents[use]
    return own and isinstance(part, ast.Attribute) and isinstance(file.parents[part], ast.Call)


def _inner_is_left(file: File, function: Function, use: ast.Name) -> bool:
    """Whether a function inside this one, which uses it, may run at any time: not if only it itself is given that."""
    inner = [outer for outer in file.above(use) if isinstance(outer, FUNCTIONS) and outer is not function]
    innermost = inner[0] if inner else function
    loads = (node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == innermost.name)
    return not all(_is_called(file, node) or _is_given_to(file, node, use.id) for node in loads)


def _is_called(file: File, node: ast.expr) -> bool:
    call = file.parents[node]
    return isinstance(call, ast.Call) and call.func is node


def _is_given_to(file: File, node: ast.expr, name: str) -> bool:
    """`database.create_function("sounds", 1, sounds)`: what it is given ends with it."""
    match file.parents[node]:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner))):
            return owner == name
    return False


def _lies_in(node: ast.AST, whole: ast.AST) -> bool:
    return any(inner is node for inner in ast.walk(whole))


def waits_for_all(function: Function, name: str) -> bool:
    """Whether a pool of workers has done all its work when the function ends: only then closing it changes nothing."""
    asked = False
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=attr) if owner == name:
                if attr not in ("map", "submit", "starmap", "apply", "shutdown"):
                    return False
                asked = asked or attr == "submit"
    results = (node for node in ast.walk(function) if isinstance(node, ast.Attribute))
    return not asked or any(node.attr == "result" for node in results)
