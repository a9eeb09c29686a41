"""A list that is searched from its start again and again."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.edits import Candidate, Change, Insert, Pattern, Replace
from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.loops import (
    comprehension_around,
    free_name,
    is_fixed,
    loop_around,
    mutated,
)
from setpoint.repair.playbook.names import Key
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import made_kind
from setpoint.repair.playbook.scene import Scene

LEAST_TIME = 0.05
Birth = tuple[File, ast.Assign | ast.AnnAssign, ast.expr]


def find(scene: Scene) -> Iterator[Candidate]:
    """`x in list` where time is spent."""
    for file in scene.project.files:
        for node in file.nodes:
            match node:
                case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[searched]):
                    spent = scene.sight.time_near(file, node)
                    if spent >= LEAST_TIME:
                        yield from _candidates(scene, file, node, searched, spent)


def _candidates(
    scene: Scene, file: File, test: ast.Compare, searched: ast.expr, spent: float
) -> Iterator[Candidate]:  # fmt: skip
    name = file.code(searched)
    cause = f"{file.path}:{test.lineno} looks for an entry in the list {name}, which is walked through each time."
    for changes, how in (_as_set(scene, file, searched), _beside(file, test, searched), _hoisted(file, test, searched)):
        if changes and all(scene_file_changeable(scene, change) for change in changes):
            title = f"Look {name} up in a set"
            yield Candidate(min(1.0, 0.4 + spent), file.path, test.lineno, title, cause, how, changes)


def scene_file_changeable(scene: Scene, change: Change) -> bool:
    """Whether the change lies in a file that may be changed."""
    found = scene.project.file(change.path)
    return found is not None and found.changeable


# ── a list that is made once and only searched becomes a set ──────────────────────────────────────────────────────


def _as_set(scene: Scene, file: File, searched: ast.expr) -> tuple[tuple[Change, ...], str]:
    key = scene.names.key(file, searched)
    made: list[Birth] = _births(scene, key) if key and key.scope in ("class", "module") else []
    if key is None or len(made) != 1 or not _only_searched(scene, key):
        return (), ""
    home, statement, value = made[0]
    code = _set_code(home, value)
    if not code:
        return (), ""
    changes: list[Change] = [Replace(home.path, value, code)]
    if isinstance(statement, ast.AnnAssign) and (kind := _set_annotation(home, statement.annotation)):
        changes.append(Replace(home.path, statement.annotation, kind))
    return (*changes, *_added(scene, key)), f"{key.name} is only ever searched, so it is made a set."


def _births(scene: Scene, key: Key) -> list[Birth]:
    found: list[Birth] = []
    for file in scene.project.files:
        for node in file.nodes:
            match node:
                case (
                    ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value)
                ):
                    if scene.names.key(file, target) == key:
                        found.append((file, node, value))
    return found


def _set_code(file: File, value: ast.expr) -> str:
    match value:
        case ast.Call(func=ast.Name(id="list" | "tuple" | "sorted"), args=[given], keywords=[]):
            return f"set({file.code(given)})"
        case ast.Call(func=ast.Name(id="list"), args=[]) | ast.List(elts=[]):
            return "set()"
        case ast.List():
            return f"{{{file.code(value)[1:-1].strip()}}}"
        case ast.ListComp():
            return f"{{{file.code(value)[1:-1]}}}"
        case ast.Call(func=ast.Attribute(attr="split" | "splitlines" | "readlines" | "fetchall")):
            return f"set({file.code(value)})"
    return ""


def _set_annotation(file: File, annotation: ast.expr) -> str:
    code = file.code(annotation)
    return code.replace("list", "set", 1).replace("List", "Set", 1) if code.lower().startswith("list") else ""


def _only_searched(scene: Scene, key: Key) -> bool:
    """No order, no index, no entry twice: nothing that a set could not do."""
    for file in scene.project.files:
        for node in file.nodes:
            if isinstance(node, ast.Name | ast.Attribute) and scene.names.key(file, node) == key:
                parent = file.parents[node]
                match parent:
                    case ast.Compare(comparators=[found]) if found is node:
                        continue
                    case ast.Call(func=ast.Name(id="len" | "bool")) | ast.Assign() | ast.AnnAssign() | ast.If():
                        if not isinstance(parent, ast.Assign | ast.AnnAssign) or parent.value is not node:
                            continue
                    case ast.Attribute(attr="append" | "extend"):
                        continue
                return False
    return True


def _added(scene: Scene, key: Key) -> Iterator[Change]:
    """What is appended is added."""
    for file in scene.project.files:
        for node in file.nodes:
            match node:
                case ast.Call(func=ast.Attribute(value=owner, attr="append" | "extend" as how) as func):
                    if scene.names.key(file, owner) == key:
                        yield Replace(file.path, func, f"{file.code(owner)}.{'add' if how == 'append' else 'update'}")


# ── a list that grows while it is searched gets a set beside it ───────────────────────────────────────────────────


def _beside(file: File, test: ast.Compare, searched: ast.expr) -> tuple[tuple[Change, ...], str]:
    function = file.function(test)
    if not isinstance(searched, ast.Name) or function is None:
        return (), ""
    births = [statement for statement in own_walk_statements(function) if _makes_list(statement, searched.id)]
    appends = list(_appends(function, searched.id))
    if len(births) != 1 or not appends or _changes_otherwise(file, function, searched.id):
        return (), ""
    known = free_name(file, f"known_{searched.id}" if not searched.id.startswith("known") else "seen")
    added = (Insert(file.path, file.statement(call), f"{known}.add({file.code(call.args[0])})") for call in appends)
    changes: tuple[Change, ...] = (
        Insert(file.path, births[0], f"{known} = set()"),
        Replace(file.path, searched, known),
        *added,
    )
    return changes, f"What is in {searched.id} is also kept in a set, which is asked instead."


def own_walk_statements(function: Function) -> list[ast.stmt]:
    """All statements of a function's own body."""
    nodes = (node for statement in function.body for node in own_walk(statement))
    return [node for node in nodes if isinstance(node, ast.stmt)]


