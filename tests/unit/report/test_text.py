"""Text from outside is harmless in every format, and stays readable."""

import pytest

from setpoint.report.text import clean, clean_code, markdown, markdown_block, markdown_code, markdown_paragraphs

BIDI, ZERO_WIDTH = "\u202e", "\u200b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title", ""),
        ("a\r\nb\tc", "a b c"),
        (f"abc{BIDI}fed", "abcfed"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\x9b31m", "31m"),
        ("\ud800 lone", "lone"),
        ("日本 ü ≤ …", "日本 ü ≤ …"),
        ("x" * 10_000_000, "x" * 499 + "…"),
    ],
)
def test_a_line_has_no_control_characters_and_an_end(text, shown):
    """Escape sequences, line breaks, direction and invisible characters, endless text."""
    assert clean(text) == shown


def test_code_shows_what_would_not_be_seen():
    """A reviewer must see the character that turns the line around."""
    assert clean_code(f"a = 1{BIDI}\t# ok\r\n\x1b[2J") == "a = 1\\u202e\t# ok\n\\x1b[2J"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a *b* _c_ `d`", r"a \*b\* \_c\_ \`d\`"),
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("&lt;", "&amp;lt;"),
        ("![i](u)", r"!\[i\](u)"),
        ("a | b", r"a \| b"),
        ("# title", r"\# title"),
        ("1. item", r"1\. item"),
        ("1.5 MB", "1.5 MB"),
        ("-0.5", "-0.5"),
        ("- item", r"\- item"),
        ("@someone", f"@{ZERO_WIDTH}someone"),
        ("fixes #12", f"fixes #{ZERO_WIDTH}12"),
        ("http://x", f"http:{ZERO_WIDTH}//x"),
        ("www.x.org", f"www{ZERO_WIDTH}.x.org"),
        ("two\nlines", "two lines"),
    ],
)
def test_markdown_shows_text_literally(text, shown):
    """No markup, no HTML, no mention, no link, no reference."""
    assert markdown(text) == shown


def test_paragraphs_stay_paragraphs():
    """Explanations have more than one."""
    assert markdown_paragraphs("one\ntwo\n\n# three\n\n\n") == "one two\n\n\\# three"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a|b", r"`a\|b`"), ("a`b", "``a`b``"), ("`a`", "`` `a` ``"), ("", "` `"), ("@a <b>", "`@a <b>`")],
)
def test_a_code_span_cannot_be_left(text, shown):
    """Whatever back-ticks and pipes it holds."""
    assert markdown_code(text) == shown


def test_a_block_cannot_be_left():
    """The fence is longer than any inside."""
    assert markdown_block("+```\n+# out", "diff") == "````diff\n+```\n+# out\n````"
