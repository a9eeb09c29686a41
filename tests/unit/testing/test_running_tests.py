"""The project's tests, run by us: what passes, what does not, and what is left behind (nothing)."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from setpoint.api.errors import ForgeFailed, InputError
from setpoint.plant.sweep import sweep

UNITTEST = ("python", "-m", "unittest", "-q")
APP = "ANSWER = 41\n"
TEST = """
    import unittest
    from app import ANSWER
    class Test(unittest.TestCase):
        def test_answer(self):
            self.assertEqual(ANSWER, 42)
    """
PATCH = """\
diff --git a/app.py b/app.py
index 1234567..89abcde 100644
--- a/app.py
+++ b/app.py
@@ -1 +1 @@
-ANSWER = 41
+ANSWER = 42
"""


def test_tests_that_pass_with_the_patch_pass(commit, run) -> None:
    """They see commit and patch together."""
    report = run(commit({"app.py": APP, "test_app.py": TEST}), *UNITTEST, patch=PATCH)
    assert report.passed
    assert "Ran 1 test" in report.output
    assert report.command == UNITTEST
    assert 0 < report.seconds < 60


def test_tests_that_fail_do_not_pass(commit, run) -> None:
    """And the output says what failed and how the command ended."""
    report = run(commit({"app.py": APP, "test_app.py": TEST}), *UNITTEST)
    assert not report.passed
    assert "AssertionError: 41 != 42" in report.output
    assert report.output.endswith("the tests ended with exit code 1")


@pytest.mark.parametrize("command", [UNITTEST, ("pytest", "-q")])
def test_a_project_without_tests_does_not_pass(commit, run, command: tuple[str, ...]) -> None:
    """Nothing was proven."""
    report = run(commit({"app.py": APP}), *command)
    assert not report.passed


@pytest.mark.parametrize(
    ("printed", "passed"),
    [
        ("Ran 0 tests in 0.000s\n\nOK\n", False),
        ("Ran 3 tests in 0.000s\n\nOK (skipped=3)\n", False),
        ("Ran 3 tests in 0.000s\n\nOK (expected failures=1, skipped=3)\n", False),
        ("Ran 3 tests in 0.000s\n\nOK (skipped=2)\n", True),
        ("===== 4 skipped in 0.01s =====\n", False),
        ("===== 4 passed, 4 skipped in 0.01s =====\n", True),
        ("no tests ran in 0.01s\n", False),
        ("?   \texample.com/shop\t[no test files]\n", False),
        ("?   \texample.com/shop\t[no test files]\nok  \texample.com/cart\t0.1s\n", True),
        ("running 0 tests\n\ntest result: ok. 0 passed; 0 failed\n", False),
        ("running 0 tests\ntest result: ok. 0 passed\nrunning 2 tests\ntest result: ok. 2 passed\n", True),
        ("  0 passing (1ms)\n", False),
        ("  12 passing (1ms)\n", True),
        ("# tests 0\n# pass 0\n", False),
        ("# tests 2\n# pass 2\n", True),
        ("all is well\n", True),
    ],
)
def test_a_runner_that_ran_nothing_does_not_pass(commit, run, printed: str, passed: bool) -> None:
    """Several runners end well when there was nothing to run, or all of it was skipped."""
    report = run(commit({"printed.txt": printed}), "cat", "printed.txt")
    assert report.passed is passed
    assert report.output.endswith("no test ran, which proves nothing") is not passed


def test_tests_that_hang_are_ended(commit, run) -> None:
    """Even when they do not want to."""
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
    report = run(commit({"app.py": APP}), "python", "-c", stubborn, timeout="500ms")
    assert not report.passed
    assert report.output == "the tests did not end within 0.5 s"


def test_what_tests_leave_behind_is_ended(commit, run, owner: str) -> None:
    """A daemon in a session of its own neither outlives the tests nor holds them up."""
    leave = "import subprocess; subprocess.Popen(['sleep', '300'], start_new_session=True); print('1 passed')"
    report = run(commit({"app.py": APP}), "python", "-c", leave)
    assert report.passed
    assert report.seconds < 60
    assert sweep(owner) == 0


def test_tests_see_nothing_of_ours(commit, run, monkeypatch: pytest.MonkeyPatch) -> None:
    """No tokens, no home folder, no settings of Python's; the checkout is their folder."""
    monkeypatch.setenv("SOME_TOKEN", "canary")
    monkeypatch.setenv("PYTHONPATH", "/canary")
    show = "import os; print(sorted(os.environ)); print(os.listdir(), os.listdir(os.environ['HOME']))"
    report = run(commit({"app.py": APP}), "python", "-c", show)
    assert "SOME_TOKEN" not in report.output
    assert "PYTHONPATH" not in report.output
    assert "'SETPOINT_OWNER'" in report.output
    assert "['app.py'] []" in report.output


def test_the_end_of_a_long_output_is_kept_fit_to_be_shown(commit, run) -> None:
    """At most 8 KiB and the reason; no terminal escapes, no half characters."""
    loud = "import sys; print('é' * 100_000 + '\\x1b[2J\\x07 the end'); sys.exit(3)"
    output = run(commit({"app.py": APP}), "python", "-c", loud).output
    assert output.endswith("é the end\nthe tests ended with exit code 3")
    assert len(output.encode()) < 9000


def test_a_command_that_does_not_exist_is_an_input_error(commit, run) -> None:
    """Which names the entry of the file."""
    with pytest.raises(InputError, match=r"repair\.test\.command: 'no-such-runner'"):
        run(commit({"app.py": APP}), "no-such-runner")


def test_a_patch_that_does_not_apply_is_no_test_result(commit, run, tmp_path: Path) -> None:
    """And leaves no checkout behind."""
    with pytest.raises(ForgeFailed):
        run(commit({"app.py": "other\n"}), *UNITTEST, patch=PATCH)
    assert not (tmp_path / "scratch" / "tests").exists()


def test_the_checkout_of_a_killed_run_is_replaced(commit, run, tmp_path: Path) -> None:
    """And thrown away in the end."""
    folder = tmp_path / "scratch" / "tests"
    folder.mkdir(parents=True)
    (folder / "test_left.py").write_text("raise SystemExit('left over')\n")
    assert run(commit({"app.py": "ANSWER = 42\n", "test_app.py": TEST}), *UNITTEST).passed
    assert not folder.exists()


def test_tests_end_with_setpoint(tmp_path: Path, owner: str) -> None:
    """When it is killed while they run, nothing of them is left."""
    code = (
        "import sys; from pathlib import Path; from setpoint.plant.commands import ProcessCommands\n"
        "commands = ProcessCommands(Path(sys.argv[1]), owner=sys.argv[2], where='x')\n"
        "commands.run('tests', ['sh', '-c', 'sleep 300 & echo started; wait'], Path(sys.argv[1]), 300)\n"
    )
    setpoint = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), owner], start_new_session=True)
    log = tmp_path / "tests.log"
    wait_for(lambda: log.exists() and "started" in log.read_text())
    os.kill(setpoint.pid, signal.SIGKILL)
    setpoint.wait()
    wait_for(lambda: not owned(owner))


def owned(owner: str) -> list[str]:
    """The processes that carry the mark."""
    mark = f"SETPOINT_OWNER={owner}".encode()
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(process.name)
        except OSError:
            continue  # it ended, or is not ours to read
    return found


def wait_for(condition) -> None:
    """Until it holds; a test fails when it never does."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
