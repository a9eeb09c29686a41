"""What working something out leaves behind besides its result: who works it out again would leave it twice."""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sharing import shared, targets

FAR = 3  # calls that are followed
CHANGES_ROWS = re.compile(r"\s*(insert|update|delete|replace|merge)\b", re.I)
TOLD_ELSEWHERE = re.compile(
    r"^_?(charge|pay|refund|book|reserve|send|publish|deliver|submit|notify|transmit|enqueue|emit|commit|post|put|patch|"
    r"delete)(_|$)"
)


def leaves_traces(scene: Scene, function: Function, depth: int = FAR) -> bool:
    """Whether it changes what outlives it, in what it calls as well: a book, a table, another service."""
    file = scene.calls.owners[function]
    return any(_leaves_traces(scene, file, statement, depth) for statement in function.body)


def call_leaves_traces(scene: Scene, file: File, call: ast.Call, depth: int = FAR) -> bool:
    """The same for a call; what a new object does to itself is gone with it."""
    texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if any(CHANGES_ROWS.match(text) for text in texts):
        return True
    own = scene.calls.meant(file, call.func)
    if not own:
        return isinstance(call.func, ast.Attribute) and bool(TOLD_ELSEWHERE.match(call.func.attr))
    if isinstance(call.func, ast.Attribute) and not shared(scene, file, call.func.value):
        return False
    return depth > 0 and any(leaves_traces(scene, one, depth - 1) for one in own if one.name != "__init__")


def _leaves_traces(scene: Scene, file: File, statement: ast.stmt, depth: int) -> bool:
    if any(shared(scene, file, target) for target in _changed(scene, file, statement)):
        return True
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(call_leaves_traces(scene, file, call, depth) for call in calls)


def _changed(scene: Scene, file: File, statement: ast.stmt) -> Iterator[ast.expr]:
    """What is set or changed in place; another value for a local name changes nothing."""
    for target in targets(statement):
        match target, file.function(target):
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()), function if function:
                if name in scene.symbols.local_names(function):
                    continue
        yield target
