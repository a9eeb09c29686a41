"""The end of a run that somebody waited for: its verdict on standard output, and the exit code."""

from setpoint.api.errors import NoVerdict
from setpoint.api.reasons import Result
from setpoint.api.status import LastRun
from setpoint.cli.kube.standing import said_of_run, verdict_of
from setpoint.cli.output import colour, exit_code, width
from setpoint.cli.streams import emit
from setpoint.kube.facts import Constraint
from setpoint.report.tables import verdict_table
from setpoint.report.text import clean


def conclude(constraint: Constraint, run: LastRun) -> int:
    """0 within, 1 breached, 3 inconclusive; a run without a verdict is an error that says why."""
    if run.result is None:
        why = ": ".join(clean(part, 500) for part in (run.reason, run.message) if part)
        raise NoVerdict(f"run {clean(run.id, 40)} ended without a verdict{f': {why}' if why else ''}")
    verdict = verdict_of(constraint)
    emit(verdict_table(verdict, width(), colour()) if verdict else f"{said_of_run(run)}\n")
    return exit_code(Result(run.result))
