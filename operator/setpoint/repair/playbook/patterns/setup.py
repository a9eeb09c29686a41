"""Something that is compiled, parsed or read anew for every request, though it is always the same."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.edits import Candidate, Change, Decorate, Import, Insert, Pattern, Replace
from setpoint.repair.playbook.loops import free_name, loaded, stored
from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.settled import is_settled
from setpoint.repair.playbook.sharing import writes
from setpoint.repair.playbook.sight import LEAST_TIME
from setpoint.repair.playbook.steady import (
    BORN,
    changes,
    is_changed_by_callers,
    is_costly,
    is_name_put_into,
    is_of_module,
    is_of_object,
    is_put_into,
    is_used_up,
)
from setpoint.repair.playbook.symbols import arguments
from setpoint.repair.playbook.written import may_be_written

LONG = 0.3  # of the samples
WIDER = (ast.Call, ast.Attribute, ast.DictComp, ast.ListComp, ast.SetComp, ast.comprehension)
NAMES = {"re.compile": "PATTERN", "string.Template": "TEMPLATE", "jinja2.Template": "TEMPLATE"}


def find(scene: Scene) -> Iterator[Candidate]:
    """Set-up in functions where time is spent: whole functions, blocks, single expressions."""
    for file in scene.project.files:
        for function in file.functions if file.changeable else ():
            if scene.sight.time(file, function) < LEAST_TIME or function.name in BORN:
                continue
            if not may_be_written(scene, file, function):  # what is written must be read again
                yield from _whole(scene, file, function)
                yield from _blocks(scene, file, function)
                yield from _expressions(scene, file, function)
                yield from _tables(scene, file, function)


def _candidate(
    scene: Scene, file: File, function: Function, node: ast.expr | ast.stmt, title: str, how: str,
    made: tuple[Change, ...]
) -> Candidate:  # fmt: skip
    what = "reads, parses or compiles the same thing again for every request"
    cause = f"{file.name(function)} {what} ({file.path}:{node.lineno})."
    return Candidate(min(1.0, 0.5 + scene.sight.time(file, node)), file.path, node.lineno, title, cause, how, made)


# ── a function without arguments that only sets up: its result is kept ────────────────────────────────────────────


def _whole(scene: Scene, file: File, function: Function) -> Iterator[Candidate]:
    asks = not isinstance(function, ast.FunctionDef) or not _asks_nobody(function)
    if asks or not any(is_costly(scene, file, node) for node in ast.walk(function)):
        return
    steady = _is_constant(scene, file, function) and is_settled(scene, file, ast.Module(function.body, []))
    if steady and _is_called_plainly(scene, function) and not is_changed_by_callers(scene, function):
        how = "The first result is kept and given to all who ask later."
        decorated = (Import(file.path, "functools"), Decorate(file.path, function, "functools.cache"))
        yield _candidate(scene, file, function, function, f"Keep the result of {file.name(function)}", how, decorated)


def _asks_nobody(function: Function) -> bool:
    """Whether it takes nothing, or only a class that it does not look at."""
    given = arguments(function)
    match function.decorator_list:
        case [] | [ast.Name(id="staticmethod")]:
            return not given
        case [ast.Name(id="classmethod")]:
            return given == function.args.args and len(given) == 1 and given[0].arg not in loaded(function)
    return False


def _is_called_plainly(scene: Scene, function: Function) -> bool:
    """Of a decorated method: whether all who get its result are seen, so that none of them changes it unseen."""
    if not function.decorator_list:
        return True
    mentions = (
        (file, node)
        for file in scene.project.files
        for node in file.nodes
        if isinstance(node, ast.Attribute) and node.attr == function.name
    )
    called = all(isinstance(outer := file.parents[node], ast.Call) and outer.func is node for file, node in mentions)
    return called and sum(other.name == function.name for other in scene.calls.owners) == 1


def _is_constant(scene: Scene, file: File, function: Function) -> bool:
    """It returns something, makes no functions, changes nothing outside, and reads nothing that changes."""
    nodes = list(ast.walk(function))
    if any(isinstance(node, FUNCTIONS) and node is not function for node in nodes):
        return False  # what those do is done when they are called
    returns = any(isinstance(node, ast.Return) and node.value is not None for node in nodes)
    unsteady = any(
        isinstance(node, ast.Global | ast.Nonlocal | ast.Yield | ast.YieldFrom | ast.Await) for node in nodes
    )
    outer = loaded(function) - scene.symbols.local_names(function)
    return returns and not unsteady and not any(changes(scene, file, name) for name in outer)


# ── a `with open(…)` block that needs nothing of the request: it moves out of the function ────────────────────────


def _blocks(scene: Scene, file: File, function: Function) -> Iterator[Candidate]:
    for node in function.body:
        if not isinstance(node, ast.With) or not _can_move(scene, file, function, node):
            continue
        top = top_of(file, function)
        moved = (Insert(file.path, top, file.source(node), after=False), Replace(file.path, node, ""))
        how = "It needs nothing of the request, so it is done once, when the module is loaded."
        title = f"Read what {file.name(function)} needs once"
        yield _candidate(scene, file, function, node, title, how, moved)


def _can_move(scene: Scene, file: File, function: Function, block: ast.With) -> bool:
    names = stored(list(ast.walk(block)))
    outside = {node.id for node in file.nodes if isinstance(node, ast.Name)
               and node.id in names and file.function(node) is not function}  # fmt: skip
    needed = loaded(block) - names
    own = needed & scene.symbols.local_names(function) or any(changes(scene, file, name) for name in needed)
    leaves = any(isinstance(node, ast.Return | ast.Yield | ast.Await) for node in ast.walk(block))
    put_into = any(is_name_put_into(scene, file, function, name) for name in names)
    costly = any(is_costly(scene, file, node) for node in ast.walk(block)) and is_settled(scene, file, block)
    return costly and not (own or outside or leaves or put_into)


def top_of(file: File, function: Function) -> ast.stmt:
    """The statement at the top of the file that the function is in, or is."""
    return next(outer for outer in [function, *file.above(function)]
                if isinstance(outer, ast.stmt) and file.parents[outer] is file.tree)  # fmt: skip


# ── an expression: it is worked out when the module is loaded, or when the object is made ─────────────────────────


def _expressions(scene: Scene, file: File, function: Function) -> Iterator[Candidate]:
    seen: set[ast.expr] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.expr) and is_costly(scene, file, node):
            whole = _widest(scene, file, function, node)
            if whole not in seen and scene.sight.time(file, whole) >= LEAST_TIME and is_settled(scene, file, whole):
                seen.add(whole)
                yield from hoisted(scene, file, function, whole)


def _tables(scene: Scene, file: File, function: Function) -> Iterator[Candidate]:
    """`primes(50000)`: a function of the project that works for long on nothing but constants."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and node.args and all(isinstance(arg, ast.Constant) for arg in node.args):
            called = scene.calls.meant(file, node.func)
            long = scene.sight.time(file, node) >= LONG or any(
                scene.sight.time(scene.calls.owners[one], one) >= LONG for one in called
            )
            plain = not node.keywords and isinstance(node.func, ast.Name) and len(called) == 1
            if long and plain and _is_table(scene, file, function, called[0]):
                yield from hoisted(scene, file, function, node)


