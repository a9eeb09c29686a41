"""How a container is emptied after a hand-over: cleared in place, made anew, or exchanged before."""

import ast
from dataclasses import dataclass

from setpoint.repair.playbook.calls import CallSite
from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.edits import Candidate, Change, Insert, Replace
from setpoint.repair.playbook.flow import between, header, own_walk, span, waits
from setpoint.repair.playbook.keeping import is_kept
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import Role, Use
from setpoint.repair.playbook.scene import Scene

EMPTY = {"list": "[]", "dict": "{}", "set": "set()", "deque": "deque()"}
BATCH_NAMES = ("batch", "handed_over", "taken", "batch_to_hand_over")


@dataclass(frozen=True)
class _Place:
    """The hand-over: statements `first` to `last` of one block, and how the container is written there."""

    file: File
    function: Function
    first: ast.stmt
    last: ast.stmt
    reference: ast.expr
    takes: tuple[Use, ...]

    @property
    def statements(self) -> list[ast.stmt]:
        return between(self.file, self.first, self.last)

    @property
    def code(self) -> str:
        return self.file.code(self.reference)


def inside(scene: Scene, container: Container, function: Function, takes: list[Use]) -> Candidate | None:
    """Empty the container in the function that hands it over."""
    file = takes[0].file
    if not file.changeable:
        return None
    own = [take for take in takes if not _is_alias(container, take)] or takes
    first, last = span(file, [take.statement for take in takes])
    place = _Place(file, function, first, last, own[0].node, tuple(takes))
    copied = _copied(own)
    changes: tuple[Change, ...] | None
    if copied:
        kept = any(take.bare and is_kept(scene, take) for take in takes if take not in own)
        changes = _emptied_at(scene, container, place, copied, anew=own[0].bare and (kept or _interrupted(place)))
    elif _interrupted(place):
        changes = _exchanged(container, place)
    else:
        changes = _emptied_at(scene, container, place, last, anew=any(t.bare and is_kept(scene, t) for t in takes))
    if not changes:
        return None
    title = f"Empty {container.key.name} once {file.name(function)} has handed it over"
    how = f"After the hand-over in {file.name(function)} the container starts empty again."
    return Candidate(0, file.path, first.lineno, title, "", how, changes)


def after_call(scene: Scene, container: Container, site: CallSite, takes: list[Use]) -> Candidate | None:
    """Clear the container after the call that hands it over, where that is the same object and nobody keeps it."""
    file, statement = site.file, site.file.statement(site.node)
    references = [use for use in container.uses if use.function is site.caller and not _is_alias(container, use)]
    if not file.changeable or not references or site.caller is None or isinstance(statement, ast.Return):
        return None
    if waits([statement]) or any(take.bare and is_kept(scene, take) for take in takes):
        return None
    code = file.code(references[0].node)
    title = f"Clear {container.key.name} after {file.code(site.node.func)}() in {file.name(site.caller)}"
    how = f"{code} is emptied where {file.name(site.caller)} has it handed over."
    return Candidate(
        0, file.path, statement.lineno, title, "", how, (Insert(file.path, statement, f"{code}.clear()"),)
    )  # fmt: skip


def _is_alias(container: Container, use: Use) -> bool:
    """Whether a local name stands for the container (and rebinding it would change nothing)."""
    return isinstance(use.node, ast.Name) and (
        use.node.id != container.key.name or container.key.scope in ("class", "item")
    )


def _interrupted(place: _Place) -> bool:
    """Whether more may come in between the hand-over and its end, or nothing can stand after it."""
    inner = [node for statement in place.statements for node in own_walk(statement)]
    deferred = any(isinstance(outer, ast.Lambda) for take in place.takes for outer in place.file.above(take.node))
    ends = any(isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) for node in inner)
    return ends or deferred or (waits(place.statements) and not _is_local(place))


def _is_local(place: _Place) -> bool:
    return isinstance(place.reference, ast.Name) and place.reference.id in _stored(place.function)


