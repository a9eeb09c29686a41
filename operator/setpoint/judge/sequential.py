"""Whether a run may stop: the load asks after each look, and stops when nothing is open any more."""

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Result
from setpoint.api.verdict import Row
from setpoint.judge.judging import judge


def decided(constraints: Constraints, metrics: Metrics) -> bool:
    """Whether every row of the verdict so far is Within or Breached, by bounds that hold at every look at once."""
    verdict = judge(constraints, metrics.model_copy(update={"stopping": "sequential"}))
    return all(_is_decided(constraints, row) for row in verdict.rows)


def _is_decided(constraints: Constraints, row: Row) -> bool:
    """What is judged over the whole load may be Breached before its end, never Within."""
    if row.result is Result.WITHIN:
        return not _rests_on_the_whole_load(constraints, row.constraint)
    return row.result is Result.BREACHED


def _rests_on_the_whole_load(constraints: Constraints, row: str) -> bool:
    """Maxima, and growth that may yet begin; where a window is stated, the judge sees to it by itself."""
    if row == "memory" and constraints.memory:
        return constraints.memory.sustained_load_minutes is None
    if row == "heap.growth" and constraints.heap:
        return constraints.heap.observation_window_minutes is None
    return row == "cardinality.level" or row.startswith("custom.")
