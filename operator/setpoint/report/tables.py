"""Tables of a verdict and of a verification, for a terminal and for Markdown."""

from collections.abc import Sequence
from io import StringIO
from typing import Literal

from setpoint.api.reasons import Result
from setpoint.api.remedy import Change
from setpoint.api.verdict import Verdict
from setpoint.report.rows import CHANGE_HEAD, ROW_HEAD, Cells, cells_of, cells_of_changes, headline, remarks
from setpoint.report.text import markdown

SHORTEST_LAST = 14  # the last column may wrap, at its spaces
_STYLE = {None: "", Result.WITHIN: "green", Result.BREACHED: "red", Result.INCONCLUSIVE: "yellow"}


def verdict_table(verdict: Verdict, width: int = 80, colour: bool = False) -> str:
    """The rows as a table of at most `width` columns, what they say of themselves, and the whole in one line."""
    said = "".join(f"{line}\n" for remark in remarks(verdict) for line in _wrapped(remark, width))
    return _terminal(ROW_HEAD, cells_of(verdict), width, colour) + said + headline(verdict) + "\n"


def change_table(changes: Sequence[Change], width: int = 80, colour: bool = False) -> str:
    """Control (before) beside candidate (after)."""
    return _terminal(CHANGE_HEAD, cells_of_changes(changes), width, colour)


def verdict_markdown(verdict: Verdict) -> str:
    """The same as a Markdown table."""
    said = "".join(f"\n- {markdown(remark, 2000)}" for remark in remarks(verdict))
    return f"**{markdown(headline(verdict))}**\n\n{_markdown(ROW_HEAD, cells_of(verdict))}{said}".rstrip() + "\n"


def change_markdown(changes: Sequence[Change]) -> str:
    """Control (before) beside candidate (after) as a Markdown table."""
    return _markdown(CHANGE_HEAD, cells_of_changes(changes))


def _terminal(head: tuple[str, ...], lines: list[Cells], width: int, colour: bool) -> str:
    if _needed([head, *(line.texts for line in lines)]) > width:
        return "".join(_stacked(head, line) for line in lines)
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for index, title in enumerate(head):
        last = index == len(head) - 1
        table.add_column(title, justify="right" if index > 0 and not last else "left", no_wrap=not last)
    for line in lines:
        *texts, end = line.texts
        table.add_row(*map(Text, texts), Text(end, style=_STYLE[line.tone]))
    out = StringIO()
    system: Literal["standard"] | None = "standard" if colour else None
    Console(file=out, width=width, force_terminal=colour, color_system=system, legacy_windows=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _needed(rows: list[tuple[str, ...]]) -> int:
    """Columns of the terminal that these cells take, two between each."""
    columns = list(zip(*rows, strict=True))
    return sum(max(map(len, column)) + 2 for column in columns[:-1]) + SHORTEST_LAST


def _stacked(head: tuple[str, ...], line: Cells) -> str:
    """A row of a table for which there is no room: a line for each cell."""
    first, *texts = line.texts
    return f"{first}\n" + "".join(f"  {title}: {text}\n" for title, text in zip(head[1:], texts, strict=True))


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, max(width, 20), subsequent_indent="  ")


def _markdown(head: tuple[str, ...], lines: list[Cells]) -> str:
    align = ["---" if index in (0, len(head) - 1) else "---:" for index in range(len(head))]
    rows = [head, tuple(align), *(tuple(markdown(text, 200) for text in line.texts) for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