def _makes_list(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.List(elts=[])):
            return target == name
        case ast.AnnAssign(target=ast.Name(id=target), value=ast.List(elts=[])):
            return target == name
    return False


def _appends(function: Function, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="append")) if owner == name:
                yield node


def _changes_otherwise(file: File, function: Function, name: str) -> bool:
    """Whether the list is changed in a way that the set beside it would not see."""
    others = ("remove", "pop", "clear", "extend", "insert", "__setitem__")
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=attr) if owner == name and attr in others:
                return True
            case ast.Subscript(value=ast.Name(id=owner), ctx=ast.Store() | ast.Del()) if owner == name:
                return True
            case ast.AugAssign(target=ast.Name(id=owner)) if owner == name:
                return True
            case ast.Name(id=owner, ctx=ast.Store()) if owner == name and not _makes_list(file.statement(node), name):
                return True
    return False


# ── a list that stays the same through a loop is made a set before it ─────────────────────────────────────────────


def _hoisted(file: File, test: ast.Compare, searched: ast.expr) -> tuple[tuple[Change, ...], str]:
    loop = loop_around(file, test)
    inner = comprehension_around(file, test)
    around: ast.AST | None = inner or loop
    if around is None or not is_fixed(around, searched) or mutated(file, around, file.code(searched)):
        return (), ""
    if not isinstance(searched, ast.Name | ast.Attribute) and made_kind(searched) != "list":
        return (), ""
    statement = file.statement(inner) if inner else loop
    assert statement is not None
    known = free_name(file, "known")
    code = file.code(searched)
    made = f"{{{code[1:-1]}}}" if isinstance(searched, ast.ListComp) else f"set({code})"
    changes = (Insert(file.path, statement, f"{known} = {made}", after=False), Replace(file.path, searched, known))
    return changes, "The list is made a set once, before the loop that searches it."


PATTERN = Pattern(
    name="list-membership",
    applies="`x in y` with a list y, in code where time is spent.",
    breaks="Entries that cannot be hashed (lists, dicts) cannot stand in a set.",
    prior={"latency": 1.0, "cpu": 1.0, "throughput": 0.9, "errors": 0.3, "custom": 0.4},
    find=find,
)
