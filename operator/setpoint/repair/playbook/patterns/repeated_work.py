"""Work on a whole collection that is done again for each entry or request: sorting, counting, adding up."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.edits import Candidate, Change, Import, Insert, Pattern, Replace
from setpoint.repair.playbook.loops import (
    comprehension_around,
    free_name,
    is_fixed,
    loop_around,
    mutated,
)
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.roles import Role
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME
from setpoint.repair.playbook.touching import is_touched

WHOLE = frozenset({"sorted", "list", "set", "sum", "max", "min", "len", "tuple", "dict", "Counter"})

COPIES = frozenset({"sorted", "list", "set", "dict", "Counter"})


def find(scene: Scene) -> Iterator[Candidate]:
    """Expressions and loops where time is spent and that a single pass could do."""
    for file in scene.project.files:
        for node in file.nodes if file.changeable else ():
            if isinstance(node, ast.Call | ast.Subscript):
                spent = scene.sight.time_near(file, node)
                if spent >= LEAST_TIME:
                    yield from _candidates(scene, file, node, spent)


def _candidates(scene: Scene, file: File, node: ast.expr, spent: float) -> Iterator[Candidate]:
    for rule in (_counted, _kept_sorted, _best_only, _few, _once):
        made = rule(scene, file, node)
        if made:
            what, title, how, changes = made
            cause = f"{file.path}:{node.lineno} {what}."
            yield Candidate(min(1.0, 0.4 + spent), file.path, node.lineno, title, cause, how, changes)


Made = tuple[str, str, str, tuple[Change, ...]] | None


def _counted(scene: Scene, file: File, node: ast.expr) -> Made:
    """`words.count(word)` in a loop over words."""
    match node:
        case ast.Call(func=ast.Attribute(value=counted, attr="count"), args=[wanted]):
            around = comprehension_around(file, node) or loop_around(file, node)
            if around is None or not is_fixed(around, counted) or mutated(file, around, file.code(counted)):
                return None
            if is_touched(scene, file, around, counted):
                return None
            counts = free_name(file, "counts")
            statement = file.statement(around)
            changes = (
                Import(file.path, "collections", "Counter"),
                Insert(file.path, statement, f"{counts} = Counter({file.code(counted)})", after=False),
                Replace(file.path, node, f"{counts}[{file.code(wanted)}]"),
            )
            what = f"counts in {file.code(counted)} anew for each entry"
            return what, f"Count {file.code(counted)} once", "All entries are counted in one pass before.", changes
    return None


def _kept_sorted(scene: Scene, file: File, node: ast.expr) -> Made:
    """`x.append(y)` followed by `x.sort()`."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr="sort"), args=[], keywords=keywords):
            if any(word.arg != "key" for word in keywords):
                return None
            statement = file.statement(node)
            block = file.block(statement)
            before = block[block.index(statement) - 1] if block.index(statement) else None
            match before:
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=same, attr="append"), args=[new]) as call):
                    if file.code(same) != file.code(owner) or not _stays_sorted(scene, file, owner, call, keywords):
                        return None
                    key = "".join(f", key={file.code(word.value)}" for word in keywords)
                    inserted = f"insort({file.code(owner)}, {file.code(new)}{key})"
                    changes = (
                        Import(file.path, "bisect", "insort"),
                        Replace(file.path, call, inserted),
                        Replace(file.path, statement, ""),
                    )
                    what = f"sorts all of {file.code(owner)} for each new entry"
                    return what, f"Insert into {file.code(owner)} in order", "The new entry goes to its place.", changes
    return None


def _best_only(_: Scene, file: File, node: ast.expr) -> Made:
    """`sorted(x)[0]`: the least, without sorting the rest."""
    match node:
        case ast.Subscript(value=ast.Call(func=ast.Name(id="sorted"), args=[given], keywords=keywords), slice=index):
            text = file.code(index)
            if _is_caught(file, node):
                return None
            if text not in ("0", "-1") or any(word.arg != "key" for word in keywords):
                return None
            if text == "-1" and keywords:  # of equal ones `max` takes the first, the end of a sorted list is the last
                return None
            key = "".join(f", key={file.code(word.value)}" for word in keywords)
            best = "min" if text == "0" else "max"
            changes = (Replace(file.path, node, f"{best}({file.code(given)}{key})"),)
            return "sorts everything to use one", f"Take the {best} instead of sorting", "One pass is enough.", changes
    return None


