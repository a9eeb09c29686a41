"""The entry point: light, and every error is one line and a code."""

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

SETPOINT = Path(sys.executable).with_name("setpoint")


def test_the_version_is_the_distributions(run):
    """`setpoint --version`."""
    assert run("--version").out == f"setpoint {version('setpoint')}\n"


def test_help_names_every_command(run):
    """And exits with 0."""
    said = run("--help")
    assert said.code == 0
    assert all(
        f"\n    {name} " in said.out for name in ("check", "load", "capture", "run", "explain", "report", "init")
    )


def test_no_command_prints_the_help_and_is_wrong_usage(run):
    """On standard error: standard output is data."""
    said = run()
    assert (said.code, said.out) == (2, "")
    assert "COMMAND" in said.err


@pytest.mark.parametrize(
    ("word", "said"), [("chekc", "did you mean check?"), ("zzz", "the commands are check, load, capture")]
)
def test_an_unknown_command_names_the_nearest(run, word, said):
    """Exit code 2, one line."""
    result = run(word, "a", "b")
    assert result.code == 2
    assert result.err.startswith(f"setpoint: there is no command '{word}'; {said}")


@pytest.mark.parametrize("name", ["check", "load", "capture", "run", "explain", "report", "init"])
def test_every_command_can_be_asked_for_help(run, name):
    """Its module is there, and its arguments are described."""
    said = run(name, "--help")
    assert said.code == 0, said.err
    assert f"usage: setpoint {name}" in said.out


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        (["--help"], {"numpy", "pydantic", "yaml", "rich", "git"}),
        (
            ["check", "m.json", "c.yaml", "--output", "json"],
            {"git", "libcst", "requests", "prometheus_client", "rich", "kopf", "kubernetes"},
        ),
        (["kube", "get", "--help"], {"kopf", "kubernetes", "numpy", "git"}),
    ],
)
def test_a_command_imports_only_what_it_needs(files, words, unwanted):
    """`setpoint check` is called in loops; what it does not need costs nothing."""
    code = f"import sys; from setpoint.cli.main import main; main({words}); print([*{unwanted} & sys.modules.keys()])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert out.splitlines()[-1] == "[]"


def start(*words: str, **streams) -> subprocess.Popen[str]:
    """The command as a process with those streams; standard error is read."""
    return subprocess.Popen([SETPOINT, *words], stderr=subprocess.PIPE, text=True, preexec_fn=_heed_hangups, **streams)


def _heed_hangups() -> None:
    """Also when the tests themselves run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_a_reader_that_has_seen_enough_changes_nothing(files, run):
    """`setpoint check ... | head -0`: there is a verdict, and the exit code says it."""
    read, write = os.pipe()
    os.close(read)
    process = start("check", "m.json", "c.yaml", stdout=write)
    os.close(write)
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == run("check", "m.json", "c.yaml").code


def test_a_full_disk_is_one_line_and_exit_code_4(files):
    """Nobody got the verdict: it is not a pass."""
    with Path("/dev/full").open("w") as full:
        process = start("check", "m.json", "c.yaml", stdout=full)
        assert process.communicate(timeout=60)[1] == "setpoint: No space left on device\n"
    assert process.returncode == 4


def test_closed_streams_leave_the_exit_code(files):
    """`>&- 2>&-`, as some schedulers start commands."""
    files(failed=400)
    words = f"{SETPOINT} check m.json c.yaml >&- 2>&-"
    assert subprocess.run(["/bin/sh", "-c", words], timeout=60, check=False).returncode == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_stopped_says_so_and_exits_with_130(files, number):
    """Ctrl-C, a scheduler, a closed terminal."""
    process = start("check", "-", "c.yaml", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    wait_until_it_reads(process.pid)
    process.send_signal(number)
    assert process.communicate(timeout=60)[1] == "setpoint: interrupted\n"
    assert process.returncode == 130


def wait_until_it_reads(pid: int) -> None:
    """The command sleeps in read() on its standard input: a pipe that nobody writes to."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        number, _, rest = Path(f"/proc/{pid}/syscall").read_text().partition(" ")
        if number == "0" and rest.startswith("0x0 "):
            return
        time.sleep(0.02)
    pytest.fail("the command never read its standard input")


def test_debug_shows_where_an_error_came_from(files, process):
    """By option or by environment; without it there is no traceback."""
    plain = process("check", "nowhere", "c.yaml")
    by_option = process("check", "nowhere", "c.yaml", "--debug")
    by_environment = process("check", "nowhere", "c.yaml", env=os.environ | {"SETPOINT_DEBUG": "1"})
    assert "Traceback" not in plain.stderr
    assert "Traceback" in by_option.stderr
    assert "Traceback" in by_environment.stderr
    assert plain.returncode == by_option.returncode == by_environment.returncode == 2