def _is_table(scene: Scene, file: File, function: Function, called: Function) -> bool:
    """Whether it gives a value, the same each time, and stands above where it would be called."""
    home = scene.calls.owners[called]
    above = home is not file or (called.end_lineno or 0) < top_of(file, function).lineno
    plain = isinstance(called, ast.FunctionDef) and not any(isinstance(n, ast.Yield) for n in ast.walk(called))
    changed = any(writes(scene, home, statement) for statement in called.body)
    return above and plain and not changed and is_settled(scene, home, ast.Module(called.body, []))


def _widest(scene: Scene, file: File, function: Function, node: ast.expr) -> ast.expr:
    """The widest expression around `node` that needs nothing of the request either."""
    found = node
    for outer in file.above(node):
        if not isinstance(outer, WIDER):
            break
        steady = is_of_module(scene, file, function, outer) or is_of_object(scene, file, function, outer)
        found = outer if steady and isinstance(outer, ast.expr) and not isinstance(outer, ast.Attribute) else found
    return found


def hoisted(scene: Scene, file: File, function: Function, node: ast.expr) -> Iterator[Candidate]:
    """The expression as a constant of the module or an attribute of the object, if it needs no more than that."""
    returned = isinstance(file.statement(node), ast.Return)
    if is_used_up(scene, file, node) or is_put_into(scene, file, function, node):
        return
    if returned and is_changed_by_callers(scene, function):
        return
    code, name = file.code(node), free_name(file, _constant_name(scene, file, node))
    title = f"Work out {code if len(code) < 40 else _called(node)} once"
    if is_of_module(scene, file, function, node):
        how = "It needs nothing of the request, so it is worked out once, when the module is loaded."
        made = (
            Insert(file.path, top_of(file, function), f"{name} = {code}", after=False),
            Replace(file.path, node, name),
        )
        yield _candidate(scene, file, function, node, title, how, made)
    elif is_of_object(scene, file, function, node) and (born := _constructor(file, function)):
        how = "It needs only what the object is made with, so it is worked out once, when the object is made."
        attribute = f"self._{name.lower()}"
        made = (Insert(file.path, born.body[-1], f"{attribute} = {code}"), Replace(file.path, node, attribute))
        yield _candidate(scene, file, function, node, title, how, made)


def _constructor(file: File, function: Function) -> Function | None:
    owner = file.parents[function]
    own = owner.body if isinstance(owner, ast.ClassDef) else []
    return next((node for node in own if isinstance(node, ast.FunctionDef) and node.name == "__init__"), None)


def _called(node: ast.expr) -> str:
    return last_name(node.func) if isinstance(node, ast.Call) else "it"


def _constant_name(scene: Scene, file: File, node: ast.expr) -> str:
    match file.parents[node]:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name.strip("_").upper()
    kind = scene.symbols.dotted(file, node.func) if isinstance(node, ast.Call) else ""
    return NAMES.get(kind, "LOADED")


PATTERN = Pattern(
    name="setup-per-request",
    applies="A function compiles, parses or reads something that depends on nothing of the request.",
    breaks="A file that changes while the service runs is not read again; who changes the result does so for all.",
    prior={"latency": 1.0, "cpu": 1.0, "throughput": 0.9, "memory": 0.2, "custom": 0.4},
    find=find,
)
