"""A walk through a whole list to find the entries with a certain key."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.edits import Candidate, Change, Import, Insert, Pattern, Replace
from setpoint.repair.playbook.loops import (
    bound_by,
    comprehension_around,
    free_name,
    is_fixed,
    loaded,
    loop_around,
    mutated,
)
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import Role
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME
from setpoint.repair.playbook.touching import changes_keys, is_touched

SEVERAL = re.compile(r"(?<![sui'\"])s(['\"]\])?$")  # `rule["tags"]` may be a list, which is no key


@dataclass(frozen=True, eq=False)
class Walk:
    """`for each in source: if key(each) == wanted: …`, as a loop or in a comprehension. `node` is the whole of it."""

    file: File
    node: ast.For | ast.expr
    each: str
    source: ast.expr
    key: ast.expr
    wanted: ast.expr


def find(scene: Scene) -> Iterator[Candidate]:
    """Walks where time is spent, through lists that stay as they are."""
    for file in scene.project.files:
        for node in file.nodes if file.changeable else ():
            walk = _walk(file, node)
            spent = scene.sight.time_near(file, walk.node) if walk else 0.0
            if walk and spent >= LEAST_TIME:
                for changes, when in (_before_loop(scene, walk), _beside_list(scene, walk)):
                    if changes:
                        yield _candidate(walk, spent, changes, when)


def _candidate(walk: Walk, spent: float, changes: tuple[Change, ...], when: str) -> Candidate:
    file, line, name = walk.file, walk.node.lineno, walk.file.code(walk.source)
    return Candidate(
        min(1.0, 0.4 + spent),
        file.path,
        line,
        f"Index {name} by {file.code(walk.key)}",
        f"{file.path}:{line} walks through all of {name} to find the entries with one key.",
        f"The entries are sorted by their key {when}.",
        changes,
    )


# ── what is a walk ────────────────────────────────────────────────────────────────────────────────────────────────


def _walk(file: File, node: ast.AST) -> Walk | None:
    match node:
        case ast.For(target=ast.Name(id=each), iter=source, body=[ast.If(test=test, orelse=[])], orelse=[]):
            return _by_key(file, node, each, source, test)
        case ast.ListComp(generators=[one]) | ast.GeneratorExp(generators=[one]) | ast.SetComp(generators=[one]):
            if isinstance(one.target, ast.Name) and len(one.ifs) == 1 and not one.is_async:
                return _by_key(file, node, one.target.id, one.iter, one.ifs[0])
    return None


def _by_key(file: File, node: ast.For | ast.expr, each: str, source: ast.expr, test: ast.expr) -> Walk | None:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            key, wanted = (left, right) if each in loaded(left) else (right, left)
            plain = not any(isinstance(inner, ast.Call) for side in (key, wanted) for inner in ast.walk(side))
            apart = loaded(key) == {each} and each not in loaded(wanted) and not isinstance(key, ast.Name)
            several = SEVERAL.search(ast.unparse(key)) or SEVERAL.search(ast.unparse(wanted))
            if plain and apart and not several and isinstance(source, ast.Name | ast.Attribute):
                return Walk(file, node, each, source, key, wanted)
    return None


# ── in a loop: the index is made before it ────────────────────────────────────────────────────────────────────────


def _before_loop(scene: Scene, walk: Walk) -> tuple[tuple[Change, ...], str]:
    file = walk.file
    around = comprehension_around(file, walk.node) or loop_around(file, walk.node)
    if around is None or not is_fixed(around, walk.source) or mutated(file, around, file.code(walk.source)):
        return (), ""
    if bound_by(around).isdisjoint(loaded(walk.wanted)):
        return (), ""
    if is_touched(scene, file, around, walk.source) or changes_keys(file, around, walk.key):
        return (), ""
    index = free_name(file, "by_key")
    made = Insert(file.path, file.statement(around), _built(walk, index, file.code(walk.source)), after=False)
    return (made, Replace(file.path, walk.source, _asked(walk, index))), "once, before the loop"


def _built(walk: Walk, index: str, source: str) -> str:
    key = walk.file.code(walk.key)
    return f"{index} = {{}}\nfor {walk.each} in {source}:\n    {index}.setdefault({key}, []).append({walk.each})"


def _asked(walk: Walk, index: str) -> str:
    return f"{index}.get({walk.file.code(walk.wanted)}, ())"


# ── a list that never changes: the index stands beside it ─────────────────────────────────────────────────────────


def _beside_list(scene: Scene, walk: Walk) -> tuple[tuple[Change, ...], str]:
    key = scene.names.key(walk.file, walk.source)
    known = scene.variables.get(key) if key else None
    if known is None or not known.birth or known.kind != "list" or known.of(Role.GROW) or known.of(Role.SHRINK):
        return (), ""
    if any(changes_keys(file, file.tree, walk.key) for file in scene.project.files):
        return (), ""  # an entry may get another key while it stands in the index
    home = known.birth[0]
    if known.key.scope == "module":
        return _beside_name(walk, known, home), "once, when the module is loaded"
    if known.key.scope == "class":
        return _beside_attribute(walk, known, home), "once, when the object is made"
    return (), ""


def _beside_name(walk: Walk, known: Container, home: File) -> tuple[Change, ...]:
    name = known.key.name
    index = free_name(home, f"{name}_BY_KEY" if name.isupper() else f"{name}_by_key")
    tops = [use.statement for use in known.uses if use.file is home and use.function is None]
    tops = [outer for top in tops for outer in [top, *home.above(top)] if outer in home.tree.body]
    if not tops:
        return ()
    last = max((top for top in tops if isinstance(top, ast.stmt)), key=lambda top: top.lineno)
    asked = index if isinstance(walk.source, ast.Name) else f"{walk.file.code(walk.source)[: -len(name)]}{index}"
    imported: tuple[Change, ...] = ()
    if isinstance(walk.source, ast.Name) and home is not walk.file:
        imported = (Import(walk.file.path, _module_of(walk.file, walk.source.id), index),)
    return (
        Insert(home.path, last, _built(walk, index, name)),
        *imported,
        Replace(walk.file.path, walk.source, _asked(walk, asked)),
    )


def _module_of(file: File, name: str) -> str:
    """The module from which the file imports a name."""
    for node in file.tree.body:
        if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
            return "." * node.level + (node.module or "")
    return ""


def _beside_attribute(walk: Walk, known: Container, home: File) -> tuple[Change, ...]:
    assert known.birth is not None
    born = home.function(known.birth[1])
    if not isinstance(born, Function) or born.name not in ("__init__", "__post_init__"):
        return ()
    source = walk.file.code(walk.source)
    built = _built(walk, f"self.{known.key.name}_by_key", f"self.{known.key.name}")
    return (
        Insert(home.path, born.body[-1], built),
        Replace(walk.file.path, walk.source, _asked(walk, f"{source}_by_key")),
    )


PATTERN = Pattern(
    name="search-by-walking",
    applies="A list is walked through to find the entries with one key, where time is spent, and it does not change.",
    breaks="Entries whose key changes after they were put into the list; keys that cannot be hashed.",
    prior={"latency": 0.95, "cpu": 0.95, "throughput": 0.9, "custom": 0.4},
    find=find,
)
