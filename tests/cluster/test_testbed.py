"""The testbed itself, on a second cluster beside the suite's own: up after a crash, and down without a trace."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.kubectl import Kubectl
from testbed.places import TOP

NAME = "probe"
MARK = f"setpoint-testbed-{NAME}"
STATE = Path("/var/cache") / MARK
PARTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "containerd")
# Where a runtime keeps its things. Not ours to judge when they were there before.
_FOLDERS = ("/var/lib/kubelet", "/var/lib/containerd", "/var/lib/cni", "/run/containerd", "/var/log/pods")
RUNTIME_FOLDERS = [folder for folder in _FOLDERS if not Path(folder).exists()]


def run(command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TESTBED": NAME, "PYTHONPATH": str(TOP / "tests")}
    done = subprocess.run(
        [sys.executable, "-m", "testbed", command], env=environment, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0 or command == "status", done.stderr
    return done


def processes() -> dict[int, str]:
    """All that belong to the second cluster: its control groups name them, containers included."""
    found = {}
    for group in Path("/sys/fs/cgroup").glob(f"*/{MARK}/**/cgroup.procs"):
        for pid in group.read_text().split():
            with contextlib.suppress(OSError):  # it has just ended
                found[int(pid)] = Path(f"/proc/{pid}/comm").read_text().strip()
    return found


def first_process() -> int:
    """Process 1 of the cluster's own process namespace."""
    for pid in processes():
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/status").read_text().partition("NSpid:")[2].split("\n")[0].split()[1:] == ["1"]:
                return pid
    raise AssertionError("the second cluster has no first process")


def traces() -> list[str]:
    """What there is of the second cluster on the machine."""
    groups = [str(path) for path in Path("/sys/fs/cgroup").glob(f"*/{MARK}")]
    files = [str(path) for path in (STATE,) if path.exists()]
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if MARK in line]
    return [*groups, *files, *mounts, *(path for path in RUNTIME_FOLDERS if Path(path).exists()), *processes().values()]


@pytest.fixture(scope="module")
def second(cluster):
    """The second cluster, gone when the module is through."""
    run("up")
    yield Kubectl(STATE / "kubeconfig")
    run("down")


def test_a_part_that_was_killed_is_started_again(cluster, second):
    """Each of them, and the API answers with the node ready thereafter."""
    before = {name: pid for pid, name in processes().items()}
    for part in PARTS:
        os.kill(before[part[:15]], signal.SIGKILL)

    def all_back() -> bool:
        now = {name: pid for pid, name in processes().items()}
        return all(now.get(part[:15], before[part[:15]]) != before[part[:15]] for part in PARTS)

    assert cluster.eventually(all_back)
    assert cluster.eventually(lambda: second.attempt("get", "--raw", "/readyz").returncode == 0)
    container = {"name": "main", "image": "setpoint.dev/testbed/shell:1", "command": ["id"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "after"}}
    cluster.eventually(lambda: second.attempt("get", "serviceaccount", "default").returncode == 0)
    second.apply({**pod, "spec": {"restartPolicy": "Never", "containers": [container]}})
    second("wait", "pod/after", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=90s", timeout=100)


def test_everything_ends_with_the_first_process_and_up_starts_afresh(cluster, second):
    """A crash of the whole leaves no process, not even a container's; the next start cleans what files it left."""
    assert "prometheus" in processes().values()
    os.kill(first_process(), signal.SIGKILL)
    assert cluster.eventually(lambda: not processes())
    assert run("status").stdout.startswith("down; left over: ")
    run("up")
    assert second.json("get", "pods")["items"] == []


def test_nothing_is_left_after_down(cluster, second):
    """No process, mount, control group or file, also where a runtime keeps its things; the first cluster stays."""
    run("down")
    assert traces() == []
    assert cluster.kubectl("get", "--raw", "/readyz") == "ok"
