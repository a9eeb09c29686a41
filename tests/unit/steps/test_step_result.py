"""Results as a line of a log: the same at the other end, and nothing else is taken for one."""

import base64
import gzip
import hashlib
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.api.remedy import GateReport
from setpoint.api.step_result import LARGEST_RESULT, digest_of, parse_ending, parse_result, render_ending, render_result
from setpoint.api.steps import RESULT_MARK, StepEnding

REPORT = GateReport(passed=False, violations=("src/app.py is a „test“.", "Zwei\nZeilen"))


def line_of(text: bytes) -> str:
    """A marked line that holds anything."""
    return RESULT_MARK + base64.b64encode(gzip.compress(text, mtime=0)).decode()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=50), max_size=5), st.text(max_size=200))
def test_a_result_comes_through_a_log_as_it_was(violations, talk):
    """Whatever was said before and after it."""
    report = GateReport(passed=True, violations=tuple(violations))
    line = render_result(report)
    log = f"{talk}\n{line}\n{talk}"
    if not any(part.startswith(RESULT_MARK) for part in talk.split("\n")):
        assert GateReport.model_validate(parse_result(log, digest_of(line))) == report
    assert "\n" not in line and line == render_result(report)


def test_the_digest_is_of_the_text_behind_the_mark():
    """So that anything that can hash can check it."""
    line = render_result(REPORT)
    assert digest_of(line) == hashlib.sha256(line[len(RESULT_MARK) :].encode()).hexdigest()


def test_only_the_last_marked_line_with_its_digest_counts():
    """Others may write such lines too."""
    line, other = render_result(REPORT), render_result(GateReport(passed=True))
    assert parse_result(f"{other}\n{line}", digest_of(line))["passed"] is False
    assert parse_result(f"{line}\n{other}", digest_of(line)) is None
    assert parse_result(f"said: {line}", digest_of(line)) is None
    assert parse_result("", digest_of(line)) is None


def test_of_a_step_that_goes_on_the_last_line_is_taken_without_a_digest():
    """It has left no word about its end."""
    assert parse_result(render_result(REPORT) + "\nmore talk", None) == REPORT.to_json()


@pytest.mark.parametrize(
    "line",
    [
        RESULT_MARK,
        RESULT_MARK + "no base64!",
        RESULT_MARK + base64.b64encode(b"no gzip").decode(),
        render_result(REPORT)[:-8],
        line_of(b"no json"),
        line_of(b"[1, 2]"),
        line_of(b"[" * 100_000),
        line_of(b"\xff\xfe"),
        RESULT_MARK + base64.b64encode(gzip.compress(b"{}", mtime=0) + b"more").decode(),
    ],
)
def test_what_is_no_result_is_none(line):
    """With its own digest too."""
    assert parse_result(line, digest_of(line)) is None


def test_a_result_that_unpacks_to_too_much_is_none():
    """A few kilobytes of log can hold gigabytes."""
    line = line_of(b'{"a": "' + b"x" * LARGEST_RESULT + b'"}')
    assert len(line) < 100_000 and parse_result(line, digest_of(line)) is None


@given(st.text(max_size=9000), st.text(max_size=50))
def test_a_word_about_the_end_fits_and_comes_through(message, error):
    """Cut where it has no room."""
    ending = StepEnding(error=error or "InputError", message=message, retry_after=60.0)
    text = render_ending(ending)
    read = parse_ending(text)
    assert len(text.encode()) <= 4096 and read is not None
    assert read.error == ending.error and message.startswith(read.message)
    assert len(message) < 300 or len(read.message) >= 300


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"digest": "abc"}',
        json.dumps({"digest": "A" * 64}),
        json.dumps({"digest": "a" * 64, "error": "InputError"}),
        '{"other": 1}',
        "x" * 5000,
        "[" * 4000,
    ],
)
def test_what_is_no_word_about_an_end_is_none(text):
    """A container that was killed leaves nothing, or the end of its log."""
    assert parse_ending(text) is None


def test_a_digest_is_an_ending():
    """Of a step that found something."""
    assert parse_ending(render_ending(StepEnding(digest="a" * 64))) == StepEnding(digest="a" * 64)


def test_the_operator_imports_nothing_large_for_it():
    """It has none of the packages that only the pods need."""
    program = (
        "import sys, setpoint.api.step_result;"
        "print(*{'numpy', 'anthropic', 'libcst', 'git', 'kopf', 'yaml'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
