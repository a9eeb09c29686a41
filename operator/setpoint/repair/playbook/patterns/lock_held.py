"""A lock that is held over slow work that does not need it."""

import ast
from collections.abc import Iterator

from setpoint.api.remedy import Blocking
from setpoint.repair.playbook.edits import Candidate, Change, Insert, Pattern, Replace
from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.guarded import Block, is_free, is_free_expression, stored_in
from setpoint.repair.playbook.locking import is_lock
from setpoint.repair.playbook.loops import free_name, loaded, stored
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME

MOST_OF_IT = 0.3  # of the time under the lock


def find(scene: Scene) -> Iterator[Candidate]:
    """Statements and calls under a lock, where time is spent, that neither use nor change what the lock guards."""
    for file in scene.project.files:
        for node in file.nodes if file.changeable else ():
            if isinstance(node, Block) and _is_lock(file, node):
                weight = _weight(scene, file, node)
                if weight:
                    yield from _candidates(scene, file, node, weight)


def _is_lock(file: File, block: Block) -> bool:
    return len(block.items) == 1 and is_lock(file, block)


def _weight(scene: Scene, file: File, block: Block) -> float:
    """By who waited for this lock, or by the samples under it."""
    if any(scene.sight.covers(one.site, file, block) for one in _waits(scene)):
        return 1.0
    spent = scene.sight.time(file, block)
    return min(1.0, 0.4 + spent) if spent >= LEAST_TIME else 0.0


def _waits(scene: Scene) -> list[Blocking]:
    return [one for one in scene.evidence.blocking if one.kind == "lock"]


def _candidates(scene: Scene, file: File, block: Block, weight: float) -> Iterator[Candidate]:
    ranked = sorted(block.body, key=lambda statement: -_cost(scene, file, block, statement))
    for statement in ranked:
        cost = _cost(scene, file, block, statement)
        if not cost:
            break
        for way in (_before, _after, _drawn_out, _made_apart):
            changes, how = way(scene, file, block, statement)
            if changes:
                yield _candidate(file, block, statement, weight * cost, changes, how)


def _cost(scene: Scene, file: File, block: Block, statement: ast.stmt) -> float:
    """1 where others were seen to wait for it, or most time was spent; a call is a guess where nothing was seen."""
    if any(_is_slow(scene, file, call) for call in _calls(statement)):
        return 1.0
    spent = {one: scene.sight.time(file, one) for one in block.body}
    if any(spent.values()):
        return float(spent[statement] >= MOST_OF_IT * sum(spent.values()))
    seen = scene.evidence.stacks or any(one.holding for one in _waits(scene))
    return 0.4 if not seen and any(scene.calls.meant(file, call.func) for call in _calls(statement)) else 0.0


def _calls(node: ast.AST) -> list[ast.Call]:
    return [inner for inner in own_walk(node) if isinstance(inner, ast.Call)]


def _is_slow(scene: Scene, file: File, call: ast.Call) -> bool:
    """Whether the call leads to what was seen to run while others waited for a lock."""
    return any(one.holding and scene.sight.leads_to(file, call, one.holding) for one in _waits(scene))


def _candidate(
    file: File, block: Block, statement: ast.stmt, likelihood: float, changes: tuple[Change, ...], how: str
) -> Candidate:  # fmt: skip
    lock = file.code(block.items[0].context_expr)
    what = file.source(statement).splitlines()[0]
    return Candidate(
        likelihood,
        file.path,
        statement.lineno,
        f"Do slow work without holding {lock}",
        f"{file.path}:{statement.lineno} ({what}) runs while {lock} is held; all who want the lock wait for it.",
        how,
        changes,
    )


# ── where it may go ───────────────────────────────────────────────────────────────────────────────────────────────


