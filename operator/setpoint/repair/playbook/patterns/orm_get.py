"""A loop that gets objects of SQLAlchemy one by one."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.repair.playbook.asking_many import Round, entries_of, key_of, round_of
from setpoint.repair.playbook.edits import Candidate, Change, Insert, Pattern, Replace
from setpoint.repair.playbook.loops import bound_by, free_name, loaded
from setpoint.repair.playbook.models import primary_key
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.rows_written import writes_rows
from setpoint.repair.playbook.scene import Scene

ONE = frozenset({"first", "one_or_none", "scalar_one_or_none", "get", "scalar"})
SURE = frozenset({"one", "scalar_one"})


@dataclass(frozen=True, eq=False)
class Getting:
    """An expression that gets the objects of `model` whose `column` equals `key`; `how` is its last method."""

    file: File
    whole: ast.expr
    session: ast.expr
    model: str
    column: str
    key: ast.expr
    how: str
    awaited: bool
    by_query: bool


def find(scene: Scene) -> Iterator[Candidate]:
    """Gets in loops, on lines from which many statements come."""
    for file in scene.project.files:
        for node in file.nodes if file.changeable else ():
            if isinstance(node, ast.Call) and scene.sight.is_asked_often(file, node):
                getting = _getting(scene, file, node)
                around = round_of(file, getting.whole) if getting else None
                steady = around and not writes_rows(scene, file, around.node)
                changes = _at_once(getting, around) if getting and around and steady else ()
                if getting and changes:
                    yield _candidate(getting, changes)


def _candidate(getting: Getting, changes: tuple[Change, ...]) -> Candidate:
    file, line = getting.file, getting.whole.lineno
    return Candidate(
        1.0,
        file.path,
        line,
        f"Get all {getting.model} objects in one query",
        f"{file.path}:{line} gets {getting.model} objects one by one in a loop, a query for each.",
        "One query before the loop gets all of them; the loop takes its own from a dict.",
        changes,
    )


# ── which objects, by which column ────────────────────────────────────────────────────────────────────────────────


def _getting(scene: Scene, file: File, call: ast.Call) -> Getting | None:
    """The call that gets one object, or all, by one column."""
    if not isinstance(call.func, ast.Attribute):
        return None
    awaited = isinstance(file.parents[call], ast.Await)
    whole = file.parents[call] if awaited else call
    assert isinstance(whole, ast.expr)
    for session, model, column, key, by_query in _parts(scene, file, call):
        how = call.func.attr
        if how in ONE | SURE | {"all"}:
            return Getting(file, whole, session, model, column, key, how, awaited, by_query)
    return None


Parts = tuple[ast.expr, str, str, ast.expr, bool]


def _parts(scene: Scene, file: File, call: ast.Call) -> Iterator[Parts]:
    match call:
        case ast.Call(func=ast.Attribute(value=session, attr="get"), args=[ast.Name(id=model) as name, key]):
            named = scene.symbols.class_named(file, name)
            if named and (column := primary_key(named[1])):
                yield session, model, column, key, True
        case ast.Call(func=ast.Attribute(value=inner, attr="scalar"), args=[ast.Call() as statement]):
            yield from _conditions(inner, statement, by_query=False)
        case ast.Call(func=ast.Attribute(value=ast.Call() as inner)):
            yield from _chained(inner)


def _chained(inner: ast.Call) -> Iterator[Parts]:
    """`session.scalars(select(…)…)`, `session.execute(select(…)…)`, or `session.query(…).filter(…)`."""
    match inner:
        case ast.Call(func=ast.Attribute(value=session, attr="scalars" | "execute"), args=[ast.Call() as statement]):
            yield from _conditions(session, statement, by_query=False)
        case ast.Call(func=ast.Attribute(value=ast.Call() as query)) if last_name(query.func) == "query":
            assert isinstance(query.func, ast.Attribute)
            yield from _conditions(query.func.value, inner, by_query=True)


def _conditions(session: ast.expr, statement: ast.Call, *, by_query: bool) -> Iterator[Parts]:
    """`….where(Model.column == key)` or `….filter_by(column=key)`, right after the model was named."""
    match statement:
        case ast.Call(
            func=ast.Attribute(value=ast.Call(args=[ast.Name(id=model)]), attr="where" | "filter"),
            args=[ast.Compare(left=ast.Attribute(value=ast.Name(id=owner), attr=column), ops=[ast.Eq()],
                              comparators=[key])],
        ) if owner == model:  # fmt: skip
            yield session, model, column, key, by_query
        case ast.Call(
            func=ast.Attribute(value=ast.Call(args=[ast.Name(id=model)]), attr="filter_by"),
            args=[],
            keywords=[ast.keyword(arg=str() as column, value=key)],
        ):
            yield session, model, column, key, by_query


# ── one query before the loop ─────────────────────────────────────────────────────────────────────────────────────


def _at_once(getting: Getting, around: Round) -> tuple[Change, ...]:
    file = getting.file
    key = key_of(file, around, getting.key)
    if key is None or loaded(getting.session) & bound_by(around.node):
        return ()
    entries, first = entries_of(file, around.source)
    keys, found, one = (free_name(file, name) for name in ("keys", "found", "one"))
    column = f"{one}.{getting.column}"
    kept = f".setdefault({column}, []).append({one})" if getting.how == "all" else f".setdefault({column}, {one})"
    lines = [
        *first,
        f"{keys} = [{key} for {file.code(around.target).strip('()')} in {entries}]",
        f"{found} = {{}}",
        f"for {one} in {_query(getting, keys)}:",
        f"    {found}{kept}",
    ]
    again = (Replace(file.path, around.source, entries),) if first else ()
    taken = Replace(file.path, getting.whole, _taken(getting, found))
    return (Insert(file.path, around.statement, "\n".join(lines), after=False), *again, taken)


def _query(getting: Getting, keys: str) -> str:
    session, model, column = getting.file.code(getting.session), getting.model, getting.column
    if getting.by_query and not getting.awaited:
        return f"{session}.query({model}).filter({model}.{column}.in_({keys}))"
    statement = f"{session}.scalars(select({model}).where({model}.{column}.in_({keys})))"
    return f"await {statement}" if getting.awaited else statement


def _taken(getting: Getting, found: str) -> str:
    key = getting.file.code(getting.key)
    if getting.how == "all":
        return f"{found}.get({key}, [])"
    return f"{found}[{key}]" if getting.how in SURE else f"{found}.get({key})"


PATTERN = Pattern(
    name="get-in-loop",
    applies="A loop gets objects of SQLAlchemy by one column, with one query for each entry.",
    breaks="Keys that the database takes as equal but Python does not; tens of thousands of keys at once.",
    prior={"latency": 1.0, "throughput": 1.0, "cpu": 0.9, "errors": 0.2, "custom": 0.4},
    find=find,
)
