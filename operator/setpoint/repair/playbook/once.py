"""What a second making would not give again: drawn numbers, moments, answers from outside, locks."""

import ast
import re
from collections.abc import Iterable

from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.scene import Scene

ONCE = re.compile(r"^(uuid\.|secrets\.|random\.|os\.urandom|itertools\.count|next$|id$|input$)")
CLOCK = re.compile(r"^(time\.|datetime\.)")
SYNCHRONISES = re.compile(r"^(threading|asyncio|multiprocessing)\.")
FAR = 2


def comes_once(scene: Scene, file: File, made: Iterable[ast.AST], depth: int = FAR) -> bool:
    """Whether the expressions hold a number, name, moment or lock that is given once, in what they call as well."""
    calls = [node for one in made for node in ast.walk(one) if isinstance(node, ast.Call)]
    names = [scene.symbols.dotted(file, call.func) for call in calls]
    if any(ONCE.match(name) or SYNCHRONISES.match(name) for name in names):
        return True
    if calls and all(CLOCK.match(name) for name in names):
        return True  # beside a result, the moment says only how old it is
    for function in {meant for call in calls for meant in scene.calls.meant(file, call.func)} if depth else ():
        values = [node.value for node in ast.walk(function) if isinstance(node, ast.Return | ast.Assign) and node.value]
        if comes_once(scene, scene.calls.owners[function], values, depth - 1):
            return True
    return False
