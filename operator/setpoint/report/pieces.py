"""Pieces of the HTML report that more than one section uses."""

from collections.abc import Sequence

from setpoint.api.reasons import Result
from setpoint.api.verdict import Verdict
from setpoint.report.markup import Markup, code, join, tag
from setpoint.report.pictures import Sources, picture
from setpoint.report.plot import figure
from setpoint.report.rows import Cells


def badge(text: str, tone: Result | None) -> Markup:
    """A word with the colour of what it means; None: neither good nor bad."""
    return tag("span", text, class_=f"badge {tone.value.lower()}" if tone else "badge")


def paragraphs(text: str) -> Markup:
    """Text with its blank lines as paragraphs."""
    return join(*(tag("p", part) for part in text.split("\n\n") if part.strip()))


def diff(patch: str) -> Markup:
    """A unified diff, its lines coloured; + and - stay for those who do not see colours."""
    looks = {"+": "added", "-": "removed"}
    lines, inside = [], False
    for line in patch.splitlines():
        inside = line.startswith("@@") or (inside and not line.startswith("diff --git "))
        look = looks.get(line[:1]) if inside else "place"
        lines.append(tag("span", code(line) or Markup(" "), class_="place" if line.startswith("@@") else look))
    return tag("pre", *lines, tabindex="0", role="region", aria_label="The change as a diff")


def pictures(verdict: Verdict, sources: Sources, id: str) -> Markup | None:
    """A plot for each row that has a series in `sources`."""
    drawn = [picture(row, sources, f"{id}-{index}") for index, row in enumerate(verdict.rows)]
    figures = [figure(plot) for plot in drawn if plot]
    return tag("div", *figures, class_="pictures") if figures else None


def table(titles: tuple[str, ...], lines: Sequence[Cells], caption: str) -> Markup:
    """Rows of cells: a name, numbers, and a word that says how it stands."""
    rows = []
    for line in lines:
        first, *middle, end = line.texts
        cells = [tag("td", text, class_="number") for text in middle]
        rows.append(tag("tr", tag("th", first, scope="row"), *cells, tag("td", badge(end, line.tone))))
    return scrolled(caption, titles, rows, numeric=tuple(range(1, len(titles) - 1)))


def scrolled(caption: str, titles: tuple[str, ...], rows: Sequence[Markup], numeric: tuple[int, ...]) -> Markup:
    """A table that scrolls by itself where it is wider than the page; reachable by keyboard for that."""
    heads = [
        tag("th", title, scope="col", class_="number" if index in numeric else None)
        for index, title in enumerate(titles)
    ]
    inner = tag("table", tag("caption", caption), tag("thead", tag("tr", *heads)), tag("tbody", *rows))
    return tag("div", inner, class_="wide", tabindex="0", role="region", aria_label=caption)
