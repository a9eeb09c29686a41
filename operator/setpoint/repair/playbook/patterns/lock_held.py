"""A lock that is held over slow work that does not need it."""

import ast
import re
from collections.abc import Iterator

from setpoint.api.remedy import Blocking
from setpoint.repair.playbook.edits import Candidate, Change, Insert, Pattern, Replace
from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.guarded import is_free, is_free_expression, stored_in
from setpoint.repair.playbook.locking import is_lock
from setpoint.repair.playbook.loops import free_name, loaded, stored
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME
from setpoint.repair.playbook.two_looks import Held, look_twice, may_leave

MOST_OF_IT = 0.3  # of the time under the lock
PACES = re.compile(r"limit|throttl|pace|pacing|rate|wait|delay|backoff|cool", re.I)
CLOCK = re.compile(r"^(time\.(time|monotonic|perf_counter)|datetime\.)")
FAILS = ("urllib.", "requests.", "httpx.", "aiohttp.", "socket.", "http.", "subprocess.")


def find(scene: Scene) -> Iterator[Candidate]:
    """Statements and calls under a lock, where time is spent, that neither use nor change what the lock guards."""
    for file in scene.project.files:
        for node in file.nodes if file.changeable else ():
            held = _held(file, node)
            weight = _weight(scene, held) if held else 0.0
            if held and weight:
                yield from _candidates(scene, held, weight)


def _held(file: File, node: ast.AST) -> Held | None:
    """`with lock:`, or `lock.acquire()` and then `try: … finally: lock.release()`."""
    match node:
        case ast.With(items=[item], body=body) | ast.AsyncWith(items=[item], body=body) if is_lock(file, node):
            return Held(file, file.code(item.context_expr), body, node, node)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=lock, attr="acquire"), args=[], keywords=[])):
            block, code = file.block(node), file.code(lock)
            match block[block.index(node) + 1 : block.index(node) + 2]:
                case [ast.Try(body=body, handlers=[], orelse=[], finalbody=[ast.Expr(value=given)]) as last]:
                    if file.code(given) == f"{code}.release()":
                        return Held(file, code, body, node, last)
    return None


def _weight(scene: Scene, held: Held) -> float:
    """By who waited for this lock, or by the samples under it."""
    if any(scene.sight.covers(one.site, held.file, held.first) for one in _waits(scene)):
        return 1.0
    spent = scene.sight.time(held.file, held.last)
    return min(1.0, 0.4 + spent) if spent >= LEAST_TIME else 0.0


def _waits(scene: Scene) -> list[Blocking]:
    return [one for one in scene.evidence.blocking if one.kind == "lock"]


def _candidates(scene: Scene, held: Held, weight: float) -> Iterator[Candidate]:
    ranked = sorted(held.body, key=lambda statement: -_cost(scene, held, statement))
    for statement in ranked:
        cost = _cost(scene, held, statement)
        if not cost:
            break
        if _sets_the_pace(scene, held.file, statement):
            continue  # to wait for it is what the others want of the lock
        for way in (_after, look_twice, _before, _drawn_out, _made_apart):
            changes, how = way(scene, held, statement)
            if changes:
                yield _candidate(held, statement, weight * cost, changes, how)
            if changes and way is _after:
                break  # the order is as it was, also when the slow work fails


