"""What the answer to a hand-over is used for: whether it went well may be told by it, and not by an exception."""

import ast

from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.forgetting import acts
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.roles import Use
from setpoint.repair.playbook.scene import Scene

BRANCHES = (ast.If, ast.While, ast.Assert, ast.Match, ast.Try)


def is_looked_at(scene: Scene, file: File, takes: list[Use]) -> bool:
    """Whether the hand-over stands in a test: `if link.send(rows): …`."""
    return any(_in_test(scene, file, take.node) for take in takes)


def _in_test(scene: Scene, file: File, node: ast.expr) -> bool:
    given = False
    below: ast.AST = node
    for outer in file.above(node):
        if isinstance(outer, ast.Call) and acts(scene, file, outer):
            given = True
        if isinstance(outer, ast.stmt):
            tested = isinstance(outer, ast.If | ast.While | ast.Assert) and below is outer.test
            return given and tested and not _leaves_on_failure(outer)
        below = outer
    return False


def last_answered(file: File, last: ast.stmt) -> ast.stmt | None:
    """The last statement after `last` that asks its answer (`answer.raise_for_status()`); None where one branches."""
    names = _given(last)
    block = file.block(last)
    for later in block[block.index(last) + 1 :] if names else ():
        used = any(isinstance(node, ast.Name) and node.id in names for node in own_walk(later))
        if used and isinstance(later, BRANCHES) and not _leaves_on_failure(later):
            return None
        if used and isinstance(later, ast.Expr | ast.Assign | ast.If):
            last = later
    return last


def _leaves_on_failure(statement: ast.stmt) -> bool:
    """`if not sent: return`: what follows is reached only when it went well."""
    match statement:
        case ast.If(test=ast.UnaryOp(op=ast.Not()), body=[*_, ast.Return() | ast.Raise() | ast.Continue()], orelse=[]):
            return True
    return False


def _given(statement: ast.stmt) -> set[str]:
    """Names that are given the answer of a call."""
    match statement:
        case ast.Assign(targets=targets, value=ast.Call() | ast.Await()):
            return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    return set()


def swallows(file: File, takes: list[Use]) -> bool:
    """Whether the function itself deals with a failure: then it may return though nothing went out."""
    for take in takes:
        for outer in file.above(take.node):
            if outer is take.function:
                break
            if isinstance(outer, ast.Try) and outer.handlers:
                return True
    first = min(take.statement.lineno for take in takes)
    branches = (one for one in ast.walk(takes[0].function or ast.Module([], [])) if isinstance(one, ast.If))
    later = [one for one in branches if one.lineno >= first]
    return any(isinstance(node, ast.Return) for one in later for node in ast.walk(one))
