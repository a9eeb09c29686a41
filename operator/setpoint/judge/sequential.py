"""Whether a run may stop: the load asks after each look, and stops when nothing is open any more."""

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Result
from setpoint.judge.judging import judge


def decided(constraints: Constraints, metrics: Metrics) -> bool:
    """Whether every row of the verdict so far is Within or Breached, by bounds that hold at every look at once."""
    verdict = judge(constraints, metrics.model_copy(update={"stopping": "sequential"}))
    return all(row.result is not Result.INCONCLUSIVE for row in verdict.rows)