def _sets_the_pace(scene: Scene, file: File, statement: ast.stmt) -> bool:
    """`time.sleep(…)` of a rate limiter: for a time that is worked out, beside a clock, or where the names say so."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call) or scene.symbols.dotted(file, call.func) not in ("time.sleep", "asyncio.sleep"):
        return False
    function = file.function(statement)
    if function is None or not all(isinstance(arg, ast.Constant) for arg in call.args):
        return True
    clock = any(CLOCK.match(scene.symbols.dotted(file, one.func)) for one in _calls(function) if one is not call)
    return clock or bool(PACES.search(file.name(function)))


def _cost(scene: Scene, held: Held, statement: ast.stmt) -> float:
    """1 where others were seen to wait for it, or most time was spent; a call is a guess where nothing was seen."""
    file = held.file
    if any(_is_slow(scene, file, call) for call in _calls(statement)):
        return 1.0
    spent = {one: scene.sight.time(file, one) for one in held.body}
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
    held: Held, statement: ast.stmt, likelihood: float, changes: tuple[Change, ...], how: str
) -> Candidate:  # fmt: skip
    file, lock = held.file, held.lock
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


def _before(scene: Scene, held: Held, statement: ast.stmt) -> tuple[tuple[Change, ...], str]:
    """The whole statement before the lock, with those above it that it needs: none needs what the lock guards."""
    file, at = held.file, held.body.index(statement)
    earlier, moved = held.body[:at], [statement]
    if _needs(statement, earlier):
        earlier, moved = [], held.body[: at + 1]
    plain = all(isinstance(one, ast.Assign | ast.AnnAssign | ast.Expr) for one in moved)
    if not plain or not all(is_free(scene, file, held.body, one) for one in moved):
        return (), ""
    if may_leave(earlier) or len(held.body) == len(moved) or _would_skip(scene, held, earlier, statement):
        return (), ""
    made = "\n".join(file.source(one) for one in moved)
    gone = [Replace(file.path, one, "") for one in moved]
    how = "It needs nothing that the lock guards, so it is done before."
    return (Insert(file.path, held.first, made, after=False), *gone), how


def _needs(statement: ast.stmt, earlier: list[ast.stmt]) -> bool:
    """Whether it reads what the statements above it set, or sets what they use."""
    targets = stored(list(own_walk(statement)))
    return bool(loaded(statement) & stored_in(earlier)) or any(
        targets & (loaded(one) | stored_in([one])) for one in earlier
    )


def _would_skip(scene: Scene, held: Held, earlier: list[ast.stmt], statement: ast.stmt) -> bool:
    """Whether what was done under the lock before would not be done any more when the slow work fails."""
    if all(is_free(scene, held.file, held.body, one) for one in earlier):
        return False
    names = [scene.symbols.dotted(held.file, call.func) for call in _calls(statement)]
    waits = any(isinstance(node, ast.Await | ast.With | ast.AsyncWith) for node in own_walk(statement))
    return waits or any(name.startswith(FAILS) or name == "open" for name in names)


def _after(scene: Scene, held: Held, statement: ast.stmt) -> tuple[tuple[Change, ...], str]:
    """The end of the block after the lock: what follows there needs it neither."""
    tail = held.body[held.body.index(statement) :]
    file = held.file
    if len(tail) == len(held.body) or not all(is_free(scene, file, held.body, one, last=True) for one in tail):
        return (), ""
    code = "\n".join(file.source(one) for one in tail)
    moved: tuple[Change, ...] = (Insert(file.path, held.last, code), *(Replace(file.path, one, "") for one in tail))
    return moved, "It uses only what was taken out under the lock, so it is done after the lock was given back."


def _drawn_out(scene: Scene, held: Held, statement: ast.stmt) -> tuple[tuple[Change, ...], str]:
    """One slow call of the statement before the lock, under a name of its own."""
    earlier = held.body[: held.body.index(statement)]
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr | ast.Return):
        return (), ""
    file = held.file
    if may_leave(earlier) or _would_skip(scene, held, earlier, statement):
        return (), ""
    for call in (node for node in own_walk(statement) if isinstance(node, ast.Call)):
        whole = file.parents[call] if isinstance(file.parents[call], ast.Await) else call
        assert isinstance(whole, ast.expr)
        inner = isinstance(
            file.parents[whole], ast.Call | ast.keyword | ast.BinOp | ast.Assign | ast.AugAssign | ast.Dict
        )
        slow = _is_slow(scene, file, call) or (scene.sight.time(file, call) and scene.calls.meant(file, call.func))
        if (
            inner
            and slow
            and is_free_expression(scene, file, held.body, whole)
            and not loaded(whole) & stored_in(earlier)
        ):
            name = free_name(file, "made")
            code = f"{name} = {file.code(whole)}"
            moved = (Insert(file.path, held.first, code, after=False), Replace(file.path, whole, name))
            return moved, "Its result is worked out before; under the lock it is only put in its place."
    return (), ""


def _made_apart(scene: Scene, held: Held, statement: ast.stmt) -> tuple[tuple[Change, ...], str]:
    """`if key not in known: known[key] = slow(key)`: asked and put in under the lock, made without it."""
    match statement:
        case ast.If(
            test=ast.Compare(left=key, ops=[ast.NotIn()], comparators=[known]),
            body=[ast.Assign(targets=[ast.Subscript(value=filled, slice=place)], value=ast.Call() as made)],
            orelse=[],
        ) if len(held.body) > 1 and held.body[0] is statement and isinstance(held.first, ast.With):
            file, lock = held.file, held.lock
            same = file.code(known) == file.code(filled) and file.code(key) == file.code(place)
            if not same or not is_free_expression(scene, file, held.body, made):
                return (), ""
            is_known, name = free_name(file, "is_known"), free_name(file, "made")
            code = (
                f"with {lock}:\n    {is_known} = {file.code(key)} in {file.code(known)}\n"
                f"if not {is_known}:\n    {name} = {file.code(made)}\n"
                f"    with {lock}:\n        {file.code(known)}.setdefault({file.code(key)}, {name})"
            )
            moved = (Insert(file.path, held.first, code, after=False), Replace(file.path, statement, ""))
            return moved, "It is made without the lock; where two make the same at once, the first one is kept."
    return (), ""


PATTERN = Pattern(
    name="lock-over-slow-work",
    applies="A `with lock:` block holds slow work that neither reads nor writes what the lock guards.",
    breaks="Work that must not happen twice at the same time, or whose order the lock had kept.",
    prior={"latency": 1.0, "throughput": 1.0, "cpu": 0.2, "errors": 0.3, "custom": 0.4},
    find=find,
)
