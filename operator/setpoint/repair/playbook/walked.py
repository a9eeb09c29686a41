"""Whether a container may change while code walks through it: a list bears that, a deque, a dict and a set do not."""

import ast

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.edits import Change, Replace
from setpoint.repair.playbook.flow import PAUSES, own_walk
from setpoint.repair.playbook.locking import is_open
from setpoint.repair.playbook.roles import Role, Use, last_name
from setpoint.repair.playbook.scene import Scene

LAZY = ("reversed", "enumerate", "zip", "map", "filter", "iter", "islice")


def may_change_meanwhile(scene: Scene, container: Container, use: Use) -> bool:
    """Whether `use` walks through the container, and others, or the walk itself, may change it before the end."""
    walk = _walk(use)
    if walk is None:
        return False
    if isinstance(walk, ast.GeneratorExp):
        return True  # walked whenever somebody asks for the next
    if is_open(scene, container, use.file, use.node):
        return True
    changing = container.of(Role.GROW) + container.of(Role.SHRINK)
    inner = list(own_walk(walk))
    reached = scene.calls.reached(use.file, inner)
    if any(one.node in inner or one.function in reached for one in changing):
        return True
    return any(isinstance(node, PAUSES) for node in inner)


def walked_as_copies(scene: Scene, container: Container) -> tuple[Change, ...] | None:
    """Changes after which a walk passes over nobody, though another takes itself out meanwhile; None: not to be had."""
    walks = [use for use in container.uses if use.function and may_change_meanwhile(scene, container, use)]
    if not all(use.file.changeable for use in walks):
        return None
    return tuple(Replace(use.file.path, use.node, f"list({use.file.code(use.node)})") for use in walks)


def _walk(use: Use) -> ast.AST | None:
    """The loop or comprehension that goes through the container itself, not through a copy of it."""
    node: ast.AST = use.node
    parent = use.file.parents[node]
    while isinstance(parent, ast.Call) and last_name(parent.func) in LAZY and node in parent.args:
        node, parent = parent, use.file.parents[parent]
    match parent:
        case ast.For(iter=source) if source is node:
            return parent
        case ast.comprehension(iter=source) if source is node:
            return use.file.parents[parent]
    return None
