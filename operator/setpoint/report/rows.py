"""A verdict's rows and a verification's changes as cells of text, the same words in every format."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setpoint.api.reasons import Result
from setpoint.api.verdict import Row, Verdict
from setpoint.judge.wording import number
from setpoint.report.text import clean

if TYPE_CHECKING:  # not needed to judge, and not free
    from setpoint.api.remedy import Change

MARK = {Result.WITHIN: "✓", Result.BREACHED: "✗", Result.INCONCLUSIVE: "?"}
MOVED = {"Better": "better", "Same": "same", "Worse": "WORSE", "Unknown": "unknown"}
TONE = {"Better": Result.WITHIN, "Same": None, "Worse": Result.BREACHED, "Unknown": Result.INCONCLUSIVE}
ROW_HEAD = ("Constraint", "Observed", "Limit", "Interval", "Result")
CHANGE_HEAD = ("Constraint", "Before", "After", "Limit", "Change", "Moved")


@dataclass(frozen=True, slots=True)
class Cells:
    """One line of a table, plain and harmless text. `tone`: what colour it deserves; None: neither good nor bad."""

    texts: tuple[str, ...]
    tone: Result | None


def row_cells(row: Row) -> Cells:
    """constraint, observed, limit, interval, result."""
    name = clean(row.constraint, 80)
    result = f"{MARK[row.result]} {row.result.value}"
    shown = (name, value(row.observed), limit_text(row.constraint, row.limit, row.unit), span(row.interval))
    return Cells((*shown, result), row.result)


def change_cells(change: "Change") -> Cells:
    """constraint, control, candidate, limit, interval of the change, where it moved."""
    shown = (clean(change.constraint, 80), value(change.control), value(change.candidate))
    limit = limit_text(change.constraint, change.limit, change.unit)
    return Cells((*shown, limit, span(change.interval), MOVED[change.moved]), TONE[change.moved])


def value(amount: float | None, unit: str = "") -> str:
    """A number (with its unit, which tables give once, at the limit); a dash where nothing was observed."""
    if amount is None:
        return "–"
    return f"{number(amount)} {clean(unit, 20)}".rstrip()


def limit_text(constraint: str, limit: float, unit: str) -> str:
    """The limit with its side. A custom row does not say which side it is held on."""
    side = "" if constraint.startswith("custom.") else "≥ " if constraint == "throughput" else "≤ "
    return side + value(limit, unit)


def span(interval: tuple[float | None, float | None] | None) -> str:
    """An interval, its open sides in signs."""
    low, high = interval or (None, None)
    if low is None and high is None:
        return "–"
    if low is None or high is None:
        return f"≤ {number(high)}" if low is None else f"≥ {number(low)}"
    return f"{number(low)} … {number(high)}"


def headline(verdict: Verdict) -> str:
    """The whole verdict in one line."""
    if verdict.result is Result.WITHIN:
        return f"Within: all {len(verdict.rows)} setpoints are held" if len(verdict.rows) > 1 else "Within"
    names = [clean(row.constraint, 80) for row in verdict.rows if row.result is verdict.result]
    return f"{verdict.result.value}: {', '.join(names)}" if names else verdict.result.value


def remarks(verdict: Verdict) -> list[str]:
    """What each row that is not within says of itself, then the verdict's notes."""
    rows = [row for row in verdict.rows if row.result is not Result.WITHIN]
    return [remark(row) for row in rows] + [clean(note, 2000) for note in verdict.notes]


def remark(row: Row) -> str:
    """What a row says of itself, and why there is no verdict on it."""
    why = f" ({row.reason.value})" if row.result is Result.INCONCLUSIVE else ""
    return f"{clean(row.constraint, 80)}{why}: {clean(row.message, 2000)}"


def cells_of(verdict: Verdict) -> list[Cells]:
    """All rows of `verdict`."""
    return [row_cells(row) for row in verdict.rows]


def cells_of_changes(changes: Sequence["Change"]) -> list[Cells]:
    """All rows of a verification."""
    return [change_cells(change) for change in changes]
