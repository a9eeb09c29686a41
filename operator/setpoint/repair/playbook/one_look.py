"""Code that asks for an entry once: what was looked at is what is used, whoever takes the entry out meanwhile."""

import ast
from dataclasses import dataclass, field

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.edits import Change, Insert, Replace
from setpoint.repair.playbook.entries import Access, Kind, accesses, leaves
from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.loops import free_name, loaded, stored
from setpoint.repair.playbook.nothing import may_be_none
from setpoint.repair.playbook.project import Function
from setpoint.repair.playbook.relying import Anchor, Reliance, reliances
from setpoint.repair.playbook.scene import Scene


@dataclass(frozen=True, eq=False)
class _Group:
    """The uses in one function that count on one entry. `looks` and `puts`: what says that it is there."""

    same: list[Access]
    uses: list[Access]
    looks: list[Access] = field(default_factory=list)
    puts: list[Access] = field(default_factory=list)


def looked_at_once(scene: Scene, container: Container) -> tuple[Change, ...] | None:
    """Changes after which nothing counts on an entry that may have gone; None where it cannot be had."""
    known = accesses(container)
    by_function: dict[Function, list[Reliance]] = {}
    for one in reliances(scene, container):
        by_function.setdefault(one.access.function, []).append(one)
    none_is_kept = any(may_be_none(scene, one) for one in known if one.kind is Kind.PUTS)
    changes: list[Change] = []
    for together in by_function.values():
        group = _group(known, together)
        if group is None or not _is_steady(group):
            return None
        changes += _written(group, none_is_kept)
    return tuple(changes)


def _group(known: list[Access], together: list[Reliance]) -> _Group | None:
    """All that is to be written anew in one function; None where some of it cannot be."""
    first = together[0].access
    uses = [one.access for one in together]
    if not first.file.changeable or any(one.kind not in (Kind.READS, Kind.GETS) for one in uses):
        return None
    if any(one.name != first.name for one in uses):
        return None
    group = _Group([one for one in known if one.function is first.function and one.name == first.name], uses)
    return group if all(one.anchor and _gather(group, one.anchor, one.access) for one in together) else None


# ── what says that the entry is there ─────────────────────────────────────────────────────────────────────────────


def _gather(group: _Group, anchor: Anchor, use: Access) -> bool:
    """Note the looks and the puts behind an anchor; whether each of them can be written anew."""
    if anchor.look is None:
        return _note_put(group, anchor.node)
    _note(group.looks, anchor.look)
    if not isinstance(anchor.node, ast.If):
        return True
    lacks = anchor.look.kind is Kind.LACKS
    found, missing = (anchor.node.orelse, anchor.node.body) if lacks else (anchor.node.body, anchor.node.orelse)
    inside = any(use.node in ast.walk(statement) for statement in found)
    return inside or leaves(missing) or _note_block(group, missing)


def _note(known: list[Access], one: Access) -> None:
    if one not in known:
        known.append(one)


def _note_block(group: _Group, block: list[ast.stmt]) -> bool:
    """The put in a branch for a missing entry, also behind a second look under a lock."""
    puts = [one.node for one in group.same if one.kind is Kind.PUTS]
    putting = [statement for statement in block if any(node in puts for node in ast.walk(statement))]
    match putting:
        case [ast.With(body=body)]:
            return _note_block(group, body)
        case [ast.If(test=test, body=body, orelse=[])]:
            second = next((one for one in group.same if one.node is test and one.kind is Kind.LACKS), None)
            if second is None:
                return False
            _note(group.looks, second)
            return _note_block(group, body)
        case [statement]:
            return _note_put(group, statement)
    return False


def _note_put(group: _Group, statement: ast.AST) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    put = next((one for one in group.same if one.kind is Kind.PUTS and one.node in targets), None)
    if put:
        _note(group.puts, put)
    return put is not None


def _is_steady(group: _Group) -> bool:
    """Whether container and key mean the same at all these places, and nothing else touches the entry."""
    places = [*group.uses, *group.looks, *group.puts]
    names = set[str]().union(*(loaded(one.node) for one in places))
    lines = [one.node.lineno for one in places]
    statements = (node for node in own_walk(ast.Module(group.uses[0].function.body, []))
                  if min(lines) <= getattr(node, "lineno", 0) <= max(lines))  # fmt: skip
    if names & stored(list(statements)):
        return False
    return not any(one.kind is Kind.TAKES for one in group.same) and len(group.puts) <= 1


# ── how it is written ─────────────────────────────────────────────────────────────────────────────────────────────


def _written(group: _Group, none_is_kept: bool) -> list[Change]:
    name, changes = _name(group)
    path = group.uses[0].file.path
    changes += [_look(look, name, none_is_kept) for look in group.looks]
    return changes + [Replace(path, use.node, name) for use in group.uses if use not in group.looks]


def _name(group: _Group) -> tuple[str, list[Change]]:
    """What the entry is called from now on, and where it gets that name when it is made."""
    file = group.uses[0].file
    if not group.puts:
        return free_name(file, "found"), []
    statement = file.statement(group.puts[0].node)
    assert isinstance(statement, ast.Assign)
    names = [one.id for one in [*statement.targets, statement.value] if isinstance(one, ast.Name)]
    own = next((name for name in names if _is_own(group, name)), "")
    if own:
        return own, []
    name = free_name(file, "found")
    if names:
        return name, [Insert(file.path, statement, f"{name} = {names[0]}")]
    value = file.code(statement.value)
    if isinstance(statement.value, ast.Tuple):  # its brackets belong to it for Python, and not for the rewriter
        put = " = ".join([*map(file.code, statement.targets), name])
        return name, [Replace(file.path, statement, f"{name} = {value}\n{put}")]
    given = Insert(file.path, statement, f"{name} = {value}", after=False)
    return name, [given, Replace(file.path, statement.value, name)]


def _is_own(group: _Group, name: str) -> bool:
    """Whether a name is used for the entry alone: in the block that makes it, if there is a look before."""
    file, function = group.uses[0].file, group.uses[0].function
    block = {inner for one in file.block(file.statement(group.puts[0].node)) for inner in ast.walk(one)}
    everywhere = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name]
    given = [node for node in everywhere if isinstance(node.ctx, ast.Store)]
    return len(given) == 1 and given[0] in block and (not group.looks or all(node in block for node in everywhere))


def _look(look: Access, name: str, none_is_kept: bool) -> Change:
    file = look.file
    if look.kind is Kind.GETS:
        return Replace(file.path, look.node, f"({name} := {file.code(look.node)})")
    assert isinstance(look.node, ast.Compare)
    container, key = file.code(look.node.comparators[0]), file.code(look.key)
    key = key if not isinstance(look.key, ast.Tuple) or key.startswith("(") else f"({key})"
    asked = f"{container}.get({key}, {container})" if none_is_kept else f"{container}.get({key})"
    missing = container if none_is_kept else "None"
    return Replace(file.path, look.node, f"({name} := {asked}) is {'not ' * (look.kind is Kind.HAS)}{missing}")
