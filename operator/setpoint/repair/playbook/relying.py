"""Which uses of an entry count on it still being there, since it was there a moment ago.

Without a bound it always is. With one, another thread, or another task while this one waits, may have taken it out.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.entries import Access, Kind, accesses, around, is_caught, leaves, raises
from setpoint.repair.playbook.flow import PAUSES, own_walk
from setpoint.repair.playbook.locking import is_open, meets_threads
from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.roles import Role
from setpoint.repair.playbook.scene import Scene

Branch = ast.If | ast.IfExp
POSITIVE = (Kind.HAS, Kind.GETS)
LOOPS = (ast.For, ast.While, ast.AsyncFor, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, eq=False)
class Anchor:
    """Why an entry is taken to be there: the branch and the look in its test, or the statement that put it."""

    node: Branch | ast.BoolOp | ast.stmt
    look: Access | None = None


@dataclass(frozen=True, eq=False)
class Reliance:
    """A use that counts on its entry, and why it may; `anchor` None: nothing near it says so."""

    access: Access
    anchor: Anchor | None


def reliances(scene: Scene, container: Container) -> list[Reliance]:
    """The uses that would fail, or go wrong, when a bound takes the entry out at the wrong moment."""
    known = accesses(container)
    return [found for access in known if (found := _reliance(scene, container, known, access))]


def _reliance(scene: Scene, container: Container, known: list[Access], access: Access) -> Reliance | None:
    if access.kind in (Kind.HAS, Kind.LACKS):
        return Reliance(access, None) if _is_told(scene, container, access) else None
    if access.kind is Kind.PUTS or is_caught(scene, access.file, access.node):
        return None
    may_fail = raises(container, access)
    if access.kind is not Kind.GETS and not may_fail:
        return None
    anchor = _anchor(container, known, access)
    if anchor is None:
        return Reliance(access, None) if may_fail else None
    return None if _is_quiet(scene, container, anchor, access) else Reliance(access, anchor)


def _is_told(scene: Scene, container: Container, look: Access) -> bool:
    """Whether others hear that the entry is there, who may ask for it later."""
    tested = any(isinstance(outer, (ast.If, ast.IfExp)) and below is outer.test
                 for outer, below in around(look.file, look.node))  # fmt: skip
    callers = [site.caller for site in scene.calls.sites[look.function]]
    apart = meets_threads(scene, container) or any(isinstance(one, ast.AsyncFunctionDef) for one in callers)
    return apart and not tested


# ── why the entry is taken to be there ────────────────────────────────────────────────────────────────────────────


def _anchor(container: Container, known: list[Access], access: Access) -> Anchor | None:
    same = [one for one in known if one.name == access.name and one.function is access.function and one is not access]
    for outer, below in around(access.file, access.node):
        if isinstance(outer, ast.BoolOp) and (look := _asked_first(outer, below, same)):
            return Anchor(outer, look)
        if isinstance(outer, ast.If | ast.IfExp) and (look := _sure(outer, below, same)):
            return Anchor(outer, look)
        if isinstance(outer, ast.For) and below is not outer.iter and _walks(container, outer, access):
            return Anchor(outer)
        if isinstance(below, ast.stmt):
            for earlier in reversed(_before(access.file, below)):
                if found := _ensures(earlier, same):
                    return found
    return None


def _before(file: File, statement: ast.stmt) -> list[ast.stmt]:
    block = file.block(statement)
    return block[: block.index(statement)]


def _asked_first(test: ast.BoolOp, below: ast.AST, same: list[Access]) -> Access | None:
    """The look on the left in `key in x and x[key]`, `key not in x or x[key]`."""
    left = test.values[: next(at for at, one in enumerate(test.values) if one is below)]
    wanted = POSITIVE if isinstance(test.op, ast.And) else (Kind.LACKS,)
    return next((look for look in same for one in left if look.kind in wanted and _is_look(one, look)), None)


def _sure(branch: Branch, below: ast.AST, same: list[Access]) -> Access | None:
    """The look in the test of a branch that says that the entry is there in the part `below` of it."""
    body = branch.body if isinstance(branch.body, list) else [branch.body]
    if below is branch.test:
        return None
    inside = any(below is one for one in body)
    for look in same:
        operands = _operands(branch.test, ast.And if look.kind in POSITIVE else ast.Or)
        if any(_is_look(one, look) for one in operands) and inside is (look.kind in POSITIVE):
            return look
    return None


def _operands(test: ast.expr, operator: type[ast.boolop]) -> list[ast.expr]:
    if isinstance(test, ast.BoolOp):
        return test.values if isinstance(test.op, operator) else []
    return [test]


def _is_look(operand: ast.expr, look: Access) -> bool:
    """`key in x`, `x.get(key)`, `x.get(key) is not None` as a whole."""
    match operand:
        case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return left is look.node
    return operand is look.node


def _walks(container: Container, loop: ast.For, access: Access) -> bool:
    """`for key in list(x): … x[key]`."""
    walked = any(use.node is inner for inner in ast.walk(loop.iter) for use in container.uses)
    names = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
    return walked and isinstance(access.key, ast.Name) and access.key.id in names


def _ensures(statement: ast.stmt, same: list[Access]) -> Anchor | None:
    """A statement after which the entry is there: it was put, or was there, or the rest is not reached."""
    puts = [one.node for one in same if one.kind is Kind.PUTS]
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
        return Anchor(statement) if any(node in puts for node in own_walk(statement)) else None
    if isinstance(statement, ast.If):
        for look in same:
            alone = statement.test is look.node
            lacking = _operands(statement.test, ast.Or)
            if look.kind is Kind.LACKS and any(one is look.node for one in lacking) and _fills(statement.body, same):
                return Anchor(statement, look)
            if look.kind is Kind.HAS and alone and _fills(statement.orelse, same):
                return Anchor(statement, look)
    return None


def _fills(block: list[ast.stmt], same: list[Access]) -> bool:
    """Whether the entry is there at the end of the block, or that end is never reached."""
    return leaves(block) or any(_fills_by(statement, same) for statement in block)


def _fills_by(statement: ast.stmt, same: list[Access]) -> bool:
    if isinstance(statement, ast.With | ast.AsyncWith):
        return _fills(statement.body, same)
    return _ensures(statement, same) is not None


# ── whether anybody can come in between ───────────────────────────────────────────────────────────────────────────


def _is_quiet(scene: Scene, container: Container, anchor: Anchor, access: Access) -> bool:
    """Whether nobody can take the entry out between the anchor and the use."""
    file = access.file
    if is_open(scene, container, file, anchor.node):
        return False
    growing = {use.function for use in container.of(Role.GROW)}
    return not any(_lets_in(scene, file, node, access, growing) for node in _between(file, anchor, access))


def _lets_in(scene: Scene, file: File, node: ast.AST, access: Access, growing: set[Function | None]) -> bool:
    """A pause, or a loop that may put in as many as there is room for."""
    if isinstance(node, PAUSES):
        return True
    if not isinstance(node, LOOPS):
        return False
    inner = list(own_walk(node))
    puts = any(isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Store) and ast.unparse(one.value) ==
               access.name[0] for one in inner)  # fmt: skip
    return puts or bool(scene.calls.reached(file, inner) & growing)


def _between(file: File, anchor: Anchor, access: Access) -> Iterator[ast.AST]:
    """What runs after the anchor and before the use, in the order of the text."""
    enclosing = {outer for outer, _ in around(file, access.node)}
    start = _end(anchor.look.node if anchor.look else anchor.node)
    if isinstance(anchor.node, ast.For):
        start = _end(anchor.node.iter)
    function = file.function(access.node)
    missing = set(_made_before_put(anchor, access)) if isinstance(anchor.node, ast.If) else set[ast.AST]()
    for node in own_walk(ast.Module(function.body, [])) if function else ():
        if not isinstance(node, ast.expr | ast.stmt) or isinstance(node, FUNCTIONS) or node in missing:
            continue
        place = (node.lineno, node.col_offset)
        if node in enclosing and (isinstance(node, ast.expr) or access.node in _first(node)):
            continue  # the entry is read before it waits, or goes round
        if start <= place < (access.node.lineno, access.node.col_offset):
            yield node


def _made_before_put(anchor: Anchor, access: Access) -> Iterator[ast.AST]:
    """In the branch for a missing entry: what runs before the entry is put in, the making itself included."""
    assert isinstance(anchor.node, ast.If)
    lacking = anchor.look is not None and anchor.look.kind is Kind.LACKS
    for statement in anchor.node.body if lacking else anchor.node.orelse:
        inner = list(ast.walk(statement))
        if access.node in inner:
            return
        yield from inner
        subscripts = (one for one in inner if isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Store))
        if any((ast.unparse(one.value), ast.unparse(one.slice)) == access.name for one in subscripts):
            return


def _first(statement: ast.AST) -> list[ast.AST]:
    """What a loop works out before it begins."""
    return list(ast.walk(statement.iter)) if isinstance(statement, ast.For | ast.AsyncFor) else []


def _end(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
