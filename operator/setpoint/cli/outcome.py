"""What `setpoint run` prints at its end: the verdict, before and after, and where to look."""

from pathlib import Path

from setpoint.cli.output import colour, render_verdict, to_json, width
from setpoint.control.record import Record
from setpoint.report.tables import change_markdown, change_table
from setpoint.report.text import clean


def render_run(record: Record, output: str, file: str, report: Path | None) -> str:
    """The run's end in the chosen format; junit and github speak of the verdict alone. `report`: where to look."""
    if record.verdict is None:
        return ""
    verdict = render_verdict(record.verdict, output, file)
    if output == "json":
        return to_json(record)
    if output not in ("table", "markdown"):
        return verdict
    shown = record.remediation.shown() if record.remediation else None
    changes = shown.verification.changes if shown and shown.verification else ()
    draw = change_table(changes, width(), colour()) if output == "table" else change_markdown(changes)
    after = ""
    if shown and changes:
        after = (
            f"\nbefore (unchanged copy) and after (attempt {shown.number}: {shown.outcome}), the same load:\n\n{draw}"
        )
    return "\n".join([f"{verdict}{after}", *_where(record, report), ""])


def _where(record: Record, report: Path | None) -> list[str]:
    lines = []
    remediation = record.remediation
    if remediation:
        ended = remediation.escalation or remediation.ended or "open"
        lines.append(f"repair: {ended}: {clean(remediation.message or record.decisions[-1].message)}")
        if remediation.pull_request:
            lines.append(f"branch: {clean(remediation.pull_request.branch)}")
            lines.append(f"pull request: {clean(remediation.pull_request.url)}")
    if report:
        lines.append(f"report: {report.absolute()}")
    return lines
