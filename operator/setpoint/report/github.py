"""A verdict as GitHub workflow commands: annotations at the line that sets each limit."""

from collections.abc import Mapping

from setpoint.api.reasons import Result
from setpoint.api.verdict import Row, Verdict
from setpoint.report.rows import headline
from setpoint.report.text import clean

_LEVEL = {Result.BREACHED: "error", Result.INCONCLUSIVE: "warning"}


def annotations(verdict: Verdict, file: str, lines: Mapping[str, int]) -> str:
    """`lines`: the line in `file` of each row's limit."""
    said = [_annotation(row, file, lines.get(row.constraint, 1)) for row in verdict.rows if row.result in _LEVEL]
    return "".join(f"{line}\n" for line in [*said, headline(verdict)])


def _annotation(row: Row, file: str, line: int) -> str:
    title = _property(f"{clean(row.constraint, 100)} {row.result.value}")
    text = _data(f"{row.reason.value}: {clean(row.message, 2000)}")
    return f"::{_LEVEL[row.result]} file={_property(clean(file))},line={line},title={title}::{text}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
