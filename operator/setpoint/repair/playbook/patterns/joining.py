"""Text, bytes or a list that a loop builds by adding to the end of a copy."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.edits import Candidate, Change, Insert, Pattern, Replace
from setpoint.repair.playbook.loops import free_name, loop_around
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME


def find(scene: Scene) -> Iterator[Candidate]:
    """`text += part`, or `text = text + part`, in a `for` loop where time is spent."""
    for file in scene.project.files:
        for node in file.nodes if file.changeable else ():
            name, part = _addition(file, node)
            if name and isinstance(node, ast.stmt) and (loop := loop_around(file, node)):
                spent = scene.sight.time_near(file, node)
                if spent >= LEAST_TIME:
                    yield from _candidate(file, (node, part), name, loop, spent)


def _addition(file: File, node: ast.AST) -> tuple[str, str]:
    """The name that something is added to, and code for what is added; nothing where it is no addition."""
    match node:
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
            return name, file.code(value)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp(op=ast.Add()) as value):
            first: ast.expr = value
            while isinstance(first, ast.BinOp) and isinstance(first.op, ast.Add):
                first = first.left
            same = [one for one in ast.walk(value) if isinstance(one, ast.Name) and one.id == name]
            head, plus, part = file.code(value).partition("+")
            if same == [first] and plus and head.strip() == name:
                return name, part.strip()
    return "", ""


def _candidate(
    file: File, added: tuple[ast.stmt, str], name: str, loop: ast.For, spent: float
) -> Iterator[Candidate]:  # fmt: skip
    loop = _outermost(file, loop, name)
    start = _start(file, loop, name)
    uses = [node for node in ast.walk(loop) if isinstance(node, ast.Name) and node.id == name]
    additions = {statement: _addition(file, statement) for statement in map(file.statement, uses)}
    if start is None or any(found != name for found, _ in additions.values()):
        return
    if isinstance(start.value, ast.List):
        if isinstance(added[0], ast.Assign):
            yield _extended(file, name, additions, spent)
        return
    parts = free_name(file, f"{name}_parts")
    appended = [Replace(file.path, one, f"{parts}.append({part})") for one, (_, part) in additions.items()]
    changes: tuple[Change, ...] = (
        Replace(file.path, start, f"{parts} = []"),
        *appended,
        Insert(file.path, loop, f"{name} = {file.code(start.value)}.join({parts})"),
    )
    yield Candidate(
        min(1.0, 0.4 + spent),
        file.path,
        added[0].lineno,
        f"Join the parts of {name} once",
        f"{file.path}:{added[0].lineno} copies all of {name} for each part that is added to it.",
        "The parts are collected in a list and joined after the loop.",
        changes,
    )


def _extended(file: File, name: str, additions: dict[ast.stmt, tuple[str, str]], spent: float) -> Candidate:
    """`rows = rows + more` of a list that the function itself began: nobody else can see that it is the same one."""
    line = min(one.lineno for one in additions)
    return Candidate(
        min(1.0, 0.4 + spent),
        file.path,
        line,
        f"Add to {name} in place",
        f"{file.path}:{line} copies all of {name} for each part that is added to it.",
        "The parts are added to the list that is there.",
        tuple(Replace(file.path, one, f"{name} += {part}") for one, (_, part) in additions.items()),
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
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.Constant(value="" | b"") | ast.List(elts=[])):
            return target == name
    return False


PATTERN = Pattern(
    name="text-added-in-loop",
    applies="A loop adds to a str or bytes, or puts a longer list in the place of a list, where time is spent.",
    breaks="Code in the loop that reads what has been built so far.",
    prior={"latency": 0.8, "cpu": 0.8, "throughput": 0.7, "memory": 0.2, "custom": 0.3},
    find=find,
)
