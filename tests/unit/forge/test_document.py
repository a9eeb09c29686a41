"""pull-request.md: written whole, read back, and refused when someone spoilt it."""

import pytest

from setpoint.api.errors import ForgeFailed
from setpoint.api.remedy import PullRequest
from setpoint.forge.document import one_line, read_document, write_document

PULL_REQUEST = PullRequest(branch="setpoint/a/1", head="a" * 40, url="/runs/é/pull-request.md", draft=True)


def test_what_was_written_is_read_back(tmp_path):
    """Whatever the body holds, a line of dashes included."""
    write_document(tmp_path / "run", PULL_REQUEST, "Title", "text\n\n---\n\nbranch: other\n")
    assert read_document(tmp_path / "run") == PULL_REQUEST


def test_nothing_written_is_nothing_found(tmp_path):
    """None, not an error."""
    assert read_document(tmp_path) is None


def test_writing_again_replaces_the_document_and_leaves_nothing_else(tmp_path):
    """No temporary file stays behind."""
    write_document(tmp_path, PULL_REQUEST, "Title", "first")
    ready = PULL_REQUEST.model_copy(update={"draft": False})
    write_document(tmp_path, ready, "Title", "second")
    assert read_document(tmp_path) == ready
    assert [path.name for path in tmp_path.iterdir()] == ["pull-request.md"]
    assert "first" not in (tmp_path / "pull-request.md").read_text()


def test_draft_or_not_is_there_for_people_to_see(tmp_path):
    """In the heading, since a file has no badge."""
    write_document(tmp_path, PULL_REQUEST, "Title", "")
    assert "\n# Draft: Title\n" in (tmp_path / "pull-request.md").read_text()


@pytest.mark.parametrize("text", ["", "no head", "---\nbranch: [\n---\n", "---\nbranch: 1\n---\n", "---\n- a\n---\n"])
def test_a_spoilt_document_is_an_error_that_says_what_to_do(tmp_path, text):
    """A person may have edited it."""
    (tmp_path / "pull-request.md").write_text(text)
    with pytest.raises(ForgeFailed, match="delete it"):
        read_document(tmp_path)


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("plain", "plain"),
        ("  two\nlines\t ", "two lines"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("x" * 500, "x" * 200),
        ("", ""),
    ],
)
def test_a_title_is_one_line_of_printable_text(title, line):
    """Control characters become blanks, and a long one is cut."""
    assert one_line(title) == line
