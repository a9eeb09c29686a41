"""The operator's log is one JSON object a line, about a constraint and its run, and harmless to read."""

import io
import json
import logging

import pytest

from setpoint.kube.logs import JsonLines, about


@pytest.fixture
def said():
    """Logs one line (or an exception) and gives it back, parsed; the raw line as its `raw`."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.Logger("setpoint.kube.visit")
    logger.addHandler(handler)

    def _said(message, *args, level=logging.INFO, **options):
        stream.seek(0)
        stream.truncate()
        logger.log(level, message, *args, **options)
        (line,) = stream.getvalue().splitlines()
        return {**json.loads(line), "raw": line}

    return _said


def test_a_line_says_when_who_and_what(said):
    """As UTC with milliseconds."""
    line = said("visited %d pods", 3, level=logging.WARNING)
    assert (line["level"], line["logger"], line["message"]) == ("warning", "setpoint.kube.visit", "visited 3 pods")
    assert line["time"].endswith("Z") and len(line["time"]) == len("2026-01-01T00:00:00.000Z")


def test_a_line_carries_what_it_is_about(said):
    """From the context that the caller opened, also from functions that know nothing of it."""
    with about(namespace="shop", constraint="checkout"), about(run="0123abcd"):
        inner = said("judged")
    outer = said("idle")
    assert (inner["namespace"], inner["constraint"], inner["run"]) == ("shop", "checkout", "0123abcd")
    assert "constraint" not in outer


def test_kopfs_own_lines_say_which_object_they_are_about(said):
    """In the same fields as ours."""
    reference = {"kind": "PerformanceConstraint", "namespace": "shop", "name": "checkout", "uid": "1"}
    line = said("Handler failed", extra={"k8s_ref": reference})
    assert (line["namespace"], line["constraint"]) == ("shop", "checkout")
    assert said("seen", extra={"k8s_ref": {**reference, "kind": "Job", "name": "load"}})["object"] == "load"


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[2Jb", "a\x9b31mb", "a\u202eb", "a\u2028b", "a\U000e0041b", "a\ud800b"])
def test_what_would_move_a_cursor_is_escaped_and_not_lost(said, text):
    """A line is one line, all of it can be seen, and a parser gets back what was said."""
    line = said("%s", text)
    assert line["message"] == text
    assert line["raw"].isprintable()


def test_what_people_write_stays_readable(said):
    """Only what cannot be seen is escaped."""
    assert "p99 ≤ 120 ms – für alle" in said("p99 ≤ 120 ms – für alle")["raw"]


def test_an_error_is_on_the_same_line_with_where_it_happened(said):
    """Its message and its trace may have many lines."""
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        line = said("failed", exc_info=True)
    assert line["error"] == "ValueError: first\nsecond"
    assert "test_logs.py" in line["trace"]


def test_a_message_that_does_not_fit_its_arguments_is_said_all_the_same(said):
    """Logging must not fail where something else just did."""
    assert said("%d pods", "no")["message"].startswith("%d pods")


def test_a_line_has_an_end(said):
    """Whatever a tenant wrote into a name or a message."""
    assert len(said("x" * 1_000_000)["raw"]) < 5000


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abcdef0123456789", "abcdef0123456789"),
        ("fetching https://robot:hunter2-hunter2@git.example.com/shop.git", "hunter2-hunter2"),
        ("token=ghp_0123456789abcdefghij", "ghp_0123456789abcdefghij"),
        ("the key sk-ant-REDACTED is wrong", "sk-ant-REDACTED"),
        ('{"password": "correct horse"}', "correct"),
        ("sent eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln to it", "eyJzdWIiOiJ4In0"),
    ],
)
def test_credentials_are_left_out(said, text, secret):
    """Wherever they came from; also out of a trace."""
    line = said("%s", text)
    assert secret not in line["raw"]
    assert "[withheld]" in line["message"]
    assert secret not in said("failed", exc_info=(ValueError, ValueError(text), None))["raw"]


def test_ordinary_words_are_no_credentials(said):
    """A log that hides what it is about is of no use."""
    text = "the basic check of secret names failed at http://prometheus.monitoring:9090/api for token-reader"
    assert said(text)["message"] == text
