"""What runs after a statement, and the block that several statements share."""

import ast
from collections import deque
from collections.abc import Iterable, Iterator

from setpoint.repair.playbook.project import FUNCTIONS, File, Function

ENDS = (ast.Return, ast.Raise)
SKIPS = (ast.Break, ast.Continue)
SCOPES = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
FOREVER = (ast.While, ast.AsyncFor)
PAUSES = (ast.Await, ast.AsyncWith, ast.AsyncFor, ast.Yield, ast.YieldFrom)  # others may run meanwhile


def after(file: File, statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statements that follow in the same function when nothing is raised, each with all that is inside it."""
    current: ast.AST = statement
    while not isinstance(current, (*FUNCTIONS, ast.Module, ast.ClassDef)):
        parent = file.parents[current]
        if isinstance(current, ast.stmt):
            block = file.block(current)
            for later in block[block.index(current) + 1 :]:
                yield later
                if isinstance(later, ENDS):
                    yield from _finals(file, later)
                    return
                if isinstance(later, SKIPS):
                    break
            yield from _rest_of_try(parent, block)
        current = parent


def _rest_of_try(parent: ast.AST, block: list[ast.stmt]) -> list[ast.stmt]:
    if isinstance(parent, ast.Try) and block != parent.finalbody:
        return [*(parent.orelse if block == parent.body else []), *parent.finalbody]
    return []


def _finals(file: File, statement: ast.stmt) -> Iterator[ast.stmt]:
    """What runs even though the function returns here."""
    for outer in file.above(statement):
        if isinstance(outer, FUNCTIONS):
            return
        if isinstance(outer, ast.Try):
            yield from outer.finalbody


def chain(file: File, statement: ast.stmt) -> list[ast.stmt]:
    """The statement and those around it up to the function, outermost first."""
    found = [statement]
    for outer in file.above(statement):
        if isinstance(outer, (*FUNCTIONS, ast.ClassDef)):
            break
        if isinstance(outer, ast.stmt):
            found.insert(0, outer)
    return found


def span(file: File, statements: Iterable[ast.stmt]) -> tuple[ast.stmt, ast.stmt]:
    """First and last statement, in the innermost block that holds all of `statements`, of the run that holds them.

    A `for` loop around them is taken as a whole; one that goes on as long as the service does is not.
    """
    chains = [chain(file, statement) for statement in statements]
    for level in zip(*chains, strict=False):
        block = file.block(level[0])
        if any(statement not in block for statement in level):
            break
        first, *_, last = sorted([*level, level[0]], key=block.index)
        if first is not last or isinstance(first, ast.For):
            break
    return first, last


def own_walk(node: ast.AST) -> Iterator[ast.AST]:
    """`node` and what is run with it: functions and classes that are only defined inside it are left out."""
    waiting = deque([node])
    while waiting:
        current = waiting.popleft()
        yield current
        inner = ast.iter_child_nodes(current)
        waiting.extend(child for child in inner if not isinstance(child, SCOPES))


def body_nodes(function: Function) -> list[ast.AST]:
    """All that is run with a function's own body."""
    return [node for statement in function.body for node in own_walk(statement)]


def waits(statements: Iterable[ast.stmt]) -> bool:
    """Whether other tasks of the event loop run in between."""
    kinds = (ast.Await, ast.AsyncFor, ast.AsyncWith)
    return any(isinstance(node, kinds) for statement in statements for node in own_walk(statement))


def between(file: File, first: ast.stmt, last: ast.stmt) -> list[ast.stmt]:
    """The statements of a block from `first` to `last`."""
    block = file.block(first)
    return block[block.index(first) : block.index(last) + 1]


def header(function: Function) -> ast.stmt:
    """The first statement after the docstring."""
    body = function.body
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1
    return body[1] if documented else body[0]
