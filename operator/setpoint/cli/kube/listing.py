"""A table of constraints that fits the terminal, and the whole of one. Pure: constraints in, text out."""

from collections.abc import Callable, Sequence

from setpoint.cli.kube.standing import (
    ABNORMAL,
    MARKS,
    said_of,
    said_of_remediation,
    said_of_run,
    standing,
    target_of,
    verdict_of,
)
from setpoint.kube.facts import Constraint
from setpoint.kube.load_state import unix
from setpoint.report.rows import Cells
from setpoint.report.tables import aligned, verdict_table, wrapped
from setpoint.report.text import clean

Column = Callable[[Constraint, float], str]
SHORTEST = 8


def _compliant(constraint: Constraint, _: float) -> str:
    stands = standing(constraint)
    return f"{MARKS[stands.truth]} {stands.reason if stands.truth == 'Unknown' else stands.truth}"


def _state(kind: str) -> Column:
    def column(constraint: Constraint, _: float) -> str:
        found = constraint.status.condition(kind)
        return clean(found.reason if found.status != "Unknown" else found.status, 40) if found else "–"

    return column


def _last_run(constraint: Constraint, now: float) -> str:
    run = constraint.status.last_run
    if run is None:
        return "–"
    return f"{age(run.finished_at, now)} ago" if run.finished_at else "running"


# The name of a column, how it is made, and the order in which columns go where there is no room (0: never).
COLUMNS: tuple[tuple[str, Column, int], ...] = (
    ("NAMESPACE", lambda constraint, _: clean(constraint.namespace, 63), 0),
    ("NAME", lambda constraint, _: clean(constraint.name, 253), 0),
    ("TARGET", lambda constraint, _: target_of(constraint) or "–", 3),
    ("WORST", lambda constraint, _: clean(constraint.status.worst or "–", 80), 5),
    ("REMEDIATION", _state("Remediating"), 2),
    ("READY", _state("Ready"), 4),
    ("LAST RUN", _last_run, 6),
    ("AGE", lambda constraint, now: age(constraint.created, now), 1),
    ("COMPLIANT", _compliant, 0),
)


def table(constraints: Sequence[Constraint], now: float, width: int, *, namespaced: bool, colour: bool) -> str:
    """A line for each, in as many columns as there is room for; names are cut last."""
    columns = [column for column in COLUMNS if namespaced or column[0] != "NAMESPACE"]
    texts = [[make(one, now) for _, make, _ in columns] for one in constraints]
    while _wide(columns, texts) > width and any(drop for *_, drop in columns):
        gone = min(range(len(columns)), key=lambda at: columns[at][2] or 99)
        columns = [column for at, column in enumerate(columns) if at != gone]
        texts = [[text for at, text in enumerate(line) if at != gone] for line in texts]
    spare = width - _wide(columns, texts)
    if spare < 0:
        texts = [_cut(line, -spare) for line in texts]
    cells = [Cells(tuple(line), standing(one).result) for one, line in zip(constraints, texts, strict=True)]
    return aligned(tuple(name for name, *_ in columns), cells, colour, numbers=False)


def _wide(columns: Sequence[tuple[str, Column, int]], texts: Sequence[Sequence[str]]) -> int:
    widths = [max([len(columns[at][0]), *(len(line[at]) for line in texts)]) for at in range(len(columns))]
    return sum(widths) + 2 * (len(widths) - 1)


def _cut(line: list[str], much: int) -> list[str]:
    """Shorter names, as far as they can still be told apart by their beginning."""
    *names, last = line
    each = -(-much // len(names))
    return [*(_shorter(name, max(len(name) - each, SHORTEST)) for name in names), last]


def _shorter(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def whole(constraint: Constraint, now: float, width: int, colour: bool) -> str:
    """One constraint: its conditions, rows, run and remediation."""
    about = f"{constraint.namespace}/{constraint.name}: Deployment {target_of(constraint)}"
    stands = standing(constraint)
    verdict = verdict_of(constraint)
    first = f"{MARKS[stands.truth]} Compliant {stands.truth} {stands.reason}"
    others = [said_of(condition) for condition in constraint.status.conditions if condition.type != "Compliant"]
    told = [clean(about), f"{first}: {stands.message}" if stands.message else first, *_sorted(others)]
    lines = [line for text in told for line in wrapped(text, width)]
    run = constraint.status.last_run
    after = [said_of_run(run) if run else None, said_of_remediation(constraint), _next(constraint, now)]
    end = [line for text in after if text for line in wrapped(text, width)]
    rows = f"\n{verdict_table(verdict, width, colour)}\n" if verdict else "\n"
    return "\n".join(lines) + "\n" + rows + "".join(f"{line}\n" for line in end)


def _sorted(lines: list[str]) -> list[str]:
    """What is out of the ordinary first."""
    return sorted(lines, key=lambda line: not line.startswith(ABNORMAL))


def _next(constraint: Constraint, now: float) -> str | None:
    at = unix(constraint.status.next_run_time)
    if at is None:
        return None
    return f"next run at {clean(constraint.status.next_run_time or '', 40)}, in {_span(max(at - now, 0))}"


def age(moment: str | None, now: float) -> str:
    """How long ago; a dash where it is not known."""
    at = unix(moment)
    return "–" if at is None else _span(max(now - at, 0))


def _span(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
