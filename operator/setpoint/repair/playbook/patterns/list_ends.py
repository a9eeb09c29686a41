"""A list that is used as a queue: each entry that leaves or comes at its front moves all the others."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.edits import Candidate, Change, Import, Pattern, Replace
from setpoint.repair.playbook.roles import Use, last_name
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME
from setpoint.repair.playbook.walked import may_change_meanwhile

FITTING = frozenset({"append", "extend", "clear", "remove", "index", "count", "copy", "reverse"})


def find(scene: Scene) -> Iterator[Candidate]:
    """`pop(0)` and `insert(0, x)` where time is spent."""
    for container in scene.variables.values():
        moves = [use for use in container.uses if _front(use)]
        spent = max((scene.sight.time_near(use.file, use.statement) for use in moves), default=0.0)
        walked = any(may_change_meanwhile(scene, container, use) for use in container.uses)
        if spent >= LEAST_TIME and container.kind == "list" and container.birth and not walked:
            yield from _candidate(container, moves, spent)


def _front(use: Use) -> str:
    """What the deque's method for the same is called; nothing for all other uses."""
    parent = use.file.parents[use.node]
    call = use.file.parents[parent]
    match call:
        case ast.Call(func=ast.Attribute(attr="pop"), args=[ast.Constant(value=0)]) if parent is call.func:
            return "popleft"
        case ast.Call(func=ast.Attribute(attr="insert"), args=[ast.Constant(value=0), _]) if parent is call.func:
            return "appendleft"
    return ""


def _candidate(container: Container, moves: list[Use], spent: float) -> Iterator[Candidate]:
    assert container.birth is not None
    file, birth = container.birth
    made = "deque()" if isinstance(birth, ast.List) and not birth.elts else f"deque({file.code(birth)})"
    if _is_made_anew(container):
        return
    if not file.changeable or not all(_fits(use) and use.file.changeable for use in container.uses):
        return
    changes: list[Change] = [Import(file.path, "collections", "deque"), Replace(file.path, birth, made)]
    changes += [_moved(use) for use in moves]
    first = moves[0]
    yield Candidate(
        min(1.0, 0.4 + spent),
        first.file.path,
        first.statement.lineno,
        f"Keep {container.key.name} in a deque",
        f"{first.file.path}:{first.statement.lineno} moves every entry of the list {container.key.name} by one place.",
        "A deque gives and takes at both ends in the same short time.",
        tuple(changes),
    )


def _is_made_anew(container: Container) -> bool:
    """Whether the name is given another list later, which would not have the deque's methods."""
    stores = [use for use in container.uses if isinstance(use.file.parents[use.node], ast.Assign | ast.AnnAssign)]
    born = container.birth[1] if container.birth else None
    return any(getattr(use.statement, "value", None) not in (born, use.node) for use in stores)


def _fits(use: Use) -> bool:
    """Whether a deque can do it too: no slices, no sorting, nothing that asks for a list."""
    parent = use.file.parents[use.node]
    match parent:
        case ast.Attribute(attr=attr):
            return attr in FITTING or bool(_front(use)) or _pops_last(use)
        case ast.Subscript(slice=index):
            return not isinstance(index, ast.Slice)
        case ast.Assign(value=value) | ast.AnnAssign(value=value):
            return value is not use.node
        case ast.Compare(left=left, comparators=compared):  # a deque equals no list
            return not any(isinstance(side, ast.List) for side in (left, *compared))
        case ast.Call(func=func):
            return not use.bare and last_name(func) not in ("dumps", "dump", "isinstance", "jsonify")
    return not use.bare and not isinstance(parent, ast.BinOp)


def _pops_last(use: Use) -> bool:
    call = use.file.parents[use.file.parents[use.node]]
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "pop"
        and not call.args
    )


def _moved(use: Use) -> Change:
    call = use.file.parents[use.file.parents[use.node]]
    assert isinstance(call, ast.Call)
    given = ", ".join(use.file.code(arg) for arg in call.args[1:])
    return Replace(use.file.path, call, f"{use.file.code(use.node)}.{_front(use)}({given})")


PATTERN = Pattern(
    name="list-as-queue",
    applies="A list gives or takes at its front (`pop(0)`, `insert(0, x)`) in code where time is spent.",
    breaks="Code that slices the queue or asks for a list; an entry in the middle of a long deque is slower to reach.",
    prior={"latency": 1.0, "cpu": 1.0, "throughput": 0.9, "custom": 0.4},
    find=find,
)
