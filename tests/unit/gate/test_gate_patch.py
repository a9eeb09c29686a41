"""The strict reader: git's own patches are understood in full, anything else is refused."""

import contextlib
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setpoint.repair.gate_patch import PatchError, apply_change, parse_patch

BASE = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n"
HEAD = "diff --git a/app.py b/app.py\nindex 1234567..89abcde 100644\n--- a/app.py\n+++ b/app.py\n"
HUNK = "@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n"

# Lines of few kinds make equal, moved and repeated lines likely; odd characters must not end a line.
LINE = st.text(st.sampled_from("ab é\t\r\x0b\x0c\x85\u2028+-@\\"), max_size=4)
TEXT = st.tuples(st.lists(LINE, max_size=30), st.booleans()).map(lambda two: "\n".join(two[0]) + "\n" * two[1])


@settings(max_examples=60)
@given(before=TEXT.filter(bool), after=TEXT.filter(bool))
def test_what_git_writes_is_read_and_gives_the_same_file(git, before: str, after: str) -> None:
    """For any two texts, with and without a line end at the end."""
    patch = git.diff({"src/app.py": before.encode()}, {"src/app.py": after.encode()})
    changes = parse_patch(patch) if patch else ()
    assert [apply_change(change, before) for change in changes] == [after] * (before != after)


@pytest.mark.parametrize("name", ["my app.py", "a b/c d.py", "a b/a b/a", "b b/x b/y"])
def test_names_with_spaces_are_read(git, name: str) -> None:
    """Changed and new files, in folders whose names look like what git writes around names."""
    before, after = {name: BASE.encode()}, {name: BASE.replace("two", "TWO").encode()}
    for patch in (git.diff(before, after), git.diff({}, after), git.diff({}, {name: b""})):
        assert [change.path for change in parse_patch(patch)] == [name]


@settings(max_examples=60)
@given(data=st.data())
def test_a_tampered_patch_is_refused_or_means_the_same_to_git(git, data: st.DataObject) -> None:
    """Whatever passes our reader does in git what our reader said, to the files that it named and to no other."""
    before = {"app.py": BASE.encode(), "b b/c d.py": BASE.encode()}
    after = {"app.py": BASE.replace("two", "TWO").encode(), "b b/c d.py": BASE.replace("eight\n", "").encode()}
    lines = git.diff(before, after).split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    kind = data.draw(st.sampled_from(["drop", "repeat", "swap", "change", "insert"]))
    if kind == "drop":
        del lines[at]
    elif kind == "repeat":
        lines.insert(at, lines[at])
    elif kind == "swap":
        other = data.draw(st.integers(0, len(lines) - 1))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == "change":
        place = data.draw(st.integers(0, len(lines[at])))
        cut = data.draw(st.integers(0, 1))
        lines[at] = lines[at][:place] + data.draw(st.sampled_from(string.printable)) + lines[at][place + cut :]
    else:
        lines.insert(at, data.draw(st.sampled_from(["", " ", "+x", "-x", "@@ -1 +1 @@", "new file mode 100755"])))
    patch = "\n".join(lines)
    try:
        result = dict(before)
        for change in parse_patch(patch):
            result[change.path] = apply_change(change, result.get(change.path, b"").decode()).encode()
    except PatchError:
        return
    assert git.apply(before, patch) in (result, None)


@given(patch=st.text())
def test_any_text_is_read_or_refused(patch: str) -> None:
    """There is no other outcome."""
    with contextlib.suppress(PatchError):
        assert all(change.path in patch for change in parse_patch(patch))


def test_an_added_file_is_read(diff) -> None:
    """With lines and without."""
    changes = parse_patch(diff({}, {"src/new.py": b"x = 1\n", "src/__init__.py": b""}))
    assert [(change.path, change.new) for change in changes] == [("src/__init__.py", True), ("src/new.py", True)]
    assert [apply_change(change, "") for change in changes] == ["", "x = 1\n"]


