"""A batch or buffer that is handed over but never cleared."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from setpoint.repair.playbook.calls import CallSite
from setpoint.repair.playbook.containers import Container, holds_callables, holds_receivers
from setpoint.repair.playbook.cursors import has_cursor, is_measured_after
from setpoint.repair.playbook.edits import Candidate, Pattern
from setpoint.repair.playbook.emptying import after_call, inside, is_beside
from setpoint.repair.playbook.flow import FOREVER, after, own_walk
from setpoint.repair.playbook.needed import is_needed
from setpoint.repair.playbook.partial import is_partial, is_shown
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import Role, Use, last_name
from setpoint.repair.playbook.scene import Scene

FLUSHES = re.compile(
    r"flush|drain|send|ship|publish|export|write|commit|emit|dispatch|persist|save|store|upload|deliver|hand|forward|"
    r"process_(all|batch|pending)|push|post|submit|sync|run_batch|apply|archive|rotate|notify|insert_many|bulk|consume"
)
READS = re.compile(
    r"^_?(get|list|stats?|snapshot|render|metrics|to|as|report|summary|totals?|count|find|search|show|describe|read|"
    r"load|dump|index|latest|recent|do_GET|health|__\w+__)"
)
GIVES_AWAY = re.compile(r"flush|drain|consume|rotate|take|pop|swap|process_(all|batch|pending)|run_batch")
LEAST_FIT = 0.35
FAR = 2  # calls between a function and the one that it has empty the container


def find(scene: Scene) -> Iterator[Candidate]:
    """Where the emptying that is missing after a hand-over could go."""
    for container, function, takes, fit in open_hand_overs(scene):
        yield from _candidates(scene, container, function, takes, scene.sight.container(container) * fit)


def open_hand_overs(scene: Scene) -> Iterator[tuple[Container, Function, list[Use], float]]:
    """Hand-overs of growing containers after which nothing empties them, with how much they look like one."""
    for container in scene.containers.values():
        seen = scene.sight.container(container)
        found = _by_function(container) if seen else {}
        handing = {function for function, takes in found.items() if _hands(scene, container, function, takes)}
        for function, takes in found.items():
            if function not in handing or is_needed(scene, container, function, handing):
                continue
            left = [take for take in takes if not _emptied(scene, container, take)]
            if any(is_partial(scene, take) for take in left):
                continue  # to empty it would lose what did not go
            fit = _fit(scene, container, function, left) if left else 0.0
            if fit >= LEAST_FIT:
                yield container, function, left, fit


def _hands(scene: Scene, container: Container, function: Function, takes: list[Use]) -> bool:
    """Whether it looks like a hand-over, and one that is not made with each new entry: that tells the whole state."""
    if _fit(scene, container, function, takes) < LEAST_FIT:
        return False
    growing = {use.function for use in container.of(Role.GROW)}
    sites = scene.calls.sites[function]
    each_time = function in growing or (bool(sites) and all(site.caller in growing for site in sites))
    places = [(take.file, take.node) for take in takes] + [(site.file, site.node) for site in sites]
    guarded = any(isinstance(outer, ast.If | ast.While) for file, node in places for outer in file.above(node))
    return guarded or not each_time or _guarded_by_return(function) or _resets_count(container, function)


def _guarded_by_return(function: Function) -> bool:
    return any(isinstance(one, ast.If) and isinstance(one.body[-1], ast.Return) for one in function.body)


def _by_function(container: Container) -> dict[Function, list[Use]]:
    found: dict[Function, list[Use]] = defaultdict(list)
    for use in container.of(Role.TAKE):
        if use.function:
            found[use.function].append(use)
    return found


def _candidates(
    scene: Scene, container: Container, function: Function, takes: list[Use], likelihood: float
) -> Iterator[Candidate]:
    cursor = has_cursor(container)
    if cursor and not is_measured_after(container, takes):
        return
    calls = [] if cursor else [site for site in scene.calls.sites[function] if _is_guard_around(container, site)]
    elsewhere = _has_own_guard(container, takes) or any(use.function is function for use in container.of(Role.SHRINK))
    alone = len(scene.calls.sites[function]) == 1 and not elsewhere
    made = inside(scene, container, function, takes)
    if made:
        yield _told(container, takes[0], made, likelihood * (0.9 if calls and alone else 1.0))
    for site in calls:
        made = after_call(scene, container, site, takes)
        if made:
            beside = is_beside(scene, container)  # then a clear after the call may lose what came in meanwhile
            yield _told(container, takes[0], made, likelihood * (0.5 if beside else 1.0 if alone else 0.6))


def _told(container: Container, take: Use, made: Candidate, likelihood: float) -> Candidate:
    file, line = take.file, take.statement.lineno
    function = file.name(take.function) if take.function else "the module"
    cause = (
        f"{container.key.name} grows with every request and is handed over in {function} ({file.path}:{line}), "
        "but nothing empties it afterwards: it holds all that ever came in, and each hand-over repeats it."
    )
    return Candidate(
        likelihood, made.path, made.line, made.title, cause, made.explanation, made.changes
    )  # fmt: skip


# ── is it a hand-over? ────────────────────────────────────────────────────────────────────────────────────────────


def _fit(scene: Scene, container: Container, function: Function, takes: list[Use]) -> float:
    """How much this looks like a batch that is handed over, and not like a look at what is kept."""
    sites = scene.calls.sites[function]
    guarded = _has_own_guard(container, takes) or any(_is_guard_around(container, site) for site in sites)
    flushes = bool(FLUSHES.search(function.name))
    if holds_callables(container) or holds_receivers(container):
        return 0.0
    if READS.match(function.name) and not (flushes or guarded):
        return 0.0
    shown = is_shown(scene, function, takes)
    if shown and not guarded and not GIVES_AWAY.search(function.name):
        return 0.0
    fit = 0.1 if shown else 0.3
    fit += 0.3 * flushes + 0.3 * guarded
    fit += 0.2 * any(FLUSHES.search(name) for take in takes for name in _called_names(take.statement))
    fit += 0.1 * any(_is_periodic(site.file, site.node) for site in sites)
    fit += 0.2 * any(_is_given_away(take) for take in takes) + 0.2 * _resets_count(container, function)
    return min(fit, 1.0)


def _called_names(statement: ast.stmt) -> Iterator[str]:
    return (last_name(node.func) for node in own_walk(statement) if isinstance(node, ast.Call))


def _is_given_away(take: Use) -> bool:
    """Whether all of it goes into a call that is made for what it does: `courier.collect(list(x))`."""
    call = take.statement.value if isinstance(take.statement, ast.Expr) else None
    call = call.value if isinstance(call, ast.Await) else call
    given = call.args if isinstance(call, ast.Call) else []
    inside = {node for one in given for node in ast.walk(one)}
    return take.node in inside and not isinstance(take.file.parents[take.node], ast.Subscript)


def _resets_count(container: Container, function: Function) -> bool:
    """Whether it sets a number back to 0 that goes up where the container grows: so many are in the batch."""
    counted = {
        ast.unparse(node.target)
        for use in container.of(Role.GROW)
        if use.function
        for node in ast.walk(use.function)
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add)
    }
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[target], value=ast.Constant(value=0)) if ast.unparse(target) in counted:
                return True
    return False


def _has_own_guard(container: Container, takes: list[Use]) -> bool:
    return any(_guarded(container, take.file, take.node) for take in takes)


def _is_guard_around(container: Container, site: CallSite) -> bool:
    return _guarded(container, site.file, site.node)


def _guarded(container: Container, file: File, node: ast.expr) -> bool:
    """Whether it runs only when the container has reached some size, or after `if size < n: return`."""
    tests = [outer.test for outer in file.above(node) if isinstance(outer, ast.If)]
    function = file.function(node)
    for statement in function.body if function else ():
        if isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Return):
            tests += [statement.test] if statement.lineno < node.lineno else []
    sizes = {look.node for look in container.of(Role.LOOK) if look.file is file}
    return any(inner in sizes for test in tests if _compares(test) for inner in ast.walk(test))


def _compares(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Compare) for node in ast.walk(test))


def _is_periodic(file: File, node: ast.expr) -> bool:
    return any(isinstance(outer, FOREVER) for outer in file.above(node))


# ── is it emptied already? ────────────────────────────────────────────────────────────────────────────────────────


def _emptied(scene: Scene, container: Container, take: Use) -> bool:
    """Whether the container is emptied with the hand-over, after it, or after every call of its function."""
    shrinks, emptying = {shrink.node for shrink in container.of(Role.SHRINK)}, _emptying(scene, container)
    statement = _origin(container, take)

    def empties(file: File, statements: Iterable[ast.stmt]) -> bool:
        return any(_empties(scene, file, one, shrinks, emptying) for one in statements)

    if empties(take.file, [statement, *after(take.file, statement)]):
        return True
    sites = scene.calls.sites[take.function] if take.function else []
    return bool(sites) and all(empties(site.file, after(site.file, site.file.statement(site.node))) for site in sites)


def _origin(container: Container, take: Use) -> ast.stmt:
    """Where the name that is handed over was given the container: emptying counts from there on."""
    if isinstance(take.node, ast.Name):
        for other in container.of(Role.TAKE):
            match other.statement:
                case ast.Assign(targets=[ast.Name(id=name)]) if (
                    name == take.node.id and other.function is take.function
                ):
                    return other.statement
    return take.statement


def _empties(scene: Scene, file: File, statement: ast.stmt, shrinks: set[ast.expr], emptying: set[Function]) -> bool:
    """Whether the statement, or a function of the project that it calls, takes something out of the container."""
    inner = list(own_walk(statement))
    if not shrinks.isdisjoint(inner):
        return True
    calls = (node for node in inner if isinstance(node, ast.Call))
    return any(function in emptying for call in calls for function in scene.calls.meant(file, call.func))


def _emptying(scene: Scene, container: Container) -> set[Function]:
    """The functions that take something out of the container, or call one that does."""
    found = {shrink.function for shrink in container.of(Role.SHRINK) if shrink.function}
    for _ in range(FAR):
        found |= {site.caller for function in found for site in scene.calls.sites[function] if site.caller}
    return found


PATTERN = Pattern(
    name="hand-over-without-clear",
    applies="A list, dict, set or deque that grows with requests is handed over as a whole, and nothing empties it.",
    breaks=(
        "Code that counts on the old content still being there after the hand-over; and what other threads add "
        "between the hand-over and the clearing is lost unless a lock is held around both."
    ),
    prior={"memory": 1.0, "heap": 1.0, "latency": 0.5, "cpu": 0.5, "throughput": 0.4, "errors": 0.2, "custom": 0.4},
    find=find,
)
