"""How a container is emptied after a hand-over: cleared in place, made anew, cut by what went, or exchanged before."""

import ast
from dataclasses import dataclass

from setpoint.repair.playbook.answered import is_looked_at, last_answered, swallows
from setpoint.repair.playbook.calls import CallSite
from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.edits import Candidate, Change, Enclose, Insert, Replace
from setpoint.repair.playbook.flow import between, body_nodes, header, own_walk, span, waits
from setpoint.repair.playbook.keeping import is_kept
from setpoint.repair.playbook.locking import is_shared_by_threads
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.putting_back import may_fail, put_back, uses_of
from setpoint.repair.playbook.renewing import is_imported_by_name, new_code
from setpoint.repair.playbook.roles import Role, Use
from setpoint.repair.playbook.scene import Scene

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
    own = [take for take in takes if not _is_alias(container, take)] or takes
    first, end = span(file, [take.statement for take in takes])
    last = last_answered(file, end)
    if last is None or is_looked_at(scene, file, takes):
        return None
    place = _Place(file, function, first, last, own[0].node, tuple(takes))
    changes = _changes(scene, container, place, own)
    if not changes or not file.changeable:
        return None
    title = f"Empty {container.key.name} once {file.name(function)} has handed it over"
    how = f"After the hand-over in {file.name(function)} the container starts empty again."
    return Candidate(0, file.path, first.lineno, title, "", how, changes)


def _changes(scene: Scene, container: Container, place: _Place, own: list[Use]) -> tuple[Change, ...]:
    beside = is_beside(scene, container)
    copied = _copied(own)
    if copied:
        return _emptied_with_copy(scene, container, place, copied, bare=own[0].bare)
    if _interrupted(place):
        return _exchanged(scene, container, place)
    if beside:
        return _cut(container, place) if container.kind == "list" else _exchanged(scene, container, place)
    return _emptied_at(scene, container, place, place.last, anew=any(t.bare and is_kept(scene, t) for t in place.takes))


def _emptied_with_copy(
    scene: Scene, container: Container, place: _Place, copied: ast.Assign, *, bare: bool
) -> tuple[Change, ...]:  # fmt: skip
    """Where `name = list(x)` or `name = x` goes out: emptied at once, and filled again when that fails, or after it."""
    assert isinstance(copied.targets[0], ast.Name)
    name = copied.targets[0].id
    last = _last_use(place, copied, name)
    if bare:
        last, made = copied, _emptied_at(scene, container, place, copied, anew=True)
    elif is_beside(scene, container) and container.kind == "list":
        made = (Insert(place.file.path, last, f"del {place.code}[:len({name})]"),)
    else:
        last = copied if _interrupted(place) else last
        made = _emptied_at(scene, container, place, last, anew=False)
    return (*(_kept(scene, container, place, copied, name) if last is copied else ()), *made)


def _kept(scene: Scene, container: Container, place: _Place, copied: ast.Assign, name: str) -> tuple[Change, ...]:
    """What was taken is put back when the statements that hand it over fail: it was still there before."""
    block = place.file.block(copied)
    uses = uses_of(block[block.index(copied) + 1 :], name)
    if not uses or not may_fail(scene, place.file, between(place.file, uses[0], uses[-1])):
        return ()
    footer = f"except BaseException:\n    {put_back(container, place.code, name)}\n    raise"
    return (Enclose(place.file.path, uses[0], uses[-1], "try:", footer),)


def after_call(scene: Scene, container: Container, site: CallSite, takes: list[Use]) -> Candidate | None:
    """Clear the container after the call that hands it over, where that is the same object and nobody keeps it."""
    file, statement = site.file, site.file.statement(site.node)
    references = [use for use in container.uses if use.function is site.caller and not _is_alias(container, use)]
    if not file.changeable or not references or site.caller is None or not isinstance(statement, ast.Expr):
        return None
    if swallows(takes[0].file, takes) or is_looked_at(scene, takes[0].file, takes):
        return None
    if waits([statement]) or any(take.bare and is_kept(scene, take) for take in takes):
        return None
    code = file.code(references[0].node)
    title = f"Clear {container.key.name} after {file.code(site.node.func)}() in {file.name(site.caller)}"
    how = f"{code} is emptied where {file.name(site.caller)} has it handed over."
    cleared = (Insert(file.path, statement, f"{code}.clear()"),)
    return Candidate(0, file.path, statement.lineno, title, "", how, cleared)


def is_beside(scene: Scene, container: Container) -> bool:
    """Whether other threads may add to the container while it is handed over."""
    return any(is_shared_by_threads(scene, use.file, use.node) for use in container.of(Role.GROW))


def _is_alias(container: Container, use: Use) -> bool:
    """Whether a local name stands for the container (and rebinding it would change nothing)."""
    return isinstance(use.node, ast.Name) and (
        use.node.id != container.key.name or container.key.scope in ("class", "item")
    )


