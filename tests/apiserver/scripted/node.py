"""A node without containers: it takes pods, lets them live as a script says, and serves what they would have printed.

Deployments, ReplicaSets, Jobs and garbage collection are the real controllers' work; only what happens inside a pod
is played.
"""

import json
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.refusals import ClusterFailed

NODE = "scripted"
Pod = dict[str, Any]
Play = Callable[["Stage"], None]


class Stage:
    """One pod's life, told by a play: `run()`, `log(text)`, `wait(seconds)`, `end(...)`."""

    def __init__(self, node: "Node", pod: Pod) -> None:
        self.node, self.pod = node, pod
        self.name, self.namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        self.container = pod["spec"]["containers"][0]["name"]
        self.image_id = "registry.example.com/x@sha256:1"

    def bind(self) -> None:
        """Onto our node."""
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": self.name},
            "target": {"kind": "Node", "name": NODE},
        }
        self.node.cluster.create(path_of("v1", "pods", self.namespace, self.name, "binding"), binding)

    def run(self, age: float = 0.0) -> None:
        """The container runs and is ready; it says that it has been for `age` seconds."""
        self.started = now(-age)
        self.status("Running", {"running": {"startedAt": self.started}}, ready=True)

    def log(self, text: str) -> None:
        """What the container printed so far."""
        self.node.logs[self.namespace, self.name] = text

    def wait(self, seconds: float) -> None:
        """Let time pass; ends the play when the pod was deleted."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.node.is_gone(self):
                raise GoneError
            time.sleep(0.1)

    def end(self, code: int = 0, message: str = "", reason: str = "", ago: float = 0.0) -> None:
        """The container ended, `ago` seconds before now."""
        how = {"exitCode": code, "finishedAt": now(-ago), "startedAt": self.started, "message": message}
        how["reason"] = reason or ("Completed" if code == 0 else "Error")
        self.status("Succeeded" if code == 0 else "Failed", {"terminated": how})

    def waiting(self, reason: str, message: str = "") -> None:
        """The container does not start."""
        self.status("Pending", {"waiting": {"reason": reason, "message": message}})

    def evict(self) -> None:
        """The node needs its room."""
        self.patch({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."})

    def lose(self, seconds: float) -> None:
        """The node is heard of no more, so the pod is taken away, and nobody is there to end it for `seconds`."""
        self.node.unheard[self.pod["metadata"]["uid"]] = time.monotonic() + seconds
        taint = {"reason": "DeletionByTaintManager", "message": "Taint manager: deleting due to NoExecute taint"}
        self.patch(
            {"conditions": [{"type": "DisruptionTarget", "status": "True", "lastTransitionTime": now(), **taint}]}
        )
        self.node.cluster.delete(path_of("v1", "pods", self.namespace, self.name))
        time.sleep(seconds)

    def status(self, phase: str, state: Mapping[str, Any], *, ready: bool = False) -> None:
        """Write the status of the pod and of its only container."""
        truth = "True" if ready else "False"
        conditions = [{"type": kind, "status": truth} for kind in ("Ready", "ContainersReady")]
        conditions.append({"type": "PodScheduled", "status": "True"})
        container = {
            "name": self.container,
            "image": "x",
            "imageID": self.image_id,
            "restartCount": 0,
            "ready": ready,
            "started": "running" in state or "terminated" in state,
            "state": state,
        }
        own = {"containerStatuses": [container], "startTime": getattr(self, "started", now())}
        self.patch({"phase": phase, "conditions": conditions, **own})

    def patch(self, status: Mapping[str, Any]) -> None:
        """Merge into the pod's status."""
        self.node.cluster.merge(path_of("v1", "pods", self.namespace, self.name, "status"), {"status": status})


class GoneError(Exception):
    """The pod was deleted."""


