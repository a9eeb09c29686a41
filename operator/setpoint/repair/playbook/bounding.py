"""How a container is given a bound: which number, and what is written where it grows."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.edits import Change, Constant, Insert, Replace
from setpoint.repair.playbook.flow import after
from setpoint.repair.playbook.locking import guards, meets_threads
from setpoint.repair.playbook.loops import free_name
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.roles import KINDS, Role, Use, last_name, made_kind
from setpoint.repair.playbook.scene import Scene

USUAL, LEAST, MOST = 256, 64, 1024


@dataclass(frozen=True)
class Bound:
    """A container, the uses where it grows, and how many entries it may have."""

    container: Container
    grown: list[Use]
    limit: int


def limit_for(scene: Scene, container: Container) -> int | None:
    """A power of two that lies under what was there when the load had begun, so that the bound is soon reached.

    It stays above every size that the code itself asks for; None where such a size cannot be told.
    """
    holder = scene.sight.holder(container)
    seen = holder.length_then if holder and not holder.nested else USUAL
    limit = 1 << (min(max(seen, LEAST), MOST).bit_length() - 1)
    for wanted in _wanted(scene, container):
        if wanted is None:
            return None
        while limit < 2 * wanted:
            limit *= 2
    return limit


def _wanted(scene: Scene, container: Container) -> Iterator[int | None]:
    """Sizes that the code compares its length with, or slices it by."""
    for use in container.uses:
        parent = use.file.parents[use.node]
        if isinstance(parent, ast.Subscript) and isinstance(parent.slice, ast.Slice):
            for edge in (parent.slice.lower, parent.slice.upper):
                size = _number(scene, use.file, edge) if edge else 0
                yield None if size is None else abs(size)
        if isinstance(parent, ast.Call) and last_name(parent.func) == "len":
            compare = use.file.parents[parent]
            if isinstance(compare, ast.Compare):
                other = compare.comparators[0] if compare.left is parent else compare.left
                yield _number(scene, use.file, other)


def _number(scene: Scene, file: File, node: ast.expr | None) -> int | None:
    match node:
        case ast.Constant(value=int() as number):
            return number
        case ast.UnaryOp(operand=operand):
            return _number(scene, file, operand)
        case ast.Name() | ast.Attribute():
            return _assigned_number(scene, file, node)
    return None


def _assigned_number(scene: Scene, file: File, node: ast.Name | ast.Attribute) -> int | None:
    """The number that a name stands for, where it is assigned once and as a literal."""
    key = scene.names.key(file, node)
    values = [
        statement.value
        for other in scene.project.files
        for statement in other.nodes
        if isinstance(statement, ast.Assign) and any(scene.names.key(other, one) == key for one in statement.targets)
    ]
    match values:
        case [ast.Constant(value=int() as number)] if key:
            return number
    return None


def bound_changes(scene: Scene, bound: Bound) -> tuple[Change, ...]:
    """A named constant, and the bound itself wherever the container grows."""
    container, file = bound.container, bound.grown[0].file
    name = _constant_name(container, file)
    if container.kind in ("list", "deque") and not _is_known(scene, container):
        return ()
    made: list[Change] = [_constant(container, file, name, bound.limit)]
    if container.kind == "deque" and not container.key.element:
        return _as_maxlen(container, made[0], name)
    bounded: set[ast.stmt] = set()
    for use in sorted(bound.grown, key=lambda use: use.node.lineno):
        if use.file is file and use.statement not in bounded:
            bounded |= {use.statement, *after(file, use.statement)}  # one bound for what runs in a row
            made.append(_at_growth(scene, container, use, name))
    return tuple(made)


def _is_known(scene: Scene, container: Container) -> bool:
    """Whether it was seen what is made: a deque has no slices, and neither may what only has an `append`."""
    if not container.key.element:
        return container.birth is not None
    made = [use.node.args[1] for use in container.uses if isinstance(use.node, ast.Call) and len(use.node.args) > 1]
    whole = scene.variables.get(replace(container.key, element=False))
    match whole.birth[1] if whole and whole.birth else None:
        case ast.Call(func=func, args=[factory]) if last_name(func) == "defaultdict":
            made.append(factory)
    kinds = {KINDS.get(last_name(one), "") if isinstance(one, ast.Name) else made_kind(one) for one in made}
    return kinds == {"list"} or (not kinds and container.birth is not None and made_kind(container.birth[1]) == "list")


def _constant_name(container: Container, file: File) -> str:
    name = f"{container.key.name.strip('_').upper()}_LIMIT"
    taken = {node.id for node in file.nodes if isinstance(node, ast.Name)}
    return next(free for free in (name, f"MOST_{name}", f"{name}_ENTRIES") if free not in taken)


def _constant(container: Container, file: File, name: str, limit: int) -> Change:
    """Beside the container where that stands at the top of the file, else with the other constants."""
    birth = container.birth
    if birth and birth[0] is file and container.key.scope == "module":
        statement = file.statement(birth[1])
        if statement in file.tree.body:
            return Insert(file.path, statement, f"{name} = {limit}")
    return Constant(file.path, name, str(limit))


def _as_maxlen(container: Container, constant: Change, name: str) -> tuple[Change, ...]:
    match container.birth:
        case (File() as file, ast.Call(func=func, args=args, keywords=[]) as birth) if file.path == constant.path:
            given = [file.code(arg) for arg in args[:1]]
            code = f"{file.code(func)}({', '.join([*given, f'maxlen={name}'])})"
            first = constant
            if isinstance(constant, Insert):  # the constant is needed one line earlier
                first = Insert(constant.path, constant.beside, constant.code, after=False)
            return (first, Replace(file.path, birth, code))
    return ()


def _at_growth(scene: Scene, container: Container, use: Use, name: str) -> Change:
    """What is written where the container grows: after it, or before a statement that returns."""
    code = _written(use)
    path, statement = use.file.path, use.statement
    returns = isinstance(statement, ast.Return)
    match container.kind:
        case "list" | "deque":
            rest = f"[{name}:]" if _newest_first(container) else f"[:-{name}]"
            return Insert(path, statement, f"del {code}{rest}", after=not returns)
        case "set":
            return Insert(path, statement, f"if len({code}) >= {name}:\n    {_any_out(scene, container, code)}",
                          after=False)  # fmt: skip
    return Insert(path, statement, _oldest_out(scene, container, use.file, code, name), after=not returns)


def _newest_first(container: Container) -> bool:
    """Whether new entries come in at the front: `x.insert(0, …)`."""
    for use in container.of(Role.GROW):
        attribute = use.file.parents[use.node]
        call = use.file.parents[attribute]
        match call:
            case ast.Call(func=ast.Attribute(attr="insert"), args=[ast.Constant(value=0), _]) if call.func is attribute:
                return True
    return False


def _written(use: Use) -> str:
    """How the container is written at a use; what `setdefault` or `get` gave is written as a subscript."""
    match use.node:
        case ast.Call(func=ast.Attribute(value=value), args=[key, *_]):
            return f"{use.file.code(value)}[{use.file.code(key)}]"
    return use.file.code(use.node)


def _any_out(scene: Scene, container: Container, code: str) -> str:
    """Take one entry out of a set; another thread may have taken the last."""
    return f"{code}.difference_update(list({code})[:1])" if _is_open(scene, container) else f"{code}.pop()"


def _oldest_out(scene: Scene, container: Container, file: File, code: str, name: str) -> str:
    """Take the oldest entries out of a dict; where threads share it, without walking it while they change it."""
    if _is_open(scene, container):
        each = free_name(file, "oldest")
        return f"for {each} in list({code})[:-{name}]:\n    {code}.pop({each}, None)"
    made = container.birth[1] if container.birth else None
    ordered = isinstance(made, ast.Call) and last_name(made.func) == "OrderedDict"
    gone = f"{code}.popitem(last=False)" if ordered else f"{code}.pop(next(iter({code})))"
    return f"if len({code}) > {name}:\n    {gone}"


def _is_open(scene: Scene, container: Container) -> bool:
    """Whether several threads may change it at once."""
    return meets_threads(scene, container) and not guards(scene, container)
