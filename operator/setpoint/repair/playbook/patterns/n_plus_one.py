"""A loop that asks the database for one row each time round."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.repair.playbook.edits import Candidate, Change, Insert, Pattern, Replace
from setpoint.repair.playbook.loops import bound_by, comprehension_around, free_name, loaded, loop_around
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.queries import OneKey, constant_text, one_key
from setpoint.repair.playbook.scene import Scene

OFTEN = 1.5  # times for each request
LEAST_TIME = 0.05


@dataclass(frozen=True, eq=False)
class Query:
    """`connection.execute(text, (key,)).fetchone()` in a loop. `call` is the whole, `fetch` its last part."""

    file: File
    call: ast.Call
    owner: ast.expr
    execute: str
    query: OneKey
    key: ast.expr
    fetch: str


def find(scene: Scene) -> Iterator[Candidate]:
    """Queries by one key in loops, where the evidence counts many of them or time is spent."""
    for file in scene.project.files:
        for node in ast.walk(file.tree) if file.changeable else ():
            query = _query(scene, file, node)
            weight = _weight(scene, query) if query else 0.0
            if query and weight:
                changes = _at_once(scene, query)
                if changes:
                    yield _candidate(query, weight, changes)


def _query(scene: Scene, file: File, node: ast.AST) -> Query | None:
    match node:
        case (
            ast.Call(
                func=ast.Attribute(
                    value=ast.Call(func=ast.Attribute(value=owner, attr="execute"), args=[text, given]) as execute,
                    attr="fetchone" | "fetchall" as fetch,
                ),
                args=[],
            ) as call
        ):
            query = one_key(_text(scene, file, text))
            keys = given.elts if isinstance(given, ast.Tuple | ast.List) else []
            if query and len(keys) == 1 and isinstance(execute.func, ast.Attribute):
                return Query(file, call, owner, file.code(execute.func), query, keys[0], fetch)
    return None


def _text(scene: Scene, file: File, node: ast.expr) -> str:
    """The statement, written in place or as a constant of the module."""
    if isinstance(node, ast.Name | ast.Attribute):
        key = scene.names.key(file, node)
        for other in scene.project.files:
            for statement in ast.walk(other.tree):
                match statement:
                    case ast.Assign(targets=[target], value=value) if key and scene.names.key(other, target) == key:
                        return constant_text(value)
    return constant_text(node)


def _weight(scene: Scene, query: Query) -> float:
    for statement in scene.evidence.statements:
        if scene.sight.covers(statement.site, query.file, query.file.statement(query.call)) or scene.sight.covers(
            statement.site, query.file, query.call
        ):
            return 1.0 if statement.per_request >= OFTEN else 0.0
    spent = scene.sight.time(query.file, query.call)
    return min(1.0, 0.5 + spent) if spent >= LEAST_TIME else 0.0


def _candidate(query: Query, weight: float, changes: tuple[Change, ...]) -> Candidate:
    line = query.call.lineno
    return Candidate(
        weight,
        query.file.path,
        line,
        f"Ask for all rows by {query.query.column} in one query",
        f"{query.file.path}:{line} asks the database once for each entry of a loop.",
        "One query before the loop brings the rows for all entries; the loop takes its own from a dict.",
        changes,
    )


# ── one query before the loop ─────────────────────────────────────────────────────────────────────────────────────


def _at_once(scene: Scene, query: Query) -> tuple[Change, ...]:
    file = query.file
    inner = comprehension_around(file, query.call)
    loop = loop_around(file, query.call)
    if isinstance(inner, ast.ListComp | ast.SetComp | ast.DictComp) and len(inner.generators) == 1:
        target, source, statement = inner.generators[0].target, inner.generators[0].iter, file.statement(inner)
        around: ast.AST = inner
    elif loop and not inner:
        target, source, statement, around = loop.target, loop.iter, loop, loop
    else:
        return ()
    key = _key(file, loop if around is loop else None, target, query.key)
    if key is None or loaded(query.owner) & bound_by(around):
        return ()
    entries, first = _entries(file, source)
    keys, marks, found, row = (free_name(file, name) for name in ("keys", "marks", "found", "found_row"))
    lines = [
        *first,
        f"{keys} = [{key} for {file.code(target).strip('()')} in {entries}]",
        f'{marks} = ",".join("?" * len({keys}))',
        f"{found} = {{}}",
        f"for {row} in {query.execute}({_sql(query, marks)}, {keys}):",
        f"    {_kept(scene, query, found, row)}",
    ]
    given = file.code(query.key)
    taken = f"{found}.get({given})" if query.fetch == "fetchone" else f"{found}.get({given}, [])"
    again = (Replace(file.path, source, entries),) if first else ()
    return (Insert(file.path, statement, "\n".join(lines), after=False), *again, Replace(file.path, query.call, taken))


def _key(file: File, loop: ast.For | None, target: ast.expr, key: ast.expr) -> str | None:
    """The key in terms of the loop's own target; a local name for it is followed to where the loop sets it."""
    names = {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
    if any(isinstance(node, ast.Call) for node in ast.walk(key)):
        return None
    if loaded(key) and loaded(key) <= names:
        return file.code(key)
    for statement in loop.body if loop else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if isinstance(key, ast.Name) and name == key.id:
                return file.code(value) if loaded(value) <= names else None
    return None


def _entries(file: File, source: ast.expr) -> tuple[str, list[str]]:
    """A name for what the loop walks through, which must bear being walked through twice."""
    if isinstance(source, ast.Name | ast.Attribute) and not _is_cursor(file, source):
        return file.code(source), []
    name = free_name(file, "entries")
    return name, [f"{name} = list({file.code(source)})"]


def _is_cursor(file: File, source: ast.expr) -> bool:
    """Whether the name was given something that can be walked through once."""
    for node in ast.walk(file.function(source) or file.tree):
        match node:
            case ast.Assign(targets=[target], value=ast.Call(func=ast.Attribute(attr="execute")) | ast.GeneratorExp()):
                if file.code(target) == file.code(source):
                    return True
    return False


def _sql(query: Query, marks: str) -> str:
    """The statement as an f-string that takes one mark for each key."""
    before, after = (part.replace("{", "{{").replace("}", "}}") for part in (query.query.before, query.query.after))
    quote = '"""' if "\n" in before + after or '"' in before + after else '"'
    return f"f{quote}{before}{{{marks}}}{after}{quote}"


def _kept(scene: Scene, query: Query, found: str, row: str) -> str:
    """The row as the loop knows it: without the key, unless rows are asked by name and a key more does no harm."""
    named = any("row_factory" in file.text for file in scene.project.files)
    value = row if named else f"{row}[:-1]"
    if query.fetch == "fetchone":
        return f"{found}.setdefault({row}[-1], {value})"
    return f"{found}.setdefault({row}[-1], []).append({value})"


PATTERN = Pattern(
    name="query-in-loop",
    applies="A loop runs the same SELECT by one key for each entry (sqlite3's `?`), and reads all or one row of it.",
    breaks="Keys that the database takes as equal but Python does not ('1' and 1); tens of thousands of keys at once.",
    prior={"latency": 1.0, "throughput": 1.0, "cpu": 0.9, "errors": 0.2, "custom": 0.4},
    find=find,
)
