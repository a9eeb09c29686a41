"""Tables for a terminal and for Markdown."""

from setpoint.report.tables import change_markdown, change_table, verdict_markdown, verdict_table


def test_a_table_shows_every_row_with_its_limit_and_interval(verdict):
    """And what the rows that are not within say of themselves."""
    lines = verdict_table(verdict, 90).splitlines()
    assert lines[0].split() == ["Constraint", "Observed", "Limit", "Interval", "Result"]
    assert lines[3].split() == ["heap.growth", "92", "≤", "0", "MB/h", "86", "…", "98", "✗", "Breached"]
    assert "latency.p99 (NoData): nothing was measured" in lines
    assert "a note" in lines
    assert lines[-1] == "Breached: heap.growth"


def test_a_narrow_terminal_gets_a_line_for_each_cell(verdict, change):
    """Nothing is cut away."""
    narrow = verdict_table(verdict, 30)
    assert "heap.growth\n  Observed: 92\n  Limit: ≤ 0 MB/h\n  Interval: 86 … 98\n  Result: ✗ Breached\n" in narrow
    assert "  Change: -97 … -86\n  Moved: better\n" in change_table((change,), 1)


def test_before_and_after_fit_a_terminal_of_eighty_columns(change):
    """The interval of the change gives way first."""
    wide = change.model_copy(
        update={"constraint": "cardinality.growth", "unit": "requests/s", "interval": (-1234.5, 9.1)}
    )
    table = change_table((wide,), 60)
    assert table.splitlines()[0].split() == ["Constraint", "Before", "After", "Limit", "Moved"]
    assert max(map(len, table.splitlines())) <= 60


def test_colour_is_only_there_when_asked_for(verdict, change):
    """A pipe gets plain text."""
    assert "\x1b" not in verdict_table(verdict, 90) + change_table((change,), 90)
    assert "\x1b[31m" in verdict_table(verdict, 90, colour=True)


def test_markdown_tables_have_a_line_for_each_row(verdict, change):
    """Aligned so that numbers stand below each other."""
    assert verdict_markdown(verdict).count("\n| ") == 5
    assert change_markdown((change,)).splitlines()[1] == "| --- | ---: | ---: | ---: | ---: | --- |"


def test_what_was_not_observed_is_a_dash_and_never_a_zero(verdict):
    """Unknown is not nothing."""
    line = next(line for line in verdict_table(verdict, 100).splitlines() if line.startswith("latency.p99 "))
    assert line.split() == ["latency.p99", "–", "≤", "0", "ms", "–", "?", "Inconclusive"]
