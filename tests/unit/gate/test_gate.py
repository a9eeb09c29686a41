"""The gate as a whole: honest repairs pass, tricks do not."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.api.remedy import LARGEST_PATCH
from setpoint.repair.gate import GateRules, check

SOURCE = """\
import logging

PASSWORD = "already-here-and-known"


class EventProcessor:
    def process(self, event):
        self.events.append(event)
        if len(self.events) >= 100:
            self._flush()
"""
BASE = {
    "src/app.py": SOURCE,
    "src/crlf.py": "a = 1\r\nb = 2\r\n",
    "src/latin.py": b"name = '\xe9'\n",
    "src/logo.bin": b"\x89PNG\0\n",
    "src/pod.yaml": "kind: Pod\napiVersion: v1\n",
    "src/limits.json": "{}\n",
    "tests/test_app.py": "def test(): assert 1\n",
    "other/app.py": "x = 1\n",
}
RULES = GateRules(paths=("src/",), protected=("src/limits.json",), max_files=3, max_lines=40)


def read_base(path: str) -> bytes | None:
    data = BASE.get(path)
    return data.encode() if isinstance(data, str) else data


def patch_of(path: str, before: str | None, after: str) -> str:
    """A patch as git writes it; `before` None: the file is new."""
    old, new = (text.split("\n")[:-1] for text in (before or "", after))
    body = list(difflib.unified_diff(old, new, lineterm=""))[2:]
    mode = "index 1234567..89abcde 100644\n"
    if before is None:
        mode = "new file mode 100644\nindex 0000000..89abcde\n"
    names = f"--- {'/dev/null' if before is None else 'a/' + path}\n+++ b/{path}\n"
    return f"diff --git a/{path} b/{path}\n{mode}{names}" + "".join(line + "\n" for line in body)


def adding(line: str, path: str = "src/app.py") -> str:
    """A patch that adds one line at the end of a file that is there."""
    text = str(BASE[path])
    return patch_of(path, text, text + line + "\n")


REPAIR = patch_of("src/app.py", SOURCE, SOURCE + "            self.events.clear()\n")


def test_a_small_repair_passes_with_its_counts() -> None:
    """The concept's own."""
    report = check(REPAIR, RULES, read_base)
    assert (report.passed, report.violations) == (True, ())
    assert (report.files, report.additions, report.deletions) == (1, 1, 0)


@pytest.mark.parametrize(
    "patch",
    [
        patch_of("src/new.py", None, "x = 1\n"),
        patch_of("src/crlf.py", "a = 1\r\nb = 2\r\n", "a = 1\r\nb = 3\r\n"),
        adding("    # größer, 大きい, 🙂"),
        adding("    self.token = compute_token(event.token)"),
        adding('    url = f"https://{user}:{word}@host/"'),
        adding('        PASSWORD = "already-here-and-known"'),
        adding("    task_setpoint = 21.5  # a thermostat's"),
    ],
)  # fmt: skip
def test_honest_lines_pass(patch: str) -> None:
    """New files, other line ends and scripts, words that only sound like secrets, lines that were there before."""
    assert check(patch, RULES, read_base).violations == ()


