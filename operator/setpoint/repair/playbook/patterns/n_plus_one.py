"""A loop that asks the database for one key each time round."""

from collections.abc import Iterator

from setpoint.repair.playbook.asking import Asking, askings
from setpoint.repair.playbook.asking_many import before_loop, beside_function, round_of
from setpoint.repair.playbook.edits import Candidate, Change, Pattern
from setpoint.repair.playbook.rows_written import writes_rows
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME, OFTEN


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
    if around and writes_rows(scene, asking.file, around.node):
        return
    if around:
        yield before_loop(scene, asking, around)
        return
    function = asking.file.function(asking.rows)
    for site in scene.calls.sites[function] if function else ():
        assert function is not None
        outer = round_of(site.file, site.node)
        if outer and writes_rows(scene, site.file, outer.node):
            continue
        yield beside_function(scene, asking, function, site.file, site.node)


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
