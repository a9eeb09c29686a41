"""The operator as a process that is started again however it ends, as a Deployment would."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from testbed.places import TOP

PAUSE_SECONDS, MOST_STARTS = 0.2, 10


class Nursery:
    """Where operators come from."""

    def __init__(self) -> None:
        self._asking = threading.Lock()

    def __enter__(self) -> "Nursery":
        command = ["setpriv", "--pdeathsig=KILL", sys.executable, "-m", "apiserver.crash.nursery"]
        environment = {**os.environ, "PYTHONPATH": str(TOP / "tests"), "OPENBLAS_NUM_THREADS": "1"}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(self, arguments: list[str], environment: dict[str, str], log: Path) -> int:
        """Start an operator; a descriptor of its process."""
        order = json.dumps({"arguments": arguments, "environment": environment, "log": str(log)})
        assert self._process.stdin and self._process.stdout
        with self._asking:
            self._process.stdin.write(f"{order}\n")
            self._process.stdin.flush()
            return os.pidfd_open(int(self._process.stdout.readline()))


class Runner:
    """One operator of one namespace, which is its own as well."""

    def __init__(self, nursery: Nursery, namespace: str, kubeconfig: Path, log: Path) -> None:
        self._nursery, self._namespace, self._kubeconfig, self._log = nursery, namespace, kubeconfig, log
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._process = -1
        self.starts = 0

    def __enter__(self) -> "Runner":
        self._start()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.kill()
        self._keeper.join()

    def kill(self) -> None:
        """As when its node loses power; returns when it is dead."""
        with self._lock, suppress(ProcessLookupError, OSError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
            _wait(self._process)

    def _keep(self) -> None:
        while True:
            _wait(self._process)
            with self._lock:
                os.close(self._process)
                self._process = -1
            if self._stopping.wait(PAUSE_SECONDS) or self.starts >= MOST_STARTS:
                return
            self._start()

    def _start(self) -> None:
        listen = f"127.0.0.1:{_free_port()}"
        words = ["operator", "--kubeconfig", str(self._kubeconfig), "--namespace", self._namespace, "--listen", listen]
        with self._lock:
            self.starts += 1
            self._process = self._nursery.start(words, {"SETPOINT_NAMESPACE": self._namespace}, self._log)


def _wait(process: int) -> None:
    """Until it has ended."""
    ended = select.poll()
    ended.register(process, select.POLLIN)
    ended.poll()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return int(opened.getsockname()[1])
