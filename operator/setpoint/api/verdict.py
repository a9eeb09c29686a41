"""The verdict: three values, never a score (contract section 2)."""

from typing import Literal

from setpoint.api.base import Model
from setpoint.api.reasons import Reason, Result

RANK = {Result.BREACHED: 0, Result.INCONCLUSIVE: 1, Result.WITHIN: 2}


class Row(Model):
    """One setpoint's judgement.

    `observed`, `limit` and `interval` are in `unit`. The interval is two-sided; each side is the row's one-sided
    bound at `confidence`, None where a side has no bound. `samples` counts what the judgement rests on.
    """

    constraint: str
    observed: float | None = None
    limit: float
    unit: str
    interval: tuple[float | None, float | None] | None = None
    confidence: float
    samples: int = 0
    instance: str | None = None
    result: Result
    reason: Reason
    message: str


class Verdict(Model):
    """All rows and the worst of them."""

    schema_version: Literal[1] = 1
    result: Result
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def breached(self) -> tuple[Row, ...]:
        """The rows that are confirmed breaches."""
        return tuple(row for row in self.rows if row.result is Result.BREACHED)

    def row(self, constraint: str) -> Row | None:
        """The row of that name, if there is one."""
        return next((row for row in self.rows if row.constraint == constraint), None)


def worst(results: tuple[Result, ...]) -> Result:
    """The worst of `results`: Breached, then Inconclusive, then Within. Of nothing: Inconclusive, never a pass."""
    return min(results, key=RANK.__getitem__, default=Result.INCONCLUSIVE)
