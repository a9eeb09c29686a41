"""A connection, file, session or client that is opened for every request and never closed."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.api.remedy import Site
from setpoint.repair.playbook.edits import Candidate, Change, Enclose, Import, Pattern, Replace
from setpoint.repair.playbook.flow import body_nodes
from setpoint.repair.playbook.lasting import COMPLETE, POOLS, outlives, waits_for_all
from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.roles import last_name
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


def find(scene: Scene) -> Iterator[Candidate]:
    """Openings where the evidence saw them, with nothing that closes them."""
    for file in scene.project.files:
        for function in file.functions if file.changeable else ():
            for node in body_nodes(function):
                opening = _opening(scene, file, function, node)
                weight = _weight(scene, opening) if opening else 0.0
                if opening and weight and not _is_closed(opening) and not _outlives(scene, opening):
                    yield _candidate(opening, weight)
                yield from _read_at_once(scene, file, function, node)


def _opening(scene: Scene, file: File, function: Function, node: ast.AST) -> Opening | None:
    match node:
        case ast.Assign(targets=[target], value=value):
            how = _how(scene, file, value) or _own(scene, file, value)
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


def _opens(scene: Scene, opening: Opening) -> bool:
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


def _how(scene: Scene, file: File, value: ast.expr, depth: int = 2) -> str:
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
                return _how(scene, home, _returned(function, node.value), depth - 1)
    return ""


def _returned(function: Function, value: ast.expr) -> ast.expr:
    """What a returned local name was opened with."""
    if isinstance(value, ast.Name):
        for node in body_nodes(function):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=given) if name == value.id:
                    return given
    return value


# ── is it open for ever? ──────────────────────────────────────────────────────────────────────────────────────────


def _weight(scene: Scene, opening: Opening) -> float:
    """By what was seen to be opened here (or in the helper that opens), else by memory that grew here."""
    file, value = opening.file, opening.value
    if opening.how.startswith(("await ", "own ")):
        return 1.0 if _opens(scene, opening) else 0.0
    for one in scene.evidence.opened:
        start = scene.sight.function_at(one.site)
        helpers = scene.calls.meant(file, value.func) if isinstance(value, ast.Call) else []
        used = start is opening.function and _is_used_at(scene, opening, one.site)
        if scene.sight.covers(one.site, file, value) or start in helpers or used:
            return 1.0 if one.still_open or one.per_request >= 0.5 else 0.3
    if scene.evidence.opened:
        return 0.0
    return 0.7 * scene.sight.growth(file, value)


def _is_used_at(scene: Scene, opening: Opening, site: Site) -> bool:
    """Whether the site is a call on it: a socket is opened in one line and connected in another."""
    calls = (node for node in body_nodes(opening.function) if isinstance(node, ast.Call))
    return any(
        isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == opening.name
        and scene.sight.lies_in(site, opening.file, call)
        for call in calls
    )


def _is_closed(opening: Opening) -> bool:
    for node in body_nodes(opening.function):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="close" | "aclose" | "shutdown" | "release")
            ):
                if name == opening.name:
                    return True
            case ast.withitem(context_expr=ast.Name(id=name)) if name == opening.name:
                return opening.how != "closing"
            case ast.withitem(context_expr=ast.Call(args=[ast.Name(id=name)])) if name == opening.name:
                return True  # closing(name)
    return False


def _outlives(scene: Scene, opening: Opening) -> bool:
    """Whether somebody else gets it, goes on with it, or waits for nothing of it when the function has ended."""
    code = last_name(opening.value.func) if isinstance(opening.value, ast.Call) else ""
    if code in POOLS or code == "Pool":
        return not waits_for_all(opening.function, opening.name)
    own = opening.how.startswith(("await ", "own "))
    return outlives(scene, opening.file, opening.function, opening.name, own=own)


# ── closed whatever happens ───────────────────────────────────────────────────────────────────────────────────────


def _candidate(opening: Opening, weight: float) -> Candidate:
    file, line = opening.file, opening.statement.lineno
    code = file.code(opening.value)
    return Candidate(
        weight,
        file.path,
        line,
        f"Close {opening.name} when {file.name(opening.function)} is done",
        f"{file.name(opening.function)} opens {code} ({file.path}:{line}) and leaves it open.",
        "It is closed whichever way the function ends.",
        _closed(opening),
    )


def _closed(opening: Opening) -> tuple[Change, ...]:
    file, statement, code = opening.file, opening.statement, opening.file.code(opening.value)
    block = file.block(statement)
    rest = block[block.index(statement) + 1 :]
    if opening.how.startswith(("await ", "own ")):
        return _closed_by_itself(opening, rest)
    if opening.how in ("writer", "transport") or not rest:
        footer = f"finally:\n    {opening.name}.close()"
        return (Enclose(file.path, rest[0], rest[-1], "try:", footer),) if rest else ()
    header = f"with {code} as {opening.name}:"
    changes: tuple[Change, ...] = ()
    if opening.how == "closing":
        header = f"with closing({code}) as {opening.name}:"
        changes = (Import(file.path, "contextlib", "closing"),)
    if opening.how == "async with":
        header = f"async {header}"
    return (*changes, Replace(file.path, statement, ""), Enclose(file.path, rest[0], rest[-1], header))


def _closed_by_itself(opening: Opening, rest: list[ast.stmt]) -> tuple[Change, ...]:
    """By its own method, from where it is connected on: before that there is nothing to close."""
    while rest and _connects(rest[0], opening.name):
        rest = rest[1:]
    if not rest:
        return ()
    word, method = opening.how.split()
    if word == "await" and not isinstance(opening.function, ast.AsyncFunctionDef):
        return ()
    code = f"{'await ' if word == 'await' else ''}{opening.name}.{method}()"
    return (Enclose(opening.file.path, rest[0], rest[-1], "try:", f"finally:\n    {code}"),)


def _connects(statement: ast.stmt, name: str) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="connect" | "open" | "start" | "login")):
            return owner == name
    return False


def _read_at_once(scene: Scene, file: File, function: Function, node: ast.AST) -> Iterator[Candidate]:
    """`data = open(path).read()`, `return json.load(open(path))`: the file has no name by which it could be closed."""
    if not isinstance(node, ast.Assign | ast.Return) or not isinstance(node.value, ast.Call):
        return
    call = node.value
    asked = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    for opened in (one for one in [*asked, *call.args] if isinstance(one, ast.Call)):
        weight = _opened_here(scene, file, opened) if _how(scene, file, opened) == "with" else 0.0
        if weight and last_name(call.func) in COMPLETE:
            read = file.code(node).replace(file.code(opened), "opened")
            made = (Replace(file.path, node, f"with {file.code(opened)} as opened:\n    {read}"),)
            cause = f"{file.name(function)} leaves what it opens open ({file.path}:{node.lineno})."
            title = f"Close what {file.name(function)} opens"
            yield Candidate(weight, file.path, node.lineno, title, cause, "It is closed once it was read.", made)


def _opened_here(scene: Scene, file: File, opened: ast.Call) -> float:
    seen = (one for one in scene.evidence.opened if scene.sight.covers(one.site, file, opened))
    return max((1.0 if one.still_open else 0.3 for one in seen), default=0.0)


PATTERN = Pattern(
    name="never-closed",
    applies="A function that runs for requests opens a connection, file, session or client and leaves it open.",
    breaks="Code that goes on using it after the function has ended.",
    prior={"memory": 0.9, "heap": 0.9, "errors": 1.0, "latency": 0.6, "throughput": 0.5, "cpu": 0.4, "custom": 0.4},
    find=find,
)
