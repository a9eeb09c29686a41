"""The first process of the node's namespaces: sets them up, keeps every part running, and takes all down with it.

Started by cluster.py through unshare(1), as process 1 of its own process namespace: the kernel ends everything in
there, containers too, when it ends, however it ends.
"""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from testbed import cgroups, runtime
from testbed.identity import Identity
from testbed.parts import ControlPlane
from testbed.places import AUDIT_LOG, LOGS, NODE_ADDRESS, SERVICE_RANGE, STATE

API_PORT = 6443
_RESTART_AFTER = 1.0


def control_plane(programs: Path, tokens: dict[str, str]) -> ControlPlane:
    """The node's control plane: fixed ports, since the network is its own."""
    return ControlPlane(
        programs, STATE, Identity(STATE / "identity", tokens), API_PORT, 2379, 2380, 10257, AUDIT_LOG,
        bind="0.0.0.0", advertise=NODE_ADDRESS,
    )  # fmt: skip


def set_up_mounts() -> None:
    """Default paths, private content: the runtime and the kubelet find their folders where they expect them."""
    for name in ("lib", "log"):
        (STATE / name).mkdir(exist_ok=True)
        _run("mount", "--bind", str(STATE / name), f"/var/{name}")
    _run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    Path("/run/netns").mkdir()
    _run("mount", "--make-rshared", "/")


def set_up_network() -> None:
    """The pods' bridge, before any pod: the node has its address on it. There is no way out."""
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", "cni0", "address", "0a:58:0a:f4:00:01", "type", "bridge")
    _run("ip", "address", "add", f"{NODE_ADDRESS}/24", "dev", "cni0")
    _run("ip", "link", "set", "cni0", "up")
    # So that a service's address is routed at all when the node itself calls it; the proxy rewrites it.
    _run("ip", "route", "add", SERVICE_RANGE, "dev", "cni0")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


class Keeper:
    """Starts programs with their output in a log file each, reaps every orphan, starts again what ended."""

    def __init__(self) -> None:
        self.commands: dict[str, list[str]] = {}
        self.running: dict[int, str] = {}

    def start(self, name: str, command: list[str]) -> None:
        """Starts one part, to be kept running from now on."""
        self.commands[name] = command
        log = os.open(LOGS / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        output = [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2), (os.POSIX_SPAWN_CLOSE, log)]
        self.running[os.posix_spawnp(command[0], command, os.environ, file_actions=output)] = name
        os.close(log)

    def keep(self) -> None:
        """Never returns."""
        while True:
            pid, status = os.waitpid(-1, 0)
            name = self.running.pop(pid, None)
            if name:
                print(f"{name} ended with {os.waitstatus_to_exitcode(status)}: starting it again", flush=True)
                time.sleep(_RESTART_AFTER)
                self.start(name, self.commands[name])


def run(settings: dict) -> None:
    """Brings the node up and keeps it up."""
    cgroups.enter()
    set_up_mounts()
    set_up_network()
    plane = control_plane(Path(settings["programs"]), settings["tokens"])
    keeper = Keeper()
    keeper.start("containerd", runtime.containerd())
    keeper.start("etcd", plane.etcd())
    keeper.start("kube-apiserver", plane.apiserver())
    keeper.start("relay", [sys.executable, "-m", "testbed.relay", str(settings["listener"]), str(API_PORT)])
    _wait_until_ready(plane.server)
    keeper.start("kube-controller-manager", plane.controller_manager())
    keeper.start("kube-scheduler", plane.scheduler())
    keeper.start("kubelet", plane.kubelet(runtime.kubelet_configuration(plane.identity)))
    keeper.start("kube-proxy", plane.proxy())
    keeper.keep()


def _wait_until_ready(server: str) -> None:
    trusting = ssl._create_unverified_context()
    while True:
        try:
            with urllib.request.urlopen(f"{server}/readyz", timeout=2, context=trusting):
                return
        except OSError:
            time.sleep(0.2)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    run(json.loads((STATE / "node.json").read_text()))
