"""How the first word of a command is found."""

import sys
from pathlib import Path

import pytest

from setpoint.api.command import resolve
from setpoint.api.errors import InputError


@pytest.fixture
def own_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the caller's PATH; empty."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put_program(folder: Path, name: str) -> str:
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return str(program)


def test_a_command_on_the_callers_path_comes_first(own_path: Path) -> None:
    """The user's own Python has the user's own packages."""
    python = put_program(own_path, "python")
    assert resolve(["python", "-m", "unittest"]) == [python, "-m", "unittest"]


@pytest.mark.parametrize("name", ["python", "python3"])
def test_without_a_python_on_the_path_setpoints_own_is_taken(own_path: Path, name: str) -> None:
    """A machine that has only Setpoint can still run the demo service."""
    assert resolve((name, "app.py")) == [sys.executable, "app.py"]


def test_a_script_beside_setpoints_own_python_is_the_second_choice(own_path: Path) -> None:
    """For example pytest, when the user's PATH has none."""
    assert resolve(["pytest"]) == [str(Path(sys.executable).parent / "pytest")]


def test_a_path_in_the_checkout_stays_as_it_is(own_path: Path) -> None:
    """It means a file of the service, not of the caller's folder."""
    assert resolve(["./run.sh", "--fast"]) == ["./run.sh", "--fast"]


def test_a_command_that_is_nowhere_is_an_input_error(own_path: Path) -> None:
    """The message names the command and says what to do."""
    with pytest.raises(InputError, match=r"'no-such-program' is not installed; install it"):
        resolve(["no-such-program"])
