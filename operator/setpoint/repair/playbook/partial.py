"""Whether a container is handed over at all, or only a part of it (the first few, those that are ready), or shown."""

import ast

from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.forgetting import acts
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import Use, last_name
from setpoint.repair.playbook.scene import Scene

LEAVES = (ast.Break, ast.Continue, ast.Return)


def is_partial(scene: Scene, take: Use) -> bool:
    """Whether some of its entries may stay behind. The newest (`x[-20:]`, `x[self.sent:]`) are those that are new."""
    match take.file.parents[take.node]:
        case ast.Subscript(slice=ast.Slice(lower=lower, upper=upper)):
            return upper is not None or isinstance(lower, ast.Constant)
        case ast.Call(func=func):
            return last_name(func) in ("islice", "filter", "takewhile", "dropwhile", "nlargest", "nsmallest", "sample")
        case ast.comprehension(ifs=ifs):
            return bool(ifs)
        case ast.For(body=body) | ast.AsyncFor(body=body):
            return _leaves_some(scene, take.file, body)
    return False


def is_shown(scene: Scene, function: Function, takes: list[Use]) -> bool:
    """Whether a function only gives back what is in it, and nobody who asks does anything with that."""
    if not all(_is_returned(scene, take) for take in takes):
        return False
    return not any(_is_passed_on(scene, site.file, site.node) for site in scene.calls.sites[function])


def _is_returned(scene: Scene, take: Use) -> bool:
    returned = isinstance(take.statement, ast.Return) or isinstance(take.file.parents[take.node], ast.Yield)
    return returned and not _is_given(scene, take.file, take.node)


def _is_passed_on(scene: Scene, file: File, call: ast.expr) -> bool:
    """`sink.send(self.export())`, also under a name."""
    if _is_given(scene, file, call):
        return True
    function = file.function(call)
    match file.statement(call):
        case ast.Assign(targets=[ast.Name(id=name)]) if function:
            uses = (node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name)
            return any(_is_given(scene, file, use) for use in uses)
    return False


def _is_given(scene: Scene, file: File, node: ast.expr) -> bool:
    """Whether it goes into a call that does something with it, or a loop over it does."""
    below: ast.AST = node
    for outer in file.above(node):
        if isinstance(outer, ast.Call) and below is not outer.func and acts(scene, file, outer):
            return True
        if isinstance(outer, ast.For | ast.AsyncFor) and below is outer.iter:
            return any(isinstance(call, ast.Call) and acts(scene, file, call) for part in outer.body
                       for call in own_walk(part))  # fmt: skip
        if isinstance(outer, ast.stmt):
            break
        below = outer
    return False


def _leaves_some(scene: Scene, file: File, body: list[ast.stmt]) -> bool:
    """Whether the loop ends early, goes on early, or does something only for some."""
    inner = [node for statement in body for node in own_walk(statement)]
    if any(isinstance(node, LEAVES) for node in inner):
        return True
    some = [node for node in inner if isinstance(node, ast.If) and not node.orelse]
    return any(isinstance(call, ast.Call) and acts(scene, file, call) for one in some for part in one.body
               for call in own_walk(part))  # fmt: skip
