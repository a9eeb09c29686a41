"""A lock that is held over a look and over the slow work for what was not found: looked again when the work is done.

To do the work before the lock is no help here: it would be done for what is there, too, and for what is refused.
"""

import ast
import textwrap
from dataclasses import dataclass

from setpoint.repair.playbook.edits import Change, Insert, Replace
from setpoint.repair.playbook.entries import leaves
from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.guarded import is_free, is_free_expression, reaches_out, stored_in
from setpoint.repair.playbook.loops import free_name, loaded
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sharing import targets

HOW = "It is made without the lock, which is taken again to look whether somebody else was first."
Moved = tuple[tuple[Change, ...], str]


@dataclass(frozen=True, eq=False)
class Held:
    """A lock and what is done under it: from the statement `first` (which takes it) to `last` (which gives it back)."""

    file: File
    lock: str
    body: list[ast.stmt]
    first: ast.stmt
    last: ast.stmt


def may_leave(statements: list[ast.stmt]) -> bool:
    """Whether what follows is not always reached: what is there is given back, what is wrong refused."""
    ways = (ast.Return, ast.Raise, ast.Continue, ast.Break)
    return any(isinstance(node, ways) for one in statements for node in own_walk(one))


def look_twice(scene: Scene, held: Held, statement: ast.stmt) -> Moved:
    """The looks above the slow work under a lock of their own, then the work, then all under the lock again."""
    earlier = held.body[: held.body.index(statement)]
    head = _with(held)
    if not head or not earlier or not all(_is_look(scene, held.file, one) for one in earlier):
        return (), ""
    if isinstance(statement, ast.If):
        return _made_if_missing(scene, held, earlier, statement)
    free = isinstance(statement, ast.Assign | ast.AnnAssign) and is_free(scene, held.file, held.body, statement)
    if not may_leave(earlier) or not free or loaded(statement) & stored_in(earlier):
        return (), ""
    code = "\n".join([head, _indented(held.file, earlier), held.file.source(statement)])
    first = Insert(held.file.path, held.first, code, after=False)
    return (first, Replace(held.file.path, statement, "")), HOW


def _with(held: Held) -> str:
    match held.first:
        case ast.With(items=[ast.withitem(optional_vars=None)]):
            return f"with {held.lock}:"
        case ast.AsyncWith(items=[ast.withitem(optional_vars=None)]):
            return f"async with {held.lock}:"
    return ""


def _indented(file: File, statements: list[ast.stmt]) -> str:
    return "\n".join(textwrap.indent(file.source(one), "    ") for one in statements)


def _is_look(scene: Scene, file: File, statement: ast.stmt) -> bool:
    """Whether it may be done twice: what it changes, it changes only where it leaves."""
    match statement:
        case ast.If(test=test, body=body, orelse=[]) if leaves(body):
            return _changes_nothing(scene, file, test)
        case (
            ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
        ):
            return _changes_nothing(scene, file, value)
    return False


def _changes_nothing(scene: Scene, file: File, node: ast.expr) -> bool:
    waits = any(isinstance(inner, ast.Await) for inner in own_walk(node))
    changed = [target for target in targets(node) if not isinstance(target, ast.Name) or _is_given(target)]
    return not waits and not changed and not reaches_out(scene, file, node)


def _is_given(target: ast.Name) -> bool:
    """Whether a method that changes it is called on it: a walrus only gives a name another value."""
    return isinstance(target.ctx, ast.Load)


def _made_if_missing(scene: Scene, held: Held, earlier: list[ast.stmt], missing: ast.If) -> Moved:
    """`found = known.get(key)`, `if found is None: found = known[key] = slow(key)`, and what follows."""
    file, rest = held.file, held.body[held.body.index(missing) + 1 :]
    made = missing.body[0].value if isinstance(missing.body[0], ast.Assign | ast.AnnAssign) else None
    local = loaded(missing.test) <= stored_in(earlier) and not list(_calls(missing.test))
    if made is None or missing.orelse or not rest or not local or may_leave(earlier) or may_leave(missing.body):
        return (), ""
    if not list(_calls(made)) or not is_free_expression(scene, file, held.body, made):
        return (), ""
    if loaded(made) & stored_in(earlier):
        return (), ""
    name, head = free_name(file, "made"), _with(held)
    filled = file.source(missing).replace(file.code(made), name, 1)
    code = "\n".join(
        [
            head, _indented(file, earlier), f"if {file.code(missing.test)}:", f"    {name} = {file.code(made)}",
            f"    {head}", textwrap.indent(_indented(file, earlier), "    "),
            textwrap.indent(filled, "        "),
        ]
    )  # fmt: skip
    if all(is_free(scene, file, held.body, one, last=True) for one in rest):  # it needs no lock
        return (Replace(file.path, held.first, "\n".join([code, *map(file.source, rest)])),), HOW
    gone = (Replace(file.path, one, "") for one in [*earlier, missing])
    return (Insert(file.path, held.first, code, after=False), *gone), HOW


def _calls(node: ast.AST) -> list[ast.Call]:
    return [inner for inner in own_walk(node) if isinstance(inner, ast.Call)]
