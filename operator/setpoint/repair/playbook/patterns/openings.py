"""What opens a connection, file, session or client, and how each is closed."""

import ast
from dataclasses import dataclass

from setpoint.repair.playbook.flow import body_nodes
from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.symbols import arguments

# How each is closed: `with` (it is a context manager that closes), `closing`, `async with`, or by a call on a name,
# which is the second of a pair (writer) or the first (transport).
OPENERS = {
    "open": "with", "io.open": "with", "gzip.open": "with", "zipfile.ZipFile": "with", "tarfile.open": "with",
    "socket.socket": "with", "socket.create_connection": "with", "requests.Session": "with", "httpx.Client": "with",
    "requests.session": "with", "urllib.request.urlopen": "with", "tempfile.TemporaryFile": "with",
    "tempfile.NamedTemporaryFile": "with", "tempfile.TemporaryDirectory": "with", "shelve.open": "with",
    "concurrent.futures.ThreadPoolExecutor": "with", "concurrent.futures.ProcessPoolExecutor": "with",
    "multiprocessing.Pool": "with", "selectors.DefaultSelector": "with", "smtplib.SMTP": "with", "ftplib.FTP": "with",
    "sqlite3.connect": "closing", "http.client.HTTPConnection": "closing", "http.client.HTTPSConnection": "closing",
    "psycopg2.connect": "closing", "pymysql.connect": "closing", "os.scandir": "with",
    "aiohttp.ClientSession": "async with", "httpx.AsyncClient": "async with",
    "asyncio.open_connection": "writer", "asyncio.open_unix_connection": "writer",
}  # fmt: skip
METHODS = {  # on a path, on a socket, on an event loop
    "open": "with", "makefile": "with", "create_connection": "transport", "create_unix_connection": "transport",
    "create_datagram_endpoint": "transport",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Opening:
    """`name = opener(…)` in a function; `how` as in OPENERS."""

    file: File
    function: Function
    statement: ast.Assign
    value: ast.expr
    name: str
    how: str


def opening_at(scene: Scene, file: File, function: Function, node: ast.AST) -> Opening | None:
    """The opening that a statement is, if it is one."""
    match node:
        case ast.Assign(targets=[target], value=value):
            how = how_closed(scene, file, value) or _own(scene, file, value)
            name = _closed_name(target, how)
            return Opening(file, function, node, value, name, how) if how and name else None
    return None


def _own(scene: Scene, file: File, value: ast.expr) -> str:
    """How a client of the project's own is closed, if it has a method for that."""
    named = scene.symbols.class_named(file, value.func) if isinstance(value, ast.Call) else None
    for one in named[1].body if named else ():
        if isinstance(one, FUNCTIONS) and one.name in ("close", "aclose") and len(arguments(one)) == 1:
            return f"await {one.name}" if isinstance(one, ast.AsyncFunctionDef) else f"own {one.name}"
    return ""


def opens_something(scene: Scene, opening: Opening) -> bool:
    """Whether a client of the project's own was seen to open something in its methods."""
    named = scene.symbols.class_named(opening.file, opening.value.func) if isinstance(opening.value, ast.Call) else None
    found = [
        scene.sight.function_at(one.site) for one in scene.evidence.opened if one.still_open or one.per_request >= 0.5
    ]
    return any(one in named[1].body for one in found if one is not None) if named else False


def _closed_name(target: ast.expr, how: str) -> str:
    match target:
        case ast.Name(id=name) if how not in ("writer", "transport"):
            return name
        case ast.Tuple(elts=[_, ast.Name(id=name)]) if how == "writer":
            return name
        case ast.Tuple(elts=[ast.Name(id=name), _]) if how == "transport":
            return name
    return ""


def how_closed(scene: Scene, file: File, value: ast.expr, depth: int = 2) -> str:
    """How what the expression opens is closed; functions of the project that only open are looked through."""
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return ""
    known = OPENERS.get(scene.symbols.dotted(file, call.func), "")
    if known:
        return known
    if isinstance(call.func, ast.Attribute) and call.func.attr in METHODS and not scene.calls.meant(file, call.func):
        return METHODS[call.func.attr]
    for function in scene.calls.meant(file, call.func) if depth else ():
        home = scene.calls.owners[function]
        for node in body_nodes(function):
            if isinstance(node, ast.Return) and node.value is not None:
                return how_closed(scene, home, _returned(function, node.value), depth - 1)
    return ""


def _returned(function: Function, value: ast.expr) -> ast.expr:
    """What a returned local name was opened with."""
    if isinstance(value, ast.Name):
        for node in body_nodes(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=given) if name == value.id:
                    return given
    return value
