"""The timeline of the HTML report."""

from setpoint.report.run import ReportInput, TimelineEntry
from setpoint.report.sections import timeline


def test_what_several_decisions_in_a_row_say_is_told_once(verdict):
    """With the moment of the first of them; what is said again later is told again."""
    said = ((0.0, "measure"), (3.0, "better"), (4.0, "better"), (9.0, "measure"))
    entries = tuple(TimelineEntry(1767225600.0 + at, text) for at, text in said)
    page = str(timeline(ReportInput(title="shop", run="1", commit="c", verdict=verdict, timeline=entries)))
    assert [page.count(f"<span>{text}</span>") for text in ("measure", "better")] == [2, 1]
    assert "+3 s" in page
    assert "+4 s" not in page
