"""Whatever happens to a load or to us, no process and no file is left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from setpoint.api.errors import LoadFailed
from setpoint.api.spec import Http

LOAD = """
import sys, time
from pathlib import Path
from setpoint.api.ports import LoadOrder
from setpoint.api.spec import Http, Load
from setpoint.load.k6 import K6Loader

load = Load(script="load.js", duration=60.0) if sys.argv[2] else Load(http=Http(rate=10), duration=60.0)
with K6Loader(init_seconds=60).start(LoadOrder(load, sys.argv[1], folder=Path(sys.argv[2]))) as running:
    while True:
        running.frame()
        time.sleep(0.05)
"""


def wait_for(happened, patience: float = 20.0) -> None:
    """Wait until it has."""
    until = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)


def folders_of(pids: list[int]) -> list[Path]:
    """The working folders of the processes: each load has one of its own."""
    return [(Path("/proc") / str(pid) / "cwd").readlink() for pid in pids]


def test_leaving_the_context_ends_k6_and_removes_its_files(lab):
    """Also when what is inside it failed, and while requests hang."""
    folders = []

    def drive() -> None:
        with lab.load(Http(path="/hang", rate=20), duration=600.0):
            wait_for(lambda: len(lab.target.requests) > 5)
            folders.extend(folders_of(lab.processes()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive()
    assert lab.processes() == []
    (folder,) = folders
    assert folder.name.startswith("setpoint-load-")
    assert not folder.exists()


def test_a_k6_that_was_killed_is_an_error_and_leaves_nothing(lab):
    """Its counts so far are not passed off as a load."""
    with lab.load(Http(rate=20), duration=600.0) as running:
        wait_for(lambda: len(lab.target.requests) > 5)
        os.kill(lab.processes()[0], signal.SIGKILL)
        with pytest.raises(LoadFailed, match="signal 9"):
            lab.wait(running, lambda frame: frame.finished)
        running.stop()


def test_a_k6_that_was_interrupted_by_someone_else_is_an_error(lab):
    """Only we know when the load is enough."""
    with lab.load(Http(rate=20), duration=600.0) as running:
        wait_for(lambda: len(lab.target.requests) > 5)
        os.kill(lab.processes()[0], signal.SIGINT)
        with pytest.raises(LoadFailed, match="interrupted from outside"):
            lab.wait(running, lambda frame: frame.finished)


def test_a_k6_that_does_not_listen_is_killed(lab):
    """A stopped process takes no signal but one."""
    with lab.load(Http(rate=20), duration=600.0):
        wait_for(lambda: len(lab.target.requests) > 5)
        (pid,) = lab.processes()
        os.kill(pid, signal.SIGSTOP)
    assert lab.processes() == []


def test_k6_listens_on_no_port(lab):
    """Its REST API could be asked by anybody on the machine to stop the load."""
    with lab.load(Http(rate=20), duration=600.0):
        wait_for(lambda: len(lab.target.requests) > 5)
        (pid,) = lab.processes()
        own = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()}
        tables = [Path(f"/proc/{pid}/net/{name}").read_text() for name in ("tcp", "tcp6")]
    lines = [line.split() for table in tables for line in table.splitlines()]
    listening = {f"socket:[{line[9]}]" for line in lines if line[3] == "0A"}
    assert listening
    assert not own & listening


@pytest.mark.parametrize("script", ["", "while (true) {} export default function () {}"])
def test_k6_does_not_outlive_a_setpoint_that_was_killed(script, lab):
    """Neither under load nor while a script is looked at."""
    (lab.folder / "load.js").write_text(script)
    environment = {**os.environ, "SETPOINT_OWNER": lab.owner, "TMPDIR": str(lab.folder)}
    command = [sys.executable, "-c", LOAD, lab.target.url, str(lab.folder) if script else ""]
    with subprocess.Popen(command, env=environment) as setpoint:
        wait_for(lambda: len(lab.processes()) > 1 and (script or len(lab.target.requests) > 5))
        setpoint.kill()
    wait_for(lambda: lab.processes() == [])