def _interrupted(place: _Place) -> bool:
    """Whether more may come in between the hand-over and its end, or nothing can stand after it."""
    deferred = any(isinstance(outer, ast.Lambda) for take in place.takes for outer in place.file.above(take.node))
    ends = any(_ends(take) for take in place.takes)
    return ends or deferred or (waits(place.statements) and not _is_local(place))


def _ends(take: Use) -> bool:
    """Whether the function is left with the hand-over."""
    yields = any(isinstance(outer, ast.Yield | ast.YieldFrom) for outer in take.file.above(take.node))
    return isinstance(take.statement, ast.Return) or yields


def _is_local(place: _Place) -> bool:
    stores = {
        node.id for node in body_nodes(place.function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return isinstance(place.reference, ast.Name) and place.reference.id in stores


def _copied(own: list[Use]) -> ast.Assign | None:
    """The statement that takes all of the content under another name, if it is the only hand-over by the own name."""
    match own[0].statement:
        case ast.Assign(targets=[ast.Name()], value=value) as statement if len(own) == 1:
            return statement if _is_copy(own[0].node, value) else None
    return None


def _last_use(place: _Place, copied: ast.Assign, name: str) -> ast.stmt:
    """The last statement of the block that uses the copy: what fails before it stays for the next time."""
    block = place.file.block(copied)
    later = block[block.index(copied) + 1 :]
    uses = uses_of(later, name)
    ends = any(isinstance(node, ast.Return | ast.Raise) for one in uses for node in own_walk(one))
    return copied if not uses or ends or waits(uses) else uses[-1]


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


# ── the ways ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _emptied_at(
    scene: Scene, container: Container, place: _Place, statement: ast.stmt, *, anew: bool
) -> tuple[Change, ...]:
    """Clear after `statement`, or, where somebody keeps the object, give the service a new one."""
    path, code = place.file.path, place.code
    if not anew:
        return (Insert(path, statement, f"{code}.clear()"),)
    made = new_code(container, place.file)
    if made and (not isinstance(place.reference, ast.Name) or _is_local(place)):
        return (Insert(path, statement, f"{code} = {made}"),)
    if made and container.key.scope == "module" and not is_imported_by_name(scene, container):
        declared = [node for node in body_nodes(place.function) if isinstance(node, ast.Global)]
        known = any(container.key.name in node.names for node in declared)
        first = () if known else (Insert(path, header(place.function), f"global {code}", after=False),)
        return (*first, Insert(path, statement, f"{code} = {made}"))
    copies = tuple(Replace(path, take.node, f"{code}.copy()") for take in place.takes if take.bare)
    return (*copies, Insert(path, statement, f"{code}.clear()"))


def _cut(container: Container, place: _Place) -> tuple[Change, ...]:
    """Hand over a copy and cut off as much as went: what other threads add meanwhile stays."""
    name, uses = _free(place), _uses(container, place)
    if uses is None:
        return ()
    copied = Insert(place.file.path, place.first, f"{name} = list({place.code})", after=False)
    cut = Insert(place.file.path, place.last, f"del {place.code}[:len({name})]")
    return (copied, *(Replace(place.file.path, use.node, name) for use in uses), cut)


def _exchanged(scene: Scene, container: Container, place: _Place) -> tuple[Change, ...]:
    """Take the content under another name first: what comes in meanwhile belongs to the next batch.

    Where the hand-over may fail, what was taken is put back: it was still there before.
    """
    name, uses = _free(place), _uses(container, place)
    if uses is None:
        return ()
    path, code, made = place.file.path, place.code, new_code(container, place.file)
    if container.key.element and made:
        taken = f"{name} = {code}\n{code} = {made}"
    elif made and isinstance(place.reference, ast.Attribute | ast.Subscript):
        taken = f"{name}, {code} = {code}, {made}"
    else:
        taken = f"{name} = {code}.copy()\n{code}.clear()"
    kept: tuple[Change, ...] = ()
    if may_fail(scene, place.file, place.statements):
        footer = f"except BaseException:\n    {put_back(container, code, name)}\n    raise"
        kept = (Enclose(path, place.first, place.last, "try:", footer),)
    return (*kept, Insert(path, place.first, taken, after=False), *(Replace(path, use.node, name) for use in uses))


def _free(place: _Place) -> str:
    names = {node.id for node in body_nodes(place.function) if isinstance(node, ast.Name)}
    return next(free for free in BATCH_NAMES if free not in names)


def _uses(container: Container, place: _Place) -> list[Use] | None:
    """Where the container is read by its own name in these statements; None where it is changed there as well."""
    inner = {node for statement in place.statements for node in ast.walk(statement)}
    uses = [use for use in container.uses if use.node in inner and not _is_alias(container, use)]
    changed = any(use.role in (Role.GROW, Role.SHRINK) for use in container.uses if use.node in inner)
    return None if changed else uses