def now(later: float = 0.0) -> str:
    """As the API server writes it, `later` seconds from now."""
    return (datetime.now(UTC) + timedelta(seconds=later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def serves(stage: Stage, age: float = 3600) -> None:
    """A pod that runs until it is deleted, and has been there for long: no test has to wait for that."""
    stage.run(age)
    while True:
        stage.wait(1)


class Node:
    """Plays pods: those with the label setpoint.dev/role=load by `load`, all others by `others`."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.load: Play = serves
        self.others: Play = serves
        self.logs: dict[tuple[str, str], str] = {}
        self.played: list[str] = []  # load pods, in the order in which they began
        self.unheard: dict[str, float] = {}  # pods by uid that are not ended before that moment
        self._present: set[str] = set()
        self._known: set[str] = set()
        self._stopping = threading.Event()
        self._folder = tempfile.TemporaryDirectory()

    def __enter__(self) -> "Node":
        self._server = self._kubelet()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._register()
        for work in (self._follow, self._beat):
            threading.Thread(target=work, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._folder.cleanup()

    def is_gone(self, stage: Stage) -> bool:
        """Whether the pod was deleted, or is being."""
        return self._stopping.is_set() or stage.pod["metadata"]["uid"] not in self._present

    def _register(self) -> None:
        with suppress(ClusterFailed):  # another test made it
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}
            self.cluster.create(path_of("v1", "nodes"), node)
        status = {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._server.server_address[1]}},
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True",
                    "reason": "Scripted",
                    "message": "",
                    "lastHeartbeatTime": now(),
                    "lastTransitionTime": now(),
                }
            ],
            "capacity": {"pods": "500", "cpu": "8", "memory": "32Gi"},
        }
        self.cluster.merge(path_of("v1", "nodes", None, NODE, "status"), {"status": status})

    def _beat(self) -> None:
        """Say that the node is alive: else its pods are taken for lost after forty seconds."""
        leases = ("coordination.k8s.io/v1", "leases", "kube-node-lease")
        spec = {"holderIdentity": NODE, "leaseDurationSeconds": 40, "renewTime": now().replace("Z", ".000000Z")}
        body = {"apiVersion": leases[0], "kind": "Lease", "metadata": {"name": NODE}, "spec": spec}
        while not self._stopping.wait(5):
            with suppress(ClusterFailed):
                spec["renewTime"] = now().replace("Z", ".000000Z")
                if self.cluster.find(path_of(*leases, NODE)):
                    self.cluster.merge(path_of(*leases, NODE), {"spec": spec})
                else:
                    self.cluster.create(path_of(*leases), body)

    def _follow(self) -> None:
        while not self._stopping.wait(0.1):
            try:
                pods, version = self.cluster.listing(path_of("v1", "pods"))
                self._present = {pod["metadata"]["uid"] for pod in pods}
                for pod in pods:
                    self._take(pod)
                for event in self.cluster.watch(path_of("v1", "pods"), version=version, seconds=60):
                    if event["type"] == "ERROR" or self._stopping.is_set():
                        break
                    self._hear(event["type"], event["object"])
            except ClusterFailed:
                continue

    def _hear(self, kind: str, pod: Pod) -> None:
        if kind == "DELETED":
            self._present.discard(pod["metadata"]["uid"])
        elif kind != "BOOKMARK":
            self._take(pod)

    def _take(self, pod: Pod) -> None:
        about = pod["metadata"]
        if about.get("deletionTimestamp"):
            self._present.discard(about["uid"])
            heard = self.unheard.get(about["uid"], 0.0) < time.monotonic()
            if heard and about.get("deletionGracePeriodSeconds") != 0:
                self.cluster.delete(path_of("v1", "pods", about["namespace"], about["name"]), grace=0)
        elif about["uid"] not in self._known:
            self._known.add(about["uid"])
            self._present.add(about["uid"])
            threading.Thread(target=self._play, args=(Stage(self, pod),), daemon=True).start()

    def _play(self, stage: Stage) -> None:
        is_load = (stage.pod["metadata"].get("labels") or {}).get("setpoint.dev/role") == "load"
        play = self.load if is_load else self.others
        if is_load:
            self.played.append(stage.name)
        try:
            if getattr(play, "binds", True):
                stage.bind()
            play(stage)
        except (GoneError, ClusterFailed):
            return

    def _kubelet(self) -> ThreadingHTTPServer:
        logs = self.logs

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = self.path.partition("?")[0].strip("/").split("/")  # containerLogs/NAMESPACE/POD/CONTAINER
                body = logs.get((parts[1], parts[2]), "").encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*_certificate(Path(self._folder.name)))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        return server


def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "node.crt", folder / "node.key"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=scripted",
            "-days",
            "2",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


def ending(reason: str, message: str = "") -> str:
    """A termination message of the load pod."""
    return json.dumps({"reason": reason, "message": message})
