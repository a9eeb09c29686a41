"""A control plane alone: etcd, the API server and, when asked for, the controllers, as plain processes on loopback.

Needs no root and no namespace. Nothing runs pods; the objects, admission, RBAC, watches and collection are real.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from testbed import binaries, parts
from testbed.identity import Identity
from testbed.kubectl import Kubectl
from testbed.places import TestbedError

_NAMES = ("localhost", "127.0.0.1")
READY_SECONDS = 120.0  # seconds on an idle machine; a busy one takes its time


class ControlPlane:
    """A context manager: up within seconds on entering, gone without trace on leaving."""

    def __init__(self, *, controllers: bool = True) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="setpoint-control-plane-"))
        self.kubeconfig = self.folder / "kubeconfig"
        self.audit_log = self.folder / "audit.log"
        self.kubectl = Kubectl(self.kubeconfig)
        self.identity = Identity(self.folder / "identity")
        self._controllers = controllers
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ends = contextlib.ExitStack()
        self._ends.callback(shutil.rmtree, self.folder, ignore_errors=True)

    @property
    def server(self) -> str:
        """The API's address."""
        return self._plane.server

    def __enter__(self) -> "ControlPlane":
        try:
            self._bring_up()
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()

    def stop(self, name: str) -> None:
        """Kills one part, as a crash would: etcd, kube-apiserver or kube-controller-manager."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def start(self, name: str) -> None:
        """Starts one part, with the same data and the same port as before."""
        commands: dict[str, Callable[[], list[str]]] = {
            "etcd": self._plane.etcd,
            "kube-apiserver": self._plane.apiserver,
            "kube-controller-manager": self._plane.controller_manager,
        }
        with self._log(name).open("ab") as log:
            # It ends with this process, also when this one is killed.
            command = ["setpriv", "--pdeathsig=KILL", *commands[name]()]
            # An API server costs a sixth less of the processor with fewer collections; of memory there is enough.
            environment = {"GOGC": "400", **os.environ}
            self._processes[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, env=environment)

    @contextlib.contextmanager
    def store_full(self) -> Iterator[None]:
        """An etcd whose space is used up: with the alarm that it raises itself at its quota, it takes no write."""
        [member] = self._etcd("cluster/member/list")["members"]
        alarm = {"memberID": member["ID"], "alarm": "NOSPACE"}
        self._etcd("maintenance/alarm", action="ACTIVATE", **alarm)
        try:
            yield
        finally:
            self._etcd("maintenance/alarm", action="DEACTIVATE", **alarm)

    def _etcd(self, what: str, **said: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self._plane.etcd_port}/v3/{what}"
        with urllib.request.urlopen(url, json.dumps(said).encode(), timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> None:
        """Returns when the API is ready and, with controllers, makes each namespace its service account."""
        self._wait("the API", self._answers, seconds)
        if self._controllers:
            account = ("get", "serviceaccount", "default", "--namespace", "default")
            self._wait("the controllers", lambda: self.kubectl.attempt(*account).returncode == 0, seconds)

    def _answers(self) -> bool:
        return self.kubectl.attempt("get", "--raw", "/readyz").returncode == 0

    def _bring_up(self) -> None:
        api, etcd, etcd_peer, controllers = _free_ports(4)
        self.identity.make(_NAMES)
        self._plane = parts.ControlPlane(
            programs=binaries.kubernetes(),
            folder=self.folder,
            identity=self.identity,
            api_port=api,
            etcd_port=etcd,
            etcd_peer_port=etcd_peer,
            controllers_port=controllers,
            audit_log=self.audit_log,
            bind="127.0.0.1",
        )
        self.identity.kubeconfig(self.kubeconfig, "admin", self._plane.server)
        self._ends.callback(self._kill_all)
        self.start("etcd")
        self.start("kube-apiserver")
        self._wait("the API", self._answers, READY_SECONDS)
        if self._controllers:
            self.start("kube-controller-manager")  # it gives up on an API that is not there after ten seconds
        self.wait_until_ready()

    def _kill_all(self) -> None:
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()

    def _wait(self, what: str, done: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise TestbedError(f"{name} ended with {process.returncode}:\n{_tail(self._log(name))}")
            if time.monotonic() > deadline:
                raise TestbedError(f"{what} did not come within {seconds:.0f} s:\n{_tail(self._log('kube-apiserver'))}")
            time.sleep(0.1)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets: list[socket.socket | IO] = []
        for _ in range(count):
            sockets.append(stack.enter_context(socket.create_server(("127.0.0.1", 0))))
        return [opened.getsockname()[1] for opened in sockets]


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
