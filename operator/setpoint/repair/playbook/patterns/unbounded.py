"""A cache, history or registry that grows without bound."""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.bounding import Bound, bound_changes, limit_for
from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.edits import Candidate, Pattern
from setpoint.repair.playbook.forgetting import may_forget
from setpoint.repair.playbook.one_look import looked_at_once
from setpoint.repair.playbook.patterns import hand_over
from setpoint.repair.playbook.roles import Role, Use
from setpoint.repair.playbook.scene import Scene

CACHES = re.compile(
    r"cache|memo|lookup|resolved|computed|parsed|rendered|compiled|dedup|seen|known|visited|last_", re.I
)
RECORDS = re.compile(r"histor|log|audit|trace|recent|sample|timing|durations?|latenc|debug|record|journal|trail", re.I)
LEAST_FIT = 0.2


def find(scene: Scene) -> Iterator[Candidate]:
    """Growing containers to which a bound can be given where they grow."""
    handed = {container.key for container, *_ in hand_over.open_hand_overs(scene)}
    for container in scene.containers.values():
        weight = scene.sight.container(container) if container.key not in handed else 0.0
        fit = _fit(scene, container) if weight else 0.0
        if _has_bound(container) and not scene.sight.holder(container):
            continue
        if fit >= LEAST_FIT:
            yield from _candidate(scene, container, weight * fit)


def _candidate(scene: Scene, container: Container, likelihood: float) -> Iterator[Candidate]:
    limit = limit_for(scene, container)
    grown = [use for use in container.of(Role.GROW) if use.file.changeable]
    if limit is None or not grown:
        return
    bound = Bound(container, grown, limit)
    changes = bound_changes(scene, bound)
    once = looked_at_once(scene, container) if container.kind == "dict" else ()
    if not changes or once is None:
        return
    use = grown[0]
    function = use.file.name(use.function) if use.function else "the module"
    yield Candidate(
        likelihood,
        use.file.path,
        use.statement.lineno,
        f"Bound {container.key.name} to {limit} entries",
        f"{container.key.name} gets a new entry in {function} ({use.file.path}:{use.statement.lineno}) "
        "for what requests bring, and nothing ever takes one out again.",
        f"At most {limit} entries are kept; the oldest make room.",
        (*once, *changes),
    )


def _fit(scene: Scene, container: Container) -> float:
    """How much this looks like something that may forget: a cache or a record, not the only copy of the data."""
    if not may_forget(scene, container):
        return 0.0
    names = " ".join(
        [container.key.name, container.key.owner, *(u.function.name for u in _grown(container) if u.function)]
    )
    known = bool(CACHES.search(names) or RECORDS.search(names))
    return (0.9 if known else 0.6) * (0.6 if container.of(Role.SHRINK) else 1.0)


def _has_bound(container: Container) -> bool:
    """Whether something is taken out where it grows, or where its length is looked at."""
    growing = {use.function for use in _grown(container)}
    return any(shrink.function in growing or _asks_length(container, shrink) for shrink in container.of(Role.SHRINK))


def _asks_length(container: Container, shrink: Use) -> bool:
    tests = [outer.test for outer in shrink.file.above(shrink.node) if isinstance(outer, ast.If | ast.While)]
    sizes = {look.node for look in container.of(Role.LOOK) if _measures(look)}
    return any(node in sizes for test in tests for node in ast.walk(test))


def _grown(container: Container) -> list[Use]:
    return container.of(Role.GROW)


def _measures(look: Use) -> bool:
    parent = look.file.parents[look.node]
    return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "len"


PATTERN = Pattern(
    name="unbounded-cache",
    applies="A dict, list, set or deque gets entries for what requests bring, and has no bound.",
    breaks="What was forgotten is computed again or, in a record, no longer shown; callers that count on every entry.",
    prior={"memory": 0.9, "heap": 0.9, "latency": 0.4, "cpu": 0.4, "throughput": 0.3, "errors": 0.1, "custom": 0.3},
    find=find,
)