def _before(scene: Scene, file: File, block: Block, statement: ast.stmt) -> tuple[tuple[Change, ...], str]:
    """The whole statement before the lock: it needs nothing that was done under it."""
    earlier = block.body[: block.body.index(statement)]
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr) or not is_free(scene, file, block, statement):
        return (), ""
    targets = stored(list(own_walk(statement)))
    if loaded(statement) & stored_in(earlier) or any(targets & (loaded(one) | stored_in([one])) for one in earlier):
        return (), ""
    if len(block.body) == 1:
        return (), ""
    moved = (Insert(file.path, block, file.source(statement), after=False), Replace(file.path, statement, ""))
    return moved, "It needs nothing that the lock guards, so it is done before."


def _after(scene: Scene, file: File, block: Block, statement: ast.stmt) -> tuple[tuple[Change, ...], str]:
    """The end of the block after the lock: what follows there needs it neither."""
    tail = block.body[block.body.index(statement) :]
    if len(tail) == len(block.body) or not all(is_free(scene, file, block, one) for one in tail):
        return (), ""
    code = "\n".join(file.source(one) for one in tail)
    moved: tuple[Change, ...] = (Insert(file.path, block, code), *(Replace(file.path, one, "") for one in tail))
    return moved, "It uses only what was taken out under the lock, so it is done after the lock was given back."


def _drawn_out(scene: Scene, file: File, block: Block, statement: ast.stmt) -> tuple[tuple[Change, ...], str]:
    """One slow call of the statement before the lock, under a name of its own."""
    earlier = block.body[: block.body.index(statement)]
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr | ast.Return):
        return (), ""
    for call in (node for node in own_walk(statement) if isinstance(node, ast.Call)):
        whole = file.parents[call] if isinstance(file.parents[call], ast.Await) else call
        assert isinstance(whole, ast.expr)
        inner = isinstance(
            file.parents[whole], ast.Call | ast.keyword | ast.BinOp | ast.Assign | ast.AugAssign | ast.Dict
        )
        slow = _is_slow(scene, file, call) or (scene.sight.time(file, call) and scene.calls.meant(file, call.func))
        if inner and slow and is_free_expression(scene, file, block, whole) and not loaded(whole) & stored_in(earlier):
            name = free_name(file, "made")
            code = f"{name} = {file.code(whole)}"
            moved = (Insert(file.path, block, code, after=False), Replace(file.path, whole, name))
            return moved, "Its result is worked out before; under the lock it is only put in its place."
    return (), ""


def _made_apart(scene: Scene, file: File, block: Block, statement: ast.stmt) -> tuple[tuple[Change, ...], str]:
    """`if key not in known: known[key] = slow(key)`: asked and put in under the lock, made without it."""
    match statement:
        case ast.If(
            test=ast.Compare(left=key, ops=[ast.NotIn()], comparators=[known]),
            body=[ast.Assign(targets=[ast.Subscript(value=filled, slice=place)], value=ast.Call() as made)],
            orelse=[],
        ) if len(block.body) > 1 and block.body[0] is statement and isinstance(block, ast.With):
            same = file.code(known) == file.code(filled) and file.code(key) == file.code(place)
            if not same or not is_free_expression(scene, file, block, made):
                return (), ""
            lock = file.code(block.items[0].context_expr)
            is_known, name = free_name(file, "is_known"), free_name(file, "made")
            code = (
                f"with {lock}:\n    {is_known} = {file.code(key)} in {file.code(known)}\n"
                f"if not {is_known}:\n    {name} = {file.code(made)}\n"
                f"    with {lock}:\n        {file.code(known)}.setdefault({file.code(key)}, {name})"
            )
            moved = (Insert(file.path, block, code, after=False), Replace(file.path, statement, ""))
            return moved, "It is made without the lock; where two make the same at once, the first one is kept."
    return (), ""


PATTERN = Pattern(
    name="lock-over-slow-work",
    applies="A `with lock:` block holds slow work that neither reads nor writes what the lock guards.",
    breaks="Work that must not happen twice at the same time, or whose order the lock had kept.",
    prior={"latency": 1.0, "throughput": 1.0, "cpu": 0.2, "errors": 0.3, "custom": 0.4},
    find=find,
)
