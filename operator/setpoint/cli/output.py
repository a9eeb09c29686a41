"""Standard output: a verdict in the format that was asked for, and the exit codes that go with verdicts."""

import os
import shutil
import sys
from collections.abc import Mapping

from setpoint.api.base import Model
from setpoint.api.reasons import Result
from setpoint.api.verdict import Verdict
from setpoint.report.text import visible_json

EXIT_CODES = {Result.WITHIN: 0, Result.BREACHED: 1, Result.INCONCLUSIVE: 3}


def exit_code(result: Result) -> int:
    """0 within, 1 breached, 3 inconclusive."""
    return EXIT_CODES[result]


def width() -> int:
    """Columns of the terminal; COLUMNS decides where it is set, 80 where nothing tells."""
    return shutil.get_terminal_size((80, 24)).columns


def colour() -> bool:
    """Only a terminal that did not ask for none gets colour."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    return terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def render_verdict(verdict: Verdict, output: str, file: str = "", lines: Mapping[str, int] | None = None) -> str:
    """`verdict` as table, json, markdown, junit or github; `lines` in the constraints `file` are for the last."""
    if output == "json":
        return to_json(verdict)
    if output == "junit":
        from setpoint.report.junit import junit

        return junit(verdict)
    if output == "github":
        from setpoint.report.github import annotations

        return annotations(verdict, file, lines or {})
    from setpoint.report.tables import verdict_markdown, verdict_table

    return verdict_markdown(verdict) if output == "markdown" else verdict_table(verdict, width(), colour())


def to_json(value: Model) -> str:
    """`value` as strict JSON, camelCase: numbers that are not finite are null, absent entries left out."""
    return visible_json(value.model_dump_json(by_alias=True, exclude_none=True, indent=2)) + "\n"