def _few(_: Scene, file: File, node: ast.expr) -> Made:
    """`sorted(x)[:n]` and `sorted(x, reverse=True)[:n]`: the first few, without sorting the rest."""
    match node:
        case ast.Subscript(
            value=ast.Call(func=ast.Name(id="sorted"), args=[given], keywords=keywords),
            slice=ast.Slice(lower=None, upper=ast.expr() as upper, step=None),
        ) if not isinstance(upper, ast.UnaryOp):
            words = {str(word.arg): file.code(word.value) for word in keywords}
            if not words.keys() <= {"key", "reverse"} or words.get("reverse", "True") != "True":
                return None
            function = "nlargest" if "reverse" in words else "nsmallest"
            key = f", key={words['key']}" if "key" in words else ""
            changes = (
                Import(file.path, "heapq"),
                Replace(file.path, node, f"heapq.{function}({file.code(upper)}, {file.code(given)}{key})"),
            )
            return (
                "sorts everything to use a few",
                "Take the first few instead of sorting",
                "A heap is enough.",
                changes,
            )
    return None


def _once(scene: Scene, file: File, node: ast.expr) -> Made:
    """`sorted(rows)` inside a loop that does not change the rows."""
    match node:
        case ast.Call(func=ast.Name(id=called), args=[given, *_]) if called in WHOLE - {"len"}:
            around = comprehension_around(file, node) or loop_around(file, node)
            given = _viewed(given)
            if around is None or not is_fixed(around, node) or not isinstance(given, ast.Name | ast.Attribute):
                return None
            if mutated(file, around, file.code(given)) or _stores_into(file, around, given):
                return None
            if is_touched(scene, file, around, given) or (called in COPIES and not _is_only_read(file, node)):
                return None
            name = free_name(file, "whole")
            made = Insert(file.path, file.statement(around), f"{name} = {file.code(node)}", after=False)
            what = f"works out {file.code(node)} anew each time round"
            changes = (made, Replace(file.path, node, name))
            return what, f"Work out {file.code(node)} once", "It is the same each time round.", changes
    return None


def _viewed(node: ast.expr) -> ast.expr:
    """The dict of `rows.values()`."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr="values" | "keys" | "items"), args=[]):
            return owner
    return node


def _is_only_read(file: File, node: ast.expr) -> bool:
    """Whether a copy is looked at where it stands: who keeps or changes it needs one of his own."""
    match file.parents[node]:
        case ast.Subscript(ctx=ast.Load()) | ast.Compare():
            return True
        case ast.For(iter=walked) | ast.comprehension(iter=walked):
            return walked is node
        case ast.Call(func=ast.Name(id=called)):
            return called in ("len", "sum", "min", "max", "any", "all", "enumerate", "zip", "sorted", "list", "set")
        case ast.Attribute(attr=attr):
            return attr in ("index", "count")
    return False


def _is_caught(file: File, node: ast.expr) -> bool:
    """Whether an empty list is told by the error that its index gives: `min` gives another."""
    for outer in file.above(node):
        if isinstance(outer, ast.Try) and outer.handlers:
            return any("ValueError" not in ast.unparse(one.type or one) for one in outer.handlers if one.type)
    return False


def _stays_sorted(
    scene: Scene, file: File, owner: ast.expr, append: ast.Call, keywords: list[ast.keyword]
) -> bool:  # fmt: skip
    """Whether the list is in order before each entry: it starts empty, and nothing else puts anything in.

    Where the key is an attribute that somebody sets, the order is another one each time.
    """
    key = scene.names.key(file, owner)
    known = scene.variables.get(key) if key else None
    if known is None or known.birth is None or not _starts_sorted(known.birth[1]):
        return False
    if any(file.parents[file.parents[use.node]] is not append for use in known.of(Role.GROW)):
        return False
    by = {node.attr for word in keywords for node in ast.walk(word.value) if isinstance(node, ast.Attribute)}
    stores = (node for other in scene.project.files for node in other.nodes if isinstance(node, ast.Attribute))
    return not any(isinstance(node.ctx, ast.Store) and node.attr in by and _is_later(scene, node) for node in stores)


def _starts_sorted(birth: ast.expr) -> bool:
    empty = isinstance(birth, ast.List) and len(birth.elts) < 2
    called = isinstance(birth, ast.Call) and isinstance(birth.func, ast.Name)
    return empty or (
        (called and isinstance(birth, ast.Call) and ast.unparse(birth.func) in ("sorted", "field"))
        or (isinstance(birth, ast.Call) and not birth.args and not birth.keywords)
    )


def _is_later(scene: Scene, node: ast.Attribute) -> bool:
    home = next(other for other in scene.project.files if node in other.parents)
    function = home.function(node)
    return function is not None and function.name not in ("__init__", "__post_init__", "__new__")


def _stores_into(file: File, loop: ast.AST, given: ast.expr) -> bool:
    stores = (n for n in ast.walk(loop) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
    return any(file.code(store) == file.code(given) for store in stores)


PATTERN = Pattern(
    name="repeated-whole-work",
    applies="A whole collection is sorted, counted or copied again for each entry, where time is spent.",
    breaks="Entries whose order or equality depends on when they are compared.",
    prior={"latency": 0.95, "cpu": 0.95, "throughput": 0.9, "custom": 0.4},
    find=find,
)
