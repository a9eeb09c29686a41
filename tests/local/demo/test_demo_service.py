"""The demo: a service whose tests pass before and after the repair, and a script that keeps what was interrupted."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from setpoint.api.loading import load_spec

DEMO = Path(__file__).parents[3] / "manifests" / "demo"
QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """The service's files in a folder of their own, as it is shipped: leaking."""
    for file in DEMO.glob("*.py"):
        shutil.copy(file, tmp_path)
    return tmp_path


def repair(service: Path) -> None:
    subprocess.run(["git", "apply", DEMO / "healthy.patch"], cwd=service, check=True, env={**os.environ, **QUIET})


def run_python(service: Path, *words: str) -> str:
    done = subprocess.run([sys.executable, *words], cwd=service, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("healthy", [False, True])
def test_the_services_own_tests_pass(service: Path, healthy: bool) -> None:
    """Before and after the repair: they do not see the leak."""
    if healthy:
        repair(service)
    printed = run_python(service, "-W", "error", "-m", "unittest", "-q")
    assert "Ran 10 tests" in printed


@pytest.mark.parametrize(("healthy", "kept"), [(False, 1000), (True, 0)])
def test_only_the_shipped_service_keeps_its_events(service: Path, healthy: bool, kept: int) -> None:
    """A thousand events of the load: all of them stay, or none of a finished batch; answers and totals are equal."""
    if healthy:
        repair(service)
    spec = load_spec(DEMO / "performance-constraints.yaml")
    (service / "body.json").write_text(spec.load.http.body)
    code = """
import json, pathlib, processor
body = pathlib.Path("body.json").read_bytes()
events = processor.EventProcessor(processor.Ledger())
answers = {json.dumps(events.process(processor.parse(body))) for _ in range(1000)}
print(json.dumps([len(events.events), sorted(answers), events.totals()]))
"""
    answer = '{"kind": "order.placed", "pieces": 38, "value": 312.35}'
    assert json.loads(run_python(service, "-c", code)) == [kept, [answer], {"order.placed": 1000}]


@pytest.fixture
def demo(tmp_path: Path):
    """demo(code, branch=…, **environment): the script's exit code, with a stand-in for the loop that ends with `code`.

    The stand-in notes the commit that it was called on.
    """
    shutil.copytree(DEMO, tmp_path / "manifests" / "demo")
    loop = tmp_path / ".venv" / "bin" / "setpoint"
    loop.parent.mkdir(parents=True)

    def run(code: int, *, branch: str = "", **environment: str) -> int:
        make = f"git branch {branch}" if branch else ":"
        loop.write_text(f'#!/bin/sh\n{make}\ntouch left-by-the-loop\necho "$@" > ../called\nexit {code}\n')
        loop.chmod(0o755)
        script = tmp_path / "manifests" / "demo" / "demo.sh"
        return subprocess.run([script], env={**os.environ, **environment}, timeout=60, check=False).returncode

    return run


@pytest.mark.parametrize("code", [0, 1, 3, 4])
def test_the_script_ends_with_the_loops_exit_code(demo, tmp_path: Path, code: int) -> None:
    """After a run of the demo's file in a repository with one commit."""
    assert demo(code) == code
    assert (tmp_path / ".demo" / "called").read_text() == "run performance-constraints.yaml\n"
    repository = tmp_path / ".demo" / "events"
    log = subprocess.run(["git", "-C", repository, "log", "--format=%s"], capture_output=True, text=True, check=True)
    assert log.stdout == "Count events in batches\n"
    assert (repository / "performance-constraints.yaml").exists()


@pytest.mark.parametrize(("first", "second"), [(130, "resuming"), (137, "resuming"), (0, ""), (4, "")])
def test_only_an_interrupted_run_is_kept(demo, tmp_path: Path, capfd, first: int, second: str) -> None:
    """A run that ended is followed by a fresh one."""
    demo(first)
    (tmp_path / ".demo" / "events" / "mark").touch()
    assert demo(0) == 0
    assert (tmp_path / ".demo" / "events" / "mark").exists() is bool(second)
    assert second in capfd.readouterr().err


def test_a_half_made_repository_is_made_again(demo, tmp_path: Path) -> None:
    """The script itself may be killed too."""
    (tmp_path / ".demo" / "events").mkdir(parents=True)
    assert demo(0) == 0
    assert (tmp_path / ".demo" / "events" / "app.py").exists()


def test_the_healthy_twin_is_repaired_and_apart(demo, tmp_path: Path) -> None:
    """It has its own repository, so that neither run disturbs the other."""
    assert demo(130) == 130
    assert demo(0, HEALTHY="1") == 0
    healthy = (tmp_path / ".demo" / "events-healthy" / "processor.py").read_text()
    assert "self.events.clear()" in healthy
    assert "self.events.clear()" not in (tmp_path / ".demo" / "events" / "processor.py").read_text()


def test_a_repair_of_the_healthy_twin_is_a_failure(demo) -> None:
    """Even when the loop says that all is well."""
    assert demo(0, branch="setpoint/events/1", HEALTHY="1") == 1
