"""A loop that asks the database for one key each time round."""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.asking import Asking, askings
from setpoint.repair.playbook.asking_many import Round, before_loop, beside_function, round_of
from setpoint.repair.playbook.edits import Candidate, Change, Pattern
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.rows_written import writes_rows
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME, OFTEN
from setpoint.repair.playbook.symbols import arguments
from setpoint.repair.playbook.values import bindings, expanded

TEXTS = re.compile(
    r"\b(args|form|params|query_params|query_string|headers|cookies|match_info|path_params|argv|parse_qsl?)\b|"
    r"\.(split|rsplit|splitlines|partition|getlist|getall|strip)\("
)
FAR = 2


def find(scene: Scene) -> Iterator[Candidate]:
    """Queries by one key in loops, where the evidence counts many of them or time is spent."""
    for file in scene.project.files:
        for asking in askings(scene, file):
            weight = _weight(scene, asking)
            for changes in _ways(scene, asking) if weight else ():
                yield _candidate(asking, weight, changes)


def _weight(scene: Scene, asking: Asking) -> float:
    file, statement = asking.file, asking.file.statement(asking.apart or asking.rows)
    for seen in scene.evidence.statements:
        if scene.sight.covers(seen.site, file, statement) or scene.sight.covers(seen.site, file, asking.rows):
            return 1.0 if seen.per_request >= OFTEN else 0.0
    spent = scene.sight.time(file, asking.rows)
    return min(1.0, 0.5 + spent) if spent >= LEAST_TIME and not scene.evidence.statements else 0.0


def _ways(scene: Scene, asking: Asking) -> Iterator[tuple[Change, ...]]:
    around = round_of(asking.file, asking.rows)
    if any("COLLATE" in file.text.upper() for file in scene.project.files):
        return  # then the database takes keys as equal that Python does not
    if around and (writes_rows(scene, asking.file, around.node) or _may_differ(scene, asking, asking.file, around)):
        return
    if around:
        yield before_loop(scene, asking, around)
        return
    function = asking.file.function(asking.rows)
    for site in scene.calls.sites[function] if function else ():
        assert function is not None
        outer = round_of(site.file, site.node)
        if outer and (writes_rows(scene, site.file, outer.node) or _may_differ(scene, asking, site.file, outer)):
            continue
        yield beside_function(scene, asking, function, site.file, site.node)


def _may_differ(scene: Scene, asking: Asking, file: File, around: Round) -> bool:
    """Whether the keys are texts out of a request, and the column's values may be numbers: '7' finds 7, a dict not."""
    column = re.escape(asking.query.column.rpartition(".")[2])
    declared = re.compile(rf"\b{column}\W+((TEXT|N?VARCHAR|CHAR)\b|mapped_column\(String|Mapped\[str)", re.IGNORECASE)
    if any(declared.search(other.text) for other in scene.project.files):
        return False
    return not re.search(r"\bint\(", file.code(asking.key)) and _are_texts(scene, file, around.source)


def _are_texts(scene: Scene, file: File, source: ast.expr, depth: int = FAR) -> bool:
    function = file.function(source)
    made = list(expanded(source, bindings(function) if function else {}))
    words = [ast.unparse(one) for one in made]
    if any(re.search(r"\bint\(|\bmap\(int\b", text) for text in words):
        return False
    if any(TEXTS.search(text) for text in words):
        return True
    if function is None or not depth:
        return False
    names = {node.id for one in made for node in ast.walk(one) if isinstance(node, ast.Name)}
    own = [one.arg for one in arguments(function)]
    for site in scene.calls.sites[function]:
        at = own[1:] if own[:1] == ["self"] else own
        given = [arg for name, arg in zip(at, site.node.args, strict=False) if name in names]
        given += [word.value for word in site.node.keywords if word.arg in names]
        if any(_are_texts(scene, site.file, arg, depth - 1) for arg in given):
            return True
    return False


def _candidate(asking: Asking, weight: float, changes: tuple[Change, ...]) -> Candidate:
    line = asking.rows.lineno
    return Candidate(
        weight if changes else 0.0,
        asking.file.path,
        line,
        f"Ask for all rows by {asking.query.column} in one query",
        f"{asking.file.path}:{line} asks the database once for each entry of a loop.",
        "One query before the loop brings the rows for all entries; the loop takes its own from a dict.",
        changes,
    )


PATTERN = Pattern(
    name="query-in-loop",
    applies="A loop runs the same SELECT by one key for each entry (sqlite3's `?`), and reads all or one row of it.",
    breaks="Keys that the database takes as equal but Python does not ('1' and 1); tens of thousands of keys at once.",
    prior={"latency": 1.0, "throughput": 1.0, "cpu": 0.9, "errors": 0.2, "custom": 0.4},
    find=find,
)
