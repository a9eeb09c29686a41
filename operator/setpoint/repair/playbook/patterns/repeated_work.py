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
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME

WHOLE = frozenset({"sorted", "list", "set", "sum", "max", "min", "len", "tuple", "dict", "Counter"})


def find(scene: Scene) -> Iterator[Candidate]:
    """Expressions and loops where time is spent and that a single pass could do."""
    for file in scene.project.files:
        for node in file.nodes if file.changeable else ():
            if isinstance(node, ast.Call | ast.Subscript):
                spent = scene.sight.time_near(file, node)
                if spent >= LEAST_TIME:
                    yield from _candidates(file, node, spent)


def _candidates(file: File, node: ast.expr, spent: float) -> Iterator[Candidate]:
    for rule in (_counted, _kept_sorted, _best_only, _few, _once):
        made = rule(file, node)
        if made:
            what, title, how, changes = made
            cause = f"{file.path}:{node.lineno} {what}."
            yield Candidate(min(1.0, 0.4 + spent), file.path, node.lineno, title, cause, how, changes)


Made = tuple[str, str, str, tuple[Change, ...]] | None


def _counted(file: File, node: ast.expr) -> Made:
    """`words.count(word)` in a loop over words."""
    match node:
        case ast.Call(func=ast.Attribute(value=counted, attr="count"), args=[wanted]):
            around = comprehension_around(file, node) or loop_around(file, node)
            if around is None or not is_fixed(around, counted) or mutated(file, around, file.code(counted)):
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


def _kept_sorted(file: File, node: ast.expr) -> Made:
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
                    if file.code(same) != file.code(owner):
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


def _best_only(file: File, node: ast.expr) -> Made:
    """`sorted(x)[0]`: the least, without sorting the rest."""
    match node:
        case ast.Subscript(value=ast.Call(func=ast.Name(id="sorted"), args=[given], keywords=keywords), slice=index):
            text = file.code(index)
            if text not in ("0", "-1") or any(word.arg != "key" for word in keywords):
                return None
            if text == "-1" and keywords:  # of equal ones `max` takes the first, the end of a sorted list is the last
                return None
            key = "".join(f", key={file.code(word.value)}" for word in keywords)
            best = "min" if text == "0" else "max"
            changes = (Replace(file.path, node, f"{best}({file.code(given)}{key})"),)
            return "sorts everything to use one", f"Take the {best} instead of sorting", "One pass is enough.", changes
    return None


def _few(file: File, node: ast.expr) -> Made:
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


def _once(file: File, node: ast.expr) -> Made:
    """`sorted(rows)` inside a loop that does not change the rows."""
    match node:
        case ast.Call(func=ast.Name(id=called), args=[given, *_]) if called in WHOLE - {"len"}:
            around = comprehension_around(file, node) or loop_around(file, node)
            if around is None or not is_fixed(around, node) or not isinstance(given, ast.Name | ast.Attribute):
                return None
            if mutated(file, around, file.code(given)) or _stores_into(file, around, given):
                return None
            name = free_name(file, "whole")
            made = Insert(file.path, file.statement(around), f"{name} = {file.code(node)}", after=False)
            what = f"works out {file.code(node)} anew each time round"
            changes = (made, Replace(file.path, node, name))
            return what, f"Work out {file.code(node)} once", "It is the same each time round.", changes
    return None


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
