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


def outlives(scene: Scene, file: File, function: Function, name: str) -> bool:
    """Whether the named thing, or something that goes on reading from it, is handed on or kept."""
    names = {name, *_derived(function, name)}
    uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id in names]
    return any(isinstance(use.ctx, ast.Load) and _is_left(scene, file, function, use) for use in uses)


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


def _is_left(scene: Scene, file: File, function: Function, use: ast.Name) -> bool:
    if file.function(use) is not function:
        return True  # a function inside this one, that may run at any time
    for outer in file.above(use):
        match outer:
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
                return isinstance(outer, ast.Return) and _goes_on(value, use.id)
            case ast.Lambda():
                return True
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
