"""Text or bytes that a loop builds by adding to the end of a copy."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.edits import Candidate, Change, Insert, Pattern, Replace
from setpoint.repair.playbook.loops import free_name, loop_around
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME


def find(scene: Scene) -> Iterator[Candidate]:
    """`text += part` in a `for` loop where time is spent."""
    for file in scene.project.files:
        for node in file.nodes if file.changeable else ():
            if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name):
                loop, spent = loop_around(file, node), scene.sight.time_near(file, node)
                if loop and spent >= LEAST_TIME:
                    yield from _candidate(file, node, node.target.id, loop, spent)


def _candidate(file: File, added: ast.AugAssign, name: str, loop: ast.For, spent: float) -> Iterator[Candidate]:
    loop = _outermost(file, loop, name)
    start = _start(file, loop, name)
    uses = [node for node in ast.walk(loop) if isinstance(node, ast.Name) and node.id == name]
    additions = [file.parents[use] for use in uses]
    if start is None or not all(isinstance(one, ast.AugAssign) and isinstance(one.op, ast.Add) for one in additions):
        return
    parts = free_name(file, f"{name}_parts")
    empty = file.code(start.value)
    appended = [
        Replace(file.path, one, f"{parts}.append({file.code(one.value)})")
        for one in additions
        if isinstance(one, ast.AugAssign)
    ]
    changes: tuple[Change, ...] = (
        Replace(file.path, start, f"{parts} = []"),
        *appended,
        Insert(file.path, loop, f"{name} = {empty}.join({parts})"),
    )
    yield Candidate(
        min(1.0, 0.4 + spent),
        file.path,
        added.lineno,
        f"Join the parts of {name} once",
        f"{file.path}:{added.lineno} copies all of {name} for each part that is added to it.",
        "The parts are collected in a list and joined after the loop.",
        changes,
    )


def _outermost(file: File, loop: ast.For, name: str) -> ast.For:
    """The loop before which the text is started."""
    outer = loop_around(file, loop)
    started = outer is None or any(_starts(node, name) for node in ast.walk(outer))
    return loop if outer is None or started else _outermost(file, outer, name)


def _start(file: File, loop: ast.For, name: str) -> ast.Assign | None:
    """The statement right before the loop, or before that, that makes the text empty."""
    block = file.block(loop)
    for statement in reversed(block[: block.index(loop)]):
        if _starts(statement, name) and isinstance(statement, ast.Assign):
            return statement
        if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(statement)):
            return None
    return None


def _starts(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.Constant(value="" | b"")):
            return target == name
    return False


PATTERN = Pattern(
    name="text-added-in-loop",
    applies="A loop adds to a str or bytes with `+=`, where time is spent.",
    breaks="Code in the loop that reads what has been built so far.",
    prior={"latency": 0.8, "cpu": 0.8, "throughput": 0.7, "memory": 0.2, "custom": 0.3},
    find=find,
)