def test_added_and_removed_lines_are_counted(diff) -> None:
    """Context is not."""
    (change,) = parse_patch(diff({"a.py": BASE.encode()}, {"a.py": BASE.replace("two\n", "2\n2\n").encode()}))
    assert change.count() == (2, 1)
    assert list(change.added()) == ["2", "2"]


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        (HEAD + HUNK[:-1], "ends in the middle of a line"),
        (HEAD, "ends where a hunk is expected"),
        ("From 1234\nSubject: x\n\n" + HEAD + HUNK, "diff --git"),
        (HEAD.replace("diff --git a/app.py b/app.py\n", "") + HUNK, "diff --git"),
        (HEAD.replace("index 1234567..89abcde 100644\n", "") + HUNK, "an index line"),
        (HEAD.replace(" 100644", "") + HUNK, "the mode of a plain file"),
        (HEAD.replace("100644", "120000") + HUNK, "the mode of a plain file"),
        (HEAD.replace("100644", "160000") + HUNK, "the mode of a plain file"),
        (HEAD.replace("b/app.py\nindex", "b/other.py\nindex") + HUNK, "diff --git"),
        (HEAD.replace("+++ b/app.py", "+++ b/other.py") + HUNK, "is expected there"),
        (HEAD.replace("--- a/app.py", "--- /dev/null") + HUNK, "is expected there"),
        (HEAD.replace("\n", "\r\n") + HUNK, "diff --git"),
        (HEAD.replace("app.py", '"app.py"') + HUNK, "plain ASCII name"),
        (HEAD.replace("app.py", "my app.py") + HUNK, "'--- a/my app.py\\t' is expected there"),
        (HEAD.replace("app.py", "my  app.py") + HUNK, "plain ASCII name"),
        (HEAD.replace("app.py", " app.py") + HUNK, "plain ASCII name"),
        (HEAD.replace("app.py", "app.py ") + HUNK, "plain ASCII name"),
        (HEAD.replace("app.py", "my\tapp.py") + HUNK, "plain ASCII name"),
        (HEAD.replace("app.py", "äpp.py") + HUNK, "plain ASCII name"),
        (HEAD.replace("app.py", "a\\pp.py") + HUNK, "plain ASCII name"),
        (HEAD.replace("index", "old mode 100644\nnew mode 100755\nindex") + HUNK, "mode"),
        (HEAD.replace("index", "deleted file mode 100644\nindex") + HUNK, "it deletes a file"),
        (HEAD.replace("index", "similarity index 90%\nrename from a\nrename to b\nindex") + HUNK, "it renames"),
        (HEAD.replace("index", "copy from a\ncopy to b\nindex") + HUNK, "it copies"),
        (HEAD.replace("index", "new file mode 120000\nindex") + HUNK, "a symbolic link"),
        (HEAD.replace("index", "new file mode 160000\nindex") + HUNK, "a submodule"),
        (HEAD.replace("index", "new file mode 100755\nindex") + HUNK, "an executable file"),
        (HEAD.split("---")[0] + "GIT binary patch\nliteral 1\nIcmZPo000310RR91\n", "a binary file"),
        (HEAD.split("---")[0] + "Binary files a/app.py and b/app.py differ\n", "a binary file"),
        (HEAD + HUNK.replace("-1,3", "-1,4"), "a line of a hunk"),
        (HEAD + HUNK.replace("-1,3", "-1,2"), "as many lines as it says"),
        (HEAD + HUNK + "+more\n", "@@ -LINE"),
        (HEAD + HUNK + "\n", "@@ -LINE"),
        (HEAD + HUNK + "-- \n2.39\n", "@@ -LINE"),
        (HEAD + HUNK.replace(" one", ""), "a line of a hunk"),
        (HEAD + "@@ -1,1 +1,1 @@\n one\n", "changes something"),
        (HEAD + "@@ -0,0 +0,0 @@\n", "changes something"),
        (HEAD + HUNK + "\\ Kein Zeilenumbruch am Dateiende.\n", "@@ -LINE"),
    ],
)  # fmt: skip
def test_a_patch_in_any_other_form_is_refused(patch: str, why: str) -> None:
    """With a message that says what and where."""
    assert parse_patch(HEAD + HUNK)
    with pytest.raises(PatchError) as caught:
        parse_patch(patch)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("hunks", "why"),
    [
        (HUNK.replace(" one", " ONE"), "line 1 does not fit"),
        (HUNK.replace("-1,3 +1,3", "-2,3 +2,3"), "line 2 does not fit"),
        (HUNK.replace("+1,3", "+2,3"), "line 1 does not fit"),
        (HUNK + HUNK, "line 1 does not fit"),
        ("@@ -99,1 +99,1 @@\n-x\n+y\n", "line 99 does not fit"),
        ("@@ -0,0 +1,1 @@\n+x\n\\ No newline at end of file\n", "leaves out a line end"),
    ],
)
def test_a_hunk_that_is_not_exactly_at_its_place_is_refused(hunks: str, why: str) -> None:
    """Git would look for the place; a gate does not guess."""
    (change,) = parse_patch(HEAD + hunks)
    with pytest.raises(PatchError, match=why):
        apply_change(change, BASE)