@pytest.mark.parametrize(
    ("patch", "sentence"),
    [
        ("", "The patch is empty."),
        (" \n\n", "The patch is empty."),
        ("nothing to see\n", "The patch is not understood in full: line 1"),
        (REPAIR.replace("src/app.py", "tests/test_app.py"), "tests/test_app.py is a test, which"),
        (patch_of("src/tests/test_new.py", None, "x = 1\n"), "is a test, which"),
        (patch_of("src/limits.json", "{}\n", '{"a": 1}\n'), "src/limits.json belongs to the setpoints"),
        (patch_of("other/app.py", "x = 1\n", "x = 2\n"), "is not among the source paths"),
        (patch_of("src/../other/app.py", "x = 1\n", "x = 2\n"), "is not a plain path"),
        (patch_of("src/APP.py", None, "x = 1\n").replace("APP", "App"), "is there already"),
        (patch_of("src/app.py", None, "x = 1\n"), "the patch adds it, but it is there already"),
        (patch_of("src/gone.py", "x = 1\n", "x = 2\n"), "there is no such file at the base commit"),
        (patch_of("src/logo.bin", "a\n", "b\n"), "it is a binary file"),
        (patch_of("src/latin.py", "a\n", "b\n"), "it is not UTF-8 text"),
        (patch_of("src/pod.yaml", str(BASE["src/pod.yaml"]), "kind: Job\napiVersion: v1\n"), "is a manifest"),
        (patch_of("src/new.yaml", None, "apiVersion: v1\nkind: Pod\n"), "is a manifest"),
        (patch_of("src/app.py", SOURCE.replace("100", "99"), SOURCE), "does not fit the file"),
        (REPAIR + REPAIR, "src/app.py more than once"),
        (REPAIR + patch_of("src/App.PY", None, "x = 1\n"), "differ only in case"),
        (patch_of("src/many.py", None, "x = 1\n" * 41), "changes 41 lines; at most 40"),
        ("".join(patch_of(f"src/n{n}.py", None, "x = 1\n") for n in range(4)), "changes 4 files; at most 3"),
        (patch_of("src/big.py", None, "x" * 99 + "\n" + "y\n" * LARGEST_PATCH), f"at most {LARGEST_PATCH} are"),
        (patch_of("src/crlf.py", "a = 1\r\nb = 2\r\n", "a = 1\r\nb = 2\rimport os\r\n"), "hide text or break lines"),
        (adding("x = 1\r"), "hide text or break lines"),
        (adding("x = 1\rimport os"), "hide text or break lines"),
        (adding("x = 1\x0cimport os"), "hide text or break lines"),
        (adding("x = 1\u2028import os"), "hide text or break lines"),
        (adding("ok = 'a\u202e ;)(tixe'"), "hide text or break lines"),
        (adding("pass\u200bword = 1"), "hide text or break lines"),
        (adding("print('\x1b[2J')"), "hide text or break lines"),
        (adding("x = '\0'"), "hide text or break lines"),
        (adding("x = '\ud800'"), "hide text or break lines"),
        (adding("x = 1;" + " " * 200 + "import os"), "hides its end behind white space"),
        (adding("x = '" + "a" * 2000 + "'"), "longer than 1000 characters"),
        (adding("if 'k6/' in request.headers['User-Agent']: return CACHED"), "names the load generator"),
        (adding("if os.environ.get('SETPOINT_OWNER'): return"), "names the load generator"),
        (adding("KEY = 'AKIAABCDEFGHIJKLMNOP'"), "seems to hold an AWS key"),
        (adding("T = 'ghp_" + "a1B2" * 9 + "'"), "seems to hold a GitHub token"),
        (adding("T = 'glpat-" + "a1B2c" * 4 + "'"), "seems to hold a GitLab token"),
        (adding("T = 'xoxb-123456789012-abc'"), "seems to hold a Slack token"),
        (adding("T = 'AIza" + "a1B2c" * 7 + "'"), "seems to hold a Google key"),
        (adding("T = 'sk-ant-" + "a1B2c" * 4 + "'"), "seems to hold a model key"),
        (adding("T = 'sk_live_" + "a1B2c" * 4 + "'"), "seems to hold a payment key"),
        (adding("T = 'npm_" + "a1B2c3" * 6 + "'"), "seems to hold a package registry token"),
        (adding("T = 'eyJhbGciOiJI.eyJzdWIiOiIx.c2ln'"), "seems to hold a JSON web token"),
        (adding("-----BEGIN RSA PRIVATE KEY-----"), "seems to hold a private key"),
        (adding("URL = 'https://bob:hunter2@host/'"), "seems to hold a password in an address"),
        (adding("db_password = 'correct-horse-battery'"), "seems to hold a secret"),
        (adding("{'api_key': 'correct-horse-battery'}"), "seems to hold a secret"),
        (adding("from prometheus_client import Counter"), "adds the definition of a metric"),
        (patch_of("src/m.py", None, 'G = Gauge("g", "x")\n'), "adds the definition of a metric"),
    ],
)  # fmt: skip
def test_a_trick_is_refused_with_a_sentence(patch: str, sentence: str) -> None:
    """One for each thing that is wrong, which says what it is."""
    report = check(patch, RULES, read_base)
    assert not report.passed
    assert any(sentence in violation for violation in report.violations), report.violations
    assert all(violation.endswith(".") and violation.isprintable() for violation in report.violations)


def test_one_bad_file_fails_a_good_patch() -> None:
    """And only its own sentences are there."""
    report = check(REPAIR + patch_of("other/app.py", "x = 1\n", "x = 2\n"), RULES, read_base)
    assert report.violations == ("other/app.py is not among the source paths that a repair may change.",)
    assert (report.files, report.additions, report.deletions) == (2, 2, 1)


def test_many_violations_are_cut_short() -> None:
    """A report stays readable whatever it is about."""
    rules = GateRules(paths=("src/",), max_files=500)
    patch = "".join(patch_of(f"other/n{number}.py", None, "x = 1\n") for number in range(100))
    violations = check(patch, rules, read_base).violations
    assert len(violations) == 51
    assert violations[-1] == "There are 50 more violations."


def test_rules_in_the_patch_do_not_count() -> None:
    """A new constraints file that allows everything is one more violation."""
    allowing = patch_of("src/performance-constraints.yaml", None, "repair: {source: {paths: [.]}}\n")
    report = check(REPAIR + allowing, RULES, read_base)
    assert report.violations == (
        "src/performance-constraints.yaml is part of the setpoints or of monitoring, which a repair must not touch.",
    )


@given(patch=st.one_of(st.text(), st.text().map(REPAIR.__add__), st.text().map(lambda text: text + REPAIR)))
def test_whatever_is_around_a_repair_it_passes_only_alone(patch: str) -> None:
    """The gate never raises, and reads to the end."""
    assert check(patch, RULES, read_base).passed is (patch == REPAIR)


@given(folder=st.sampled_from(["src", "other", "tests"]), name=st.text(min_size=1, max_size=12))
def test_whatever_the_name_of_a_new_file_it_lies_in_the_source(folder: str, name: str) -> None:
    """A name that passes is plain, and under a path that the source names."""
    patch = patch_of(f"{folder}/{name}", None, "x = 1\n")
    if check(patch, RULES, read_base).passed:
        assert folder == "src"
        assert name.isascii()
        assert ".." not in name.split("/")
