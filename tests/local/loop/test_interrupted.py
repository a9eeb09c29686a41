"""A run that is killed and stopped again and again, and ends as one that never was."""

import os
import signal
import time

import pytest

pytestmark = pytest.mark.slow  # one real loop, with a real load after each interruption
FILE = "performance-constraints.yaml"


def killed(running, service):
    """kill -9: nobody cleans up, and yet no process of the run outlives it for long."""
    os.kill(running.process.pid, signal.SIGKILL)
    running.end()
    until = time.monotonic() + 10
    while service.processes() and time.monotonic() < until:
        time.sleep(0.05)
    assert service.processes() == {}


def resumed(service):
    running = service.start("run", FILE)
    running.wait_for(f"resume run {service.run_folder().name} of events")
    return running


def test_a_run_may_be_stopped_and_killed_anywhere(nested):
    """Each call goes on where the last one ended; the end is one branch, one commit, one pull request.

    In a folder of a larger repository, with spaces in the way to it.
    """
    service, before = nested, nested.state()
    deployed = service.git("rev-parse", "HEAD")

    running = service.start("run", FILE)
    running.wait_for("profile: ")
    killed(running, service)
    assert service.record()["verdict"]["result"] == "Breached"

    running = resumed(service)
    running.wait_for(lambda: service.branches() != [])
    killed(running, service)
    published = service.git("rev-parse", service.branches()[0])

    running = resumed(service)
    running.wait_for("under the same load: ")
    running.signal_group(signal.SIGINT)
    running.ends_in_good_order(service)
    assert service.git("rev-parse", service.branches()[0]) == published

    running = resumed(service)
    running.wait_for("under the same load: ")
    killed(running, service)

    said = resumed(service).end()
    assert said.code == 0, said.err
    assert "repair: Verified" in said.out
    (branch,) = service.branches()
    assert service.git("rev-parse", branch) == published
    assert service.git("rev-list", "--parents", "-1", branch).split()[1:] == [deployed]
    assert service.git("diff", "--numstat", deployed, branch) == "1\t0\tall services/events/processor.py"
    (document,) = service.folder.rglob("pull-request.md")
    assert branch in document.read_text()
    stages = [decision["stage"] for decision in service.record()["decisions"] if decision["action"] == "Take"]
    assert stages == ["measure", "diagnose", "propose", "gate", "test", "publish", "verify", "announce"]
    assert service.state() == before
    assert service.leftovers() == {}
