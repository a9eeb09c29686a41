"""Something that is compiled, parsed or read again for the same path or pattern."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.edits import Candidate, Change, Import, Insert, Pattern, Replace
from setpoint.repair.playbook.loops import bound_by, comprehension_around, free_name, loaded, loop_around
from setpoint.repair.playbook.patterns.setup import top_of
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.settled import is_settled
from setpoint.repair.playbook.sight import LEAST_TIME
from setpoint.repair.playbook.steady import (
    changes,
    is_by_key,
    is_changed_by_callers,
    is_costly,
    is_name_put_into,
    is_put_into,
    is_used_up,
)
from setpoint.repair.playbook.written import reads_any, writes_any

KEPT = 128  # results
KEPT_IN_LOOP = 1024  # a loop over more than are kept would find none of them again
Free = ast.Name | ast.Attribute


def find(scene: Scene) -> Iterator[Candidate]:
    """Costly expressions, and `with open(…)` blocks, that need one value of the request or of the object."""
    writes = writes_any(scene)  # then a file of any name may change
    for file in scene.project.files:
        for function in file.functions if file.changeable else ():
            for node in ast.walk(function):
                if not isinstance(node, ast.With | ast.Call) or scene.sight.time(file, node) < LEAST_TIME:
                    continue
                if (writes and reads_any(node)) or not is_settled(scene, file, node):
                    continue
                if isinstance(node, ast.With):
                    yield from _block(scene, file, function, node)
                else:
                    yield from _expression(scene, file, function, node)


def _candidate(
    scene: Scene, file: File, function: Function, node: ast.expr | ast.stmt, key: str, made: tuple[Change, ...]
) -> Candidate:
    return Candidate(
        min(1.0, 0.3 + scene.sight.time(file, node)),
        file.path,
        node.lineno,
        f"Keep what {file.name(function)} reads or parses for each {key}",
        f"{file.name(function)} reads or compiles the same again for the same {key} ({file.path}:{node.lineno}).",
        f"The results that were asked for last are kept by {key}.",
        made,
    )


# ── an expression ─────────────────────────────────────────────────────────────────────────────────────────────────


def _expression(scene: Scene, file: File, function: Function, node: ast.expr) -> Iterator[Candidate]:
    if not is_by_key(scene, file, node):
        return
    whole = _widest(scene, file, function, node)
    free = _free(scene, file, function, whole)
    returned = isinstance(file.statement(whole), ast.Return) and is_changed_by_callers(scene, function)
    if len(free) != 1 or is_used_up(scene, file, whole) or is_put_into(scene, file, function, whole) or returned:
        return
    name, given = _function_name(file, whole), next(iter(free))
    inner = given.rpartition(".")[2]
    code = file.code(whole).replace(given, inner)
    loop = comprehension_around(file, whole) or loop_around(file, whole)
    kept = KEPT_IN_LOOP if loop is not None and given in bound_by(loop) else KEPT
    helper = f"@functools.lru_cache(maxsize={kept})\ndef {name}({inner}):\n    return {code}\n\n"
    yield _candidate(scene, file, function, whole, inner, (
        Import(file.path, "functools"),
        Insert(file.path, top_of(file, function), helper, after=False),
        Replace(file.path, whole, f"{name}({given})"),
    ))  # fmt: skip


def _widest(scene: Scene, file: File, function: Function, node: ast.expr) -> ast.expr:
    """The widest costly call around `node` that needs the same one value."""
    found, free = node, _free(scene, file, function, node)
    for outer in file.above(node):
        if not isinstance(outer, ast.Call | ast.Attribute):
            break
        if (
            is_costly(scene, file, outer)
            and isinstance(outer, ast.expr)
            and _free(scene, file, function, outer) == free
        ):
            found = outer
    return found


def _free(scene: Scene, file: File, function: Function, node: ast.AST) -> set[str]:
    """Local names, and attributes of `self`, that an expression reads; more than one entry where it cannot be told."""
    local = loaded(node) & scene.symbols.local_names(function)
    if any(changes(scene, file, name) for name in loaded(node) - local):
        return {"", "something that changes"}
    found: set[str] = local - {"self"}
    if any(_is_part(file, inner) for inner in ast.walk(node) if isinstance(inner, ast.Name) and inner.id in found):
        return {"", "an object of which a part is used"}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id == "self":
            parent = file.parents[inner]
            called = isinstance(file.parents[parent], ast.Call) and parent is getattr(
                file.parents[parent], "func", None
            )
            found |= {"", "self"} if called or not isinstance(parent, ast.Attribute) else {f"self.{parent.attr}"}
    return found


def _is_part(file: File, name: ast.Name) -> bool:
    """`request.args`: the object may be the same, or another one each time, whatever that part is."""
    part = file.parents[name]
    call = file.parents[part]
    called = isinstance(call, ast.Call) and call.func is part
    return isinstance(part, ast.Attribute) and part.value is name and not called


def _function_name(file: File, node: ast.expr) -> str:
    kind = last_name(node.func) if isinstance(node, ast.Call) else ""
    wanted = {"compile": "_compiled", "Template": "_template"}.get(kind, "_parsed")
    return free_name(file, wanted)


# ── `with open(path) as file: value = parse(file)` ────────────────────────────────────────────────────────────────


def _block(scene: Scene, file: File, function: Function, block: ast.With) -> Iterator[Candidate]:
    match block:
        case ast.With(
            items=[ast.withitem(context_expr=opened, optional_vars=ast.Name(id=handle))],
            body=[ast.Assign(targets=[ast.Name(id=value)], value=parsed)],
        ) if not is_name_put_into(scene, file, function, value):
            yield from _read_apart(scene, file, function, block, (opened, parsed, handle, value))
        case ast.With(
            items=[ast.withitem(context_expr=opened, optional_vars=ast.Name(id=handle))],
            body=[ast.Return(value=ast.expr() as parsed)],
        ) if not is_changed_by_callers(scene, function):
            yield from _read_apart(scene, file, function, block, (opened, parsed, handle, ""))


def _read_apart(
    scene: Scene, file: File, function: Function, block: ast.With, parts: tuple[ast.expr, ast.expr, str, str]
) -> Iterator[Candidate]:
    """The block as a function of its own; `value` is the name that it gives, empty where it returns."""
    opened, parsed, handle, value = parts
    free = _free(scene, file, function, opened) | (_free(scene, file, function, parsed) - {handle})
    if len(free) != 1 or not is_by_key(scene, file, opened) or is_used_up(scene, file, parsed):
        return
    name, given = free_name(file, f"_read_{value or function.name.strip('_')}"), next(iter(free))
    inner = given.rpartition(".")[2]
    body = [f"    {line}" for line in file.source(block).replace(given, inner).splitlines()]
    head = [f"@functools.lru_cache(maxsize={KEPT})", f"def {name}({inner}):"]
    last = f"    return {value}\n\n" if value else "\n"
    called = f"{value} = {name}({given})" if value else f"return {name}({given})"
    yield _candidate(scene, file, function, block, inner, (
        Import(file.path, "functools"),
        Insert(file.path, top_of(file, function), "\n".join([*head, *body, last]), after=False),
        Replace(file.path, block, called),
    ))  # fmt: skip


PATTERN = Pattern(
    name="parse-per-key",
    applies="A function compiles, parses or reads something that depends on one value only, often the same one.",
    breaks="A file that changes while the service runs is not read again; who changes the result does so for all.",
    prior={"latency": 0.9, "cpu": 0.9, "throughput": 0.8, "custom": 0.3},
    find=find,
)
