"""Up, down and status of the machine's one cluster."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from testbed import binaries, cache, cgroups, node_images
from testbed.identity import Identity
from testbed.kubectl import Kubectl
from testbed.places import (
    AUDIT_LOG,
    CGROUP,
    HERE,
    KUBECONFIG,
    KUBERNETES_ADDRESS,
    LOGS,
    MANIFESTS,
    NAME,
    NODE_ADDRESS,
    OUTSIDE_PORT,
    STATE,
    TOP,
    TestbedError,
    say,
)
from testbed.runtime import SOCKET

_SERVICE = "kubernetes.default.svc"
_NAMES = ("localhost", "kubernetes", "kubernetes.default", _SERVICE, f"{_SERVICE}.cluster.local")
_ADDRESSES = ("127.0.0.1", KUBERNETES_ADDRESS, NODE_ADDRESS)
_INIT_MODULE = "testbed.node"
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def up() -> None:
    """Brings the cluster up, or adopts the one that runs; cleans what a crashed one left."""
    if os.geteuid() != 0:
        raise TestbedError("a node needs root: sudo make cluster-up")
    if subprocess.run([str(TOP / "scripts" / "install-tools.sh"), "cluster"]).returncode != 0:
        raise TestbedError("the node's programs could not be installed")
    programs, archives = binaries.kubernetes(), node_images.build()
    with cache.only_one(CGROUP):
        if answering():
            say(f"already up (started from {_settings()['checkout']}); KUBECONFIG={KUBECONFIG}")
            return
        _bring_up(programs, archives)


def _bring_up(programs: Path, archives: list[Path]) -> None:
    _clean()
    started = time.monotonic()
    _start(programs)
    load_images(archives)
    kubectl = Kubectl(KUBECONFIG)
    _wait("the API", answering)
    kubectl("apply", "--server-side", "--filename", str(MANIFESTS))
    _wait("the node", lambda: _ready(kubectl.json("get", "nodes")["items"]))
    for item in kubectl.json("get", "deployments", "--all-namespaces")["items"]:
        name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
        kubectl("rollout", "status", f"deployment/{name}", "--namespace", namespace, "--timeout=120s", timeout=150)
    say(f"up in {time.monotonic() - started:.0f} s; export KUBECONFIG={KUBECONFIG}")


def down() -> None:
    """Ends the cluster, whoever started it and in whatever state it is; nothing of it is left."""
    with cache.only_one(CGROUP):
        _clean()


def _clean() -> None:
    for pid in _init_pids():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _wait("the node's end", lambda: not _init_pids())
    _wait("the control groups' end", lambda: _succeeds(cgroups.remove))
    _wait("the files' end", lambda: _succeeds(lambda: STATE.exists() and shutil.rmtree(STATE)))


def status() -> int:
    """Says what there is; the exit code is 0 only when the cluster answers."""
    if not _init_pids():
        left = [str(path) for path in (*cgroups.left(), STATE) if path.exists()]
        print("down" + (f"; left over: {', '.join(left)} (make cluster-down removes them)" if left else ""))
        return 1
    print(
        f"kubeconfig  {KUBECONFIG}\naudit log   {AUDIT_LOG}\nlogs        {LOGS}\ncheckout    {_settings()['checkout']}"
    )
    if not answering():
        print("the API does not answer")
        return 1
    kubectl = Kubectl(KUBECONFIG)
    print(kubectl("get", "nodes,deployments", "--all-namespaces", "-o", "wide").rstrip())
    return 0


def answering() -> bool:
    """Whether the API answers that it is ready."""
    return KUBECONFIG.exists() and Kubectl(KUBECONFIG).attempt("get", "--raw", "/readyz").returncode == 0


def entered(*command: str) -> list[str]:
    """A command line that runs the command inside of the node's namespaces."""
    pids = _init_pids()
    if not pids:
        raise TestbedError("there is no cluster on this machine: make cluster-up")
    return ["nsenter", f"--target={pids[0]}", "--mount", "--net", "--pid", *command]


def load_images(archives: list[Path]) -> None:
    """Gives image archives to the node's runtime, which may have some of them already."""
    _wait("the container runtime", lambda: subprocess.run(entered("test", "-S", SOCKET)).returncode == 0)
    record = STATE / "loaded.json"
    loaded = json.loads(record.read_text()) if record.exists() else {}
    for archive in archives:
        if loaded.get(str(archive.parent)) != archive.name:
            _load(archive)
            loaded[str(archive.parent)] = archive.name
            record.write_text(json.dumps(loaded))


def _load(archive: Path) -> None:
    command = entered("ctr", "--namespace", "k8s.io", "images", "import", "/dev/stdin")
    with archive.open("rb") as content:
        done = subprocess.run(command, stdin=content, capture_output=True, text=True)
    if done.returncode != 0:
        raise TestbedError(f"{archive} could not be loaded: {done.stderr.strip()}")


def _start(programs: Path) -> None:
    LOGS.mkdir(parents=True)
    identity = Identity(STATE / "identity")
    identity.make([*_NAMES, *_ADDRESSES])
    identity.kubeconfig(KUBECONFIG, "admin", f"https://127.0.0.1:{OUTSIDE_PORT}")
    AUDIT_LOG.touch()
    listener = _listener()
    settings = {
        "programs": str(programs),
        "tokens": identity.tokens,
        "listener": listener.fileno(),
        "checkout": str(TOP),
    }
    (STATE / "node.json").touch(mode=0o600)
    (STATE / "node.json").write_text(json.dumps(settings))
    namespaces = ["--net", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"]
    environment = {"PATH": _PATH, "PYTHONPATH": str(HERE.parent), "HOME": str(STATE), "TESTBED": NAME}
    with (LOGS / "node.log").open("w") as log:
        # In a session of its own, and nobody's child: the cluster outlives this command.
        subprocess.run(
            ["setsid", "--fork", "unshare", *namespaces, sys.executable, "-m", _INIT_MODULE],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd="/",
            pass_fds=[listener.fileno()], check=True,
        )  # fmt: skip
    listener.close()
    _wait("the node's first process", lambda: bool(_init_pids()))


def _listener() -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", OUTSIDE_PORT), backlog=128)
    except OSError as error:
        raise TestbedError(f"another program has the API's port 127.0.0.1:{OUTSIDE_PORT}") from error


def _settings() -> dict[str, Any]:
    return json.loads((STATE / "node.json").read_text())


def _init_pids() -> list[int]:
    """Process 1 of the node's process namespace, found by its command line: also when every file is lost."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if _INIT_MODULE.encode() in words and _is_init(process) and _testbed_of(process) == NAME:
                found.append(int(process.name))
    return found


def _is_init(process: Path) -> bool:
    identifiers = (process / "status").read_text().partition("NSpid:")[2].split("\n")[0].split()
    return len(identifiers) > 1 and identifiers[-1] == "1"


def _testbed_of(process: Path) -> str:
    variables = (process / "environ").read_bytes().split(b"\0")
    return next((value[len("TESTBED=") :].decode() for value in variables if value.startswith(b"TESTBED=")), "")


def _ready(nodes: list[dict]) -> bool:
    conditions = [condition for node in nodes for condition in node["status"].get("conditions", ())]
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _succeeds(action: Callable[[], object]) -> bool:
    try:
        action()
    except OSError:
        return False
    return True


def _wait(what: str, done: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TestbedError(f"{what} did not come within {seconds:.0f} s; see {LOGS}")
        time.sleep(0.2)
