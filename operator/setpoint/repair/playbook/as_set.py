"""A list that becomes a set, or gets one beside it, because it is searched."""

import ast
import copy
from collections.abc import Callable, Iterator

from setpoint.repair.playbook.edits import Change, Insert, Replace
from setpoint.repair.playbook.flow import body_nodes
from setpoint.repair.playbook.loops import free_name
from setpoint.repair.playbook.names import Key
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.scene import Scene

Birth = tuple[File, ast.Assign | ast.AnnAssign, ast.expr]

# ── a list that is made once and only searched becomes a set ──────────────────────────────────────────────────────


def as_set(scene: Scene, file: File, searched: ast.expr) -> tuple[tuple[Change, ...], str]:
    """Changes that make the list a set where it is made, and what that does; none where it is used as a list."""
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


def beside(file: File, test: ast.Compare, searched: ast.expr) -> tuple[tuple[Change, ...], str]:
    """Changes that keep a set beside a local list, or beside one part of its entries (`x in [y.id for y in rows]`)."""
    function = file.function(test)
    name, part = _list_and_part(file, searched)
    if not name or function is None:
        return (), ""
    births = [statement for statement in _statements(function) if _makes_list(statement, name)]
    appends = list(_appends(function, name))
    if len(births) != 1 or not appends or _changes_otherwise(file, function, name):
        return (), ""
    known = free_name(file, f"known_{name}" if not name.startswith("known") else "seen")
    changes: tuple[Change, ...] = (
        Insert(file.path, births[0], f"{known} = set()"),
        Replace(file.path, searched, known),
        *(Insert(file.path, file.statement(call), f"{known}.add({part(call.args[0])})") for call in appends),
    )
    return changes, f"What is in {name} is also kept in a set, which is asked instead."


def _list_and_part(file: File, searched: ast.expr) -> tuple[str, Callable[[ast.expr], str]]:
    """The name of the list, and code for what of an entry is searched for."""
    match searched:
        case ast.Name(id=name):
            return name, file.code
        case ast.ListComp(
            elt=elt, generators=[ast.comprehension(target=ast.Name(id=each), iter=ast.Name(id=name), ifs=[])]
        ):
            return name, lambda entry: file.written(_Filled(each, entry).visit(copy.deepcopy(elt)))
    return "", file.code


class _Filled(ast.NodeTransformer):
    """An expression with another in place of a name."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self.name, self.value = name, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Put the value in."""
        return self.value if node.id == self.name else node


def _statements(function: Function) -> list[ast.stmt]:
    return [node for node in body_nodes(function) if isinstance(node, ast.stmt)]


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
