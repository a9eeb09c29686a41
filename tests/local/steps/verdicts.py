"""Verdicts for orders."""

from setpoint.api.reasons import Reason, Result
from setpoint.api.verdict import Row, Verdict


def breach(*names: str) -> Verdict:
    """A verdict in which these rows are breached."""
    rows = tuple(
        Row(
            constraint=name,
            observed=900.0,
            limit=0.0,
            unit="MB/h",
            confidence=0.99,
            result=Result.BREACHED,
            reason=Reason.SETPOINT_BREACHED,
            message="grows",
        )
        for name in names
    )
    return Verdict(result=Result.BREACHED, rows=rows)