def _stored(function: Function) -> set[str]:
    return {
        node.id for node in own_walk_body(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def own_walk_body(function: Function) -> list[ast.AST]:
    """All nodes of a function's own body."""
    return [node for statement in function.body for node in own_walk(statement)]


def _copied(own: list[Use]) -> ast.stmt | None:
    """The statement that takes all of the content under another name, if it is the only hand-over by the own name."""
    match own[0].statement:
        case ast.Assign(targets=[ast.Name()], value=value) if len(own) == 1 and _is_copy(own[0].node, value):
            return own[0].statement
    return None


def _is_copy(node: ast.expr, value: ast.expr) -> bool:
    """`x`, `list(x)`, `x[:]`, `x.copy()`."""
    match value:
        case ast.Call(func=ast.Name(id="list" | "tuple" | "dict" | "set" | "sorted" | "deque"), args=[inner]):
            return inner is node
        case ast.Call(func=ast.Attribute(value=inner, attr="copy"), args=[]):
            return inner is node
        case ast.Subscript(value=inner, slice=ast.Slice(lower=None, upper=None)):
            return inner is node
    return value is node


def _emptied_at(
    scene: Scene, container: Container, place: _Place, statement: ast.stmt, *, anew: bool
) -> tuple[Change, ...] | None:
    """Clear after `statement`, or, where somebody keeps the object, give the service a new one."""
    path, code = place.file.path, place.code
    if not anew:
        return (Insert(path, statement, f"{code}.clear()"),)
    made = _new(container, place)
    if made and (not isinstance(place.reference, ast.Name) or _is_local(place)):
        return (Insert(path, statement, f"{code} = {made}"),)
    if made and container.key.scope == "module" and not _is_shared(scene, container):
        declared = [node for node in own_walk_body(place.function) if isinstance(node, ast.Global)]
        known = any(container.key.name in node.names for node in declared)
        first = () if known else (Insert(path, header(place.function), f"global {code}", after=False),)
        return (*first, Insert(path, statement, f"{code} = {made}"))
    copies = tuple(Replace(path, take.node, f"{code}.copy()") for take in place.takes if take.bare)
    return (*copies, Insert(path, statement, f"{code}.clear()"))


def _new(container: Container, place: _Place) -> str:
    """The expression for an empty container of the same kind, if it can be written in this file."""
    if container.kind in ("list", "dict", "set") and not _is_special(container):
        return EMPTY[container.kind]
    if container.birth and container.birth[0] is place.file and not _is_field(container.birth[1]):
        return place.file.code(container.birth[1])
    return ""


def _is_special(container: Container) -> bool:
    """A defaultdict, Counter or OrderedDict is no plain dict."""
    match container.birth:
        case (_, ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name not in ("list", "dict", "set", "field")
    return False


def _is_field(birth: ast.expr) -> bool:
    return isinstance(birth, ast.Call) and any(keyword.arg == "default_factory" for keyword in birth.keywords)


def _is_shared(scene: Scene, container: Container) -> bool:
    """Whether another file imports the very name, which would go on standing for the old object."""
    own = scene.project.file(container.key.owner)
    imported = (given for names in scene.symbols.imports.values() for given in names.values())
    return any(source is own and name == container.key.name for source, name in imported)


def _exchanged(container: Container, place: _Place) -> tuple[Change, ...] | None:
    """Take the content under another name first: what comes in meanwhile belongs to the next batch."""
    names = {node.id for node in own_walk_body(place.function) if isinstance(node, ast.Name)}
    name = next(free for free in BATCH_NAMES if free not in names)
    path, code, made = place.file.path, place.code, _new(container, place)
    if container.key.element:
        taken = f"{name} = {code}\n{code} = {made}"
    elif made and isinstance(place.reference, ast.Attribute | ast.Subscript):
        taken = f"{name}, {code} = {code}, {made}"
    else:
        taken = f"{name} = {code}.copy()\n{code}.clear()"
    inner = {node for statement in place.statements for node in ast.walk(statement)}
    uses = [use for use in container.uses if use.node in inner and use.role in (Role.TAKE, Role.LOOK)]
    if any(use.node in inner for use in container.uses if use.role in (Role.GROW, Role.SHRINK)):
        return None
    replaced = tuple(Replace(path, use.node, name) for use in uses if not _is_alias(container, use))
    return (Insert(path, place.first, taken, after=False), *replaced)
