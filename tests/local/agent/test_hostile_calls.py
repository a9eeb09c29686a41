"""Calls that a model should not make: each is answered with an error, changes nothing, and the loop goes on."""

import pytest

FILE = "services/events/processor.py"
FINISH = {"title": "No change", "cause": "none", "explanation": "Nothing fits."}
DONE = {"tools": [{"name": "finish", "input": FINISH}]}


def calls(*tools: tuple[str, object]) -> dict[str, object]:
    """A turn with these calls."""
    return {"tools": [{"name": name, "input": arguments} for name, arguments in tools]}


UNREADABLE = {
    "/etc/passwd": "from the repository's top",
    "../../../etc/passwd": "without ..",
    "services/../../secret": "without ..",
    "~/.ssh/id_rsa": "from the repository's top",
    "services/events/away/passwd": "symbolic link",
    "services/events/CLAUDE.md": "withheld",
    "services/events/claude.MD": "withheld",
    ".git/config": "withheld",
    "services/events/.env": "withheld",
    "services\\events": "without ..",
    "nul\0byte": "without ..",
    "x" * 300: "cannot be done",
    "services/events/nowhere.py": "there is no",
    FILE + "/more": "there is no",
}


@pytest.mark.parametrize("tool", ["read", "list", "grep"])
def test_nothing_outside_the_checkout_or_withheld_is_read(play, tool):
    """By none of the tools that take a path."""
    more = {"text": "a"} if tool == "grep" else {}
    shop = play(calls(*((tool, {"path": path, **more}) for path in UNREADABLE)), DONE)
    assert shop.model().patch == ""
    for answer, (path, said) in zip(shop.told(1), UNREADABLE.items(), strict=True):
        assert answer["is_error"] and said in answer["content"], path


def test_nothing_but_the_named_paths_is_edited(play, tmp_path):
    """The gate's own rules, told at once."""
    table = {
        "services/events/test_app.py": "is a test",
        "services/events/metrics.py": "not among the source paths",
        "services/events/performance-constraints.yaml": "part of the setpoints",
        "services/events/new.py": "not among the source paths",
        ".github/workflows/ci.yml": "configuration",
        "services/events/away/new.py": "symbolic link",
        "../outside.py": "without ..",
        "services/events/.env": "withheld",
    }
    shop = play(calls(*(("edit", {"path": path, "old": "", "new": "x = 1\n"}) for path in table)), DONE)
    assert shop.model().patch == ""
    for answer, (path, said) in zip(shop.told(1), table.items(), strict=True):
        assert answer["is_error"] and said in answer["content"], path
    assert not list(tmp_path.glob("**/outside.py"))


def test_an_edit_that_does_not_fit_changes_nothing(play):
    """And says what would."""
    table = (
        ("no such line", "x", "nowhere"),
        ("self.", "x", "times"),
        ("", "x", "is there already"),
        ("BATCH = 100", "BATCH = '\0'", "NUL"),
        ("BATCH = 100", "#" * 200_001, "at most 200000 characters"),
    )
    shop = play(calls(*(("edit", {"path": FILE, "old": old, "new": new}) for old, new, _ in table)), DONE)
    assert shop.model().patch == ""
    for answer, (old, _, said) in zip(shop.told(1), table, strict=True):
        assert answer["is_error"] and said in answer["content"], old


def test_calls_that_make_no_sense_are_answered(play):
    """In words that help to mend them."""
    table = (
        ("shell", {"command": "rm -rf /"}, "there is no tool 'shell'"),
        ("read", {}, "path: Field required"),
        ("read", {"path": 7}, "path: Input should be a valid string"),
        ("read", {"path": FILE, "first": -1}, "first: Input should be greater"),
        ("read", {"path": FILE, "mode": "w"}, "mode: Extra inputs"),
        ("list", {"path": FILE}, "is a file"),
        ("read", {"path": "services"}, "is not a file"),
        ("grep", {"text": ""}, "text: String should have at least 1"),
        ("measure", {}, "no change to measure"),
        ("finish", {"title": ""}, "title"),
    )
    shop = play(calls(*((name, arguments) for name, arguments, _ in table)), DONE)
    assert shop.model().explanation == "Nothing fits."
    for answer, (name, _, said) in zip(shop.told(1), table, strict=True):
        assert answer["is_error"] and said in answer["content"], name


def test_arguments_that_are_no_object_are_answered(play):
    """A list in place of an object."""
    shop = play({"tools": [{"name": "read", "json": "[1]"}]}, DONE)
    shop.model()
    assert "path: Field required" in shop.told(1)[0]["content"]


def test_large_outputs_are_cut(play):
    """A file, a search and a list are all bounded, and say that there is more."""
    shop = play(calls(("read", {"path": FILE, "count": 5}), ("grep", {"text": "e"})), DONE)
    folder = shop.folder
    (folder / "long.txt").write_text("".join(f"{number} {'e' * 900}\n" for number in range(3000)))
    for number in range(600):
        (folder / f"name{number}").touch()
    shop.commit()
    shop.model()
    read, grep = (answer["content"] for answer in shop.told(1))
    assert "lines 6 to" in read
    assert len(grep) < 40_000 and "more" in grep[-80:]


def test_what_cannot_be_seen_in_a_file_is_written_out(play):
    """Nothing hides from who reads the trace, nor from the model."""
    shop = play(calls(("read", {"path": "services/events/odd.txt"})), DONE)
    (shop.folder / "odd.txt").write_text("one\u202etwo\u200b\x1b[31m\n")
    shop.commit()
    shop.model()
    assert "one\\u202etwo\\u200b\\x1b[31m" in shop.told(1)[0]["content"]


def test_a_change_that_the_gate_refuses_comes_back_to_the_model(play):
    """It may mend it, or give up."""
    secret = {"path": FILE, "old": "BATCH = 100", "new": "BATCH = 100\nKEY = 'AKIAIOSFODNN7EXAMPLE'"}
    shop = play(calls(("edit", secret)), calls(("measure", {})), DONE, {"text": "a"}, {"text": "b"}, {"text": "c"})
    shop.model()
    for turn in (2, 3):
        assert "the gate refuses this change" in shop.told(turn)[0]["content"]
    assert shop.measured == []


def test_tests_run_by_the_model_do_not_see_the_key(play):
    """The project's code runs with a scrubbed environment, in a checkout of its own."""
    spy = {"path": FILE, "old": "BATCH = 100", "new": "BATCH = 100\nimport os\nprint(dict(os.environ), flush=True)"}
    shop = play(calls(("edit", spy)), calls(("run_tests", {})), DONE)
    shop.model()
    said = shop.told(2)[0]["content"]
    assert "'PATH'" in said and "sk-scripted" not in said and "ANTHROPIC" not in said


def test_a_failing_test_is_told_with_the_end_of_its_output(play):
    """So that the model can mend it."""
    shop = play(
        calls(("edit", {"path": FILE, "old": "BATCH = 100", "new": "BATCH = None"})), calls(("run_tests", {})), DONE
    )
    shop.model()
    answer = shop.told(2)[0]
    assert not answer["is_error"]
    assert answer["content"].startswith("the tests do not pass") and "TypeError" in answer["content"]
