"""A connection, file, session or client that is opened for every request and never closed."""

import ast
from collections.abc import Iterator

from setpoint.api.remedy import Site
from setpoint.repair.playbook.edits import Candidate, Change, Enclose, Import, Pattern, Replace
from setpoint.repair.playbook.flow import body_nodes
from setpoint.repair.playbook.lasting import COMPLETE, POOLS, outlives, waits_for_all
from setpoint.repair.playbook.patterns.openings import Opening, how_closed, opening_at, opens_something
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene


def find(scene: Scene) -> Iterator[Candidate]:
    """Openings where the evidence saw them, with nothing that closes them."""
    for file in scene.project.files:
        for function in file.functions if file.changeable else ():
            for node in body_nodes(function):
                opening = opening_at(scene, file, function, node)
                weight = _weight(scene, opening) if opening else 0.0
                if opening and weight and not _is_closed(opening) and not _outlives(scene, opening):
                    yield _candidate(opening, weight)
                yield from _read_at_once(scene, file, function, node)


# ── is it open for ever? ──────────────────────────────────────────────────────────────────────────────────────────


def _weight(scene: Scene, opening: Opening) -> float:
    """By what was seen to be opened here (or in the helper that opens), else by memory that grew here."""
    file, value = opening.file, opening.value
    if opening.how.startswith(("await ", "own ")):
        return 1.0 if opens_something(scene, opening) else 0.0
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
        weight = _opened_here(scene, file, opened) if how_closed(scene, file, opened) == "with" else 0.0
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
