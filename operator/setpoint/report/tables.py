"""Tables of a verdict and of a verification, for a terminal and for Markdown."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from setpoint.api.reasons import Result
from setpoint.api.verdict import Verdict
from setpoint.report.rows import CHANGE_HEAD, ROW_HEAD, Cells, cells_of, cells_of_changes, headline, remarks
from setpoint.report.text import markdown

if TYPE_CHECKING:  # not needed to judge, and not free
    from setpoint.api.remedy import Change

GAP = "  "
# Green, red, yellow: what terminals call 32, 31, 33.
_CODES = {Result.WITHIN: "32", Result.BREACHED: "31", Result.INCONCLUSIVE: "33", None: ""}


def verdict_table(verdict: Verdict, width: int = 80, colour: bool = False) -> str:
    """The rows as a table of at most `width` columns, what they say of themselves, and the whole in one line."""
    said = "".join(f"{line}\n" for remark in remarks(verdict) for line in wrapped(remark, width))
    return _terminal(ROW_HEAD, cells_of(verdict), width, colour) + said + headline(verdict) + "\n"


def change_table(changes: Sequence["Change"], width: int = 80, colour: bool = False) -> str:
    """Control (before) beside candidate (after); where there is no room, without the interval of the change."""
    head: tuple[str, ...] = CHANGE_HEAD
    lines = cells_of_changes(changes)
    spare = head.index("Change")
    shorter = [replace(line, texts=_without(line.texts, spare)) for line in lines]
    if _whole(head, lines) > width >= _whole(_without(head, spare), shorter):
        head, lines = _without(head, spare), shorter
    return _terminal(head, lines, width, colour)


def verdict_markdown(verdict: Verdict) -> str:
    """The same as a Markdown table."""
    said = "".join(f"\n- {markdown(remark, 2000)}" for remark in remarks(verdict))
    return f"**{markdown(headline(verdict))}**\n\n{_markdown(ROW_HEAD, cells_of(verdict))}{said}".rstrip() + "\n"


def change_markdown(changes: Sequence["Change"]) -> str:
    """Control (before) beside candidate (after) as a Markdown table."""
    return _markdown(CHANGE_HEAD, cells_of_changes(changes))


def _without(texts: tuple[str, ...], place: int) -> tuple[str, ...]:
    return texts[:place] + texts[place + 1 :]


def _widths(head: tuple[str, ...], lines: list[Cells]) -> list[int]:
    columns = zip(head, *(line.texts for line in lines), strict=True)
    return [max(map(len, column)) for column in columns]


def _whole(head: tuple[str, ...], lines: list[Cells]) -> int:
    widths = _widths(head, lines)
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _terminal(head: tuple[str, ...], lines: list[Cells], width: int, colour: bool) -> str:
    if _whole(head, lines) > width:
        return "".join(_stacked(head, line) for line in lines)
    return aligned(head, lines, colour)


def aligned(head: tuple[str, ...], lines: list[Cells], colour: bool, *, numbers: bool = True) -> str:
    """A table in as many columns as it takes; `numbers`: what stands between first and last column is one."""
    widths, whole = _widths(head, lines), _whole(head, lines)
    put = str.rjust if numbers else str.ljust
    rows = [_row(line.texts, widths, put, _CODES[line.tone] if colour else "") for line in lines]
    return "\n".join([_row(head, widths, put), "─" * whole, *rows, ""])


def _row(texts: tuple[str, ...], widths: list[int], put: Callable[[str, int], str], code: str = "") -> str:
    """The first column to the left, the last as it is, in the colour of `code`."""
    first, *middle, last = texts
    between = [put(text, width) for text, width in zip(middle, widths[1:-1], strict=True)]
    return GAP.join([first.ljust(widths[0]), *between, f"\x1b[{code}m{last}\x1b[0m" if code else last])


def _stacked(head: tuple[str, ...], line: Cells) -> str:
    """A row of a table for which there is no room: a line for each cell."""
    first, *texts = line.texts
    return f"{first}\n" + "".join(f"  {title}: {text}\n" for title, text in zip(head[1:], texts, strict=True))


def wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of `width` columns, all but the first indented."""
    return textwrap.wrap(text, max(width, 20), subsequent_indent="  ")


def _markdown(head: tuple[str, ...], lines: list[Cells]) -> str:
    align = ["---" if index in (0, len(head) - 1) else "---:" for index in range(len(head))]
    rows = [head, tuple(align), *(tuple(markdown(text, 200) for text in line.texts) for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
