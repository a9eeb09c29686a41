"""Tasks, futures and per-request objects that are put into a register and never taken out when they are done."""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.containers import Container, holds_callables, holds_receivers
from setpoint.repair.playbook.edits import Candidate, Change, Enclose, Insert, Pattern
from setpoint.repair.playbook.flow import body_nodes, own_walk
from setpoint.repair.playbook.project import Function
from setpoint.repair.playbook.roles import Role, Use, last_name
from setpoint.repair.playbook.scene import Scene

STARTERS = frozenset({"create_task", "ensure_future", "submit", "run_coroutine_threadsafe"})
REGISTERS = re.compile(
    r"active|in_?flight|running|current|open|connections?|clients?|sockets?|live|ongoing|members|peers|players|watching",
    re.I,
)
UNDER_WAY = re.compile(r"active|in_?flight|running|current|ongoing|live", re.I)
TAKE_OUT = {"list": "remove", "set": "discard", "deque": "remove"}


def find(scene: Scene) -> Iterator[Candidate]:
    """Growing containers of tasks, and registers of what is going on, from which nothing is ever taken."""
    for container in scene.containers.values():
        weight = scene.sight.container(container)
        if not weight or container.of(Role.SHRINK) or holds_callables(container):
            continue
        for use in container.of(Role.GROW):
            if use.file.changeable:
                yield from _tasks(container, use, weight)
                yield from _registered(container, use, weight)


def _candidate(
    container: Container, use: Use, weight: float, title: str, how: str, changes: tuple[Change, ...]
) -> Candidate:  # fmt: skip
    where = f"{use.file.path}:{use.statement.lineno}"
    cause = f"{where} puts something into {container.key.name} each time, which stays there when it is done."
    return Candidate(weight, use.file.path, use.statement.lineno, title, cause, how, changes)


# ── tasks and futures tell when they are done ─────────────────────────────────────────────────────────────────────


def _tasks(container: Container, use: Use, weight: float) -> Iterator[Candidate]:
    name = _added(use)
    asked = any(".result()" in ast.unparse(take.statement) for take in container.of(Role.TAKE))
    if container.kind in TAKE_OUT and name and not asked and use.function and _is_started(use.function, name):
        code = f"{name}.add_done_callback({use.file.code(use.node)}.{TAKE_OUT[container.kind]})"
        title = f"Take tasks out of {container.key.name} when they are done"
        how = "A task that is done takes itself out."
        yield _candidate(container, use, weight, title, how, (Insert(use.file.path, use.statement, code),))


def _added(use: Use) -> str:
    """The local name that is appended or added."""
    parent = use.file.parents[use.node]
    call = use.file.parents[parent]
    match call:
        case ast.Call(func=ast.Attribute(attr="append" | "add"), args=[ast.Name(id=name)]) if call.func is parent:
            return name if isinstance(use.statement, ast.Expr) else ""
    return ""


def _is_started(function: Function, name: str) -> bool:
    for node in body_nodes(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Call(func=func)) if target == name:
                return last_name(func) in STARTERS
    return False


# ── a register of what is going on ────────────────────────────────────────────────────────────────────────────────


def _registered(container: Container, use: Use, weight: float) -> Iterator[Candidate]:
    """Put in at the start of a function, and used by what follows: taken out in `finally`."""
    block = use.file.block(use.statement)
    rest = block[block.index(use.statement) + 1 :]
    release = _release(container, use)
    if (
        not rest
        or not release
        or not (REGISTERS.search(container.key.name) or holds_receivers(container))
        or use.function is None
        or not _ends_with_request(container, use, rest)
    ):
        return
    if not any(isinstance(node, ast.Await | ast.Call) for statement in rest for node in own_walk(statement)):
        return
    changes = (Enclose(use.file.path, rest[0], rest[-1], "try:", f"finally:\n    {release}"),)
    title = f"Take requests out of {container.key.name} when they are done"
    how = "It is taken out again whichever way the function ends."
    yield _candidate(container, use, 0.8 * weight, title, how, changes)


def _ends_with_request(container: Container, use: Use, rest: list[ast.stmt]) -> bool:
    """Whether what is put in is done with when the function ends: it is something under way, or heard of until then.

    Who joins, places or opens something is in the register for longer than that request.
    """
    nodes = [node for statement in rest for node in own_walk(statement)]
    if any(isinstance(node, ast.AsyncFor | ast.Yield | ast.While) for node in nodes):
        return True
    others = [look for look in container.of(Role.LOOK) + container.of(Role.TAKE) if look.function is not use.function]
    asked = any(not _measures(other) for other in others)
    return bool(UNDER_WAY.search(container.key.name)) and not asked


def _measures(use: Use) -> bool:
    parent = use.file.parents[use.node]
    return isinstance(parent, ast.Call) and last_name(parent.func) in ("len", "sorted", "list")


def _release(container: Container, use: Use) -> str:
    code = use.file.code(use.node)
    parent = use.file.parents[use.node]
    if isinstance(parent, ast.Subscript) and container.kind == "dict" and isinstance(use.statement, ast.Assign):
        return f"{code}.pop({use.file.code(parent.slice)}, None)"
    name = _added(use)
    fits = container.kind == "set" or (container.kind == "list" and holds_receivers(container))
    return f"{code}.{TAKE_OUT[container.kind]}({name})" if name and fits else ""


PATTERN = Pattern(
    name="finished-but-kept",
    applies="Tasks, futures or requests are put into a register when they start, and nothing takes them out.",
    breaks="Code that looks at the register for what is done already.",
    prior={"memory": 1.0, "heap": 1.0, "latency": 0.4, "cpu": 0.4, "errors": 0.3, "custom": 0.4},
    find=find,
)
