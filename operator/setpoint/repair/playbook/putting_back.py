"""How what a hand-over took is put back when it fails."""

import ast

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.forgetting import acts
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene


def uses_of(statements: list[ast.stmt], name: str) -> list[ast.stmt]:
    """The statements that use a name."""
    return [one for one in statements if any(isinstance(node, ast.Name) and node.id == name for node in own_walk(one))]


def may_fail(scene: Scene, file: File, statements: list[ast.stmt]) -> bool:
    """Whether something is done with it here; what a generator gave away is not given away again."""
    nodes = [node for statement in statements for node in own_walk(statement)]
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes):
        return False
    calls = (node for node in nodes if isinstance(node, ast.Call))
    return any(acts(scene, file, call) for call in calls)


def put_back(container: Container, code: str, name: str) -> str:
    """Before what came in meanwhile; of a dict the newer entries stay."""
    made = container.birth[1] if container.birth else None
    counts = isinstance(made, ast.Call) and last_name(made.func) == "Counter"
    match container.kind:
        case "list":
            return f"{code}[:0] = {name}"
        case "deque":
            return f"{code}.extendleft(reversed({name}))"
        case "dict" if not counts:
            return f"{code}.update({{**{name}, **{code}}})"
    return f"{code}.update({name})"
