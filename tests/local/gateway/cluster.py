"""What the gateway sees of a cluster, at the HTTP edge: TokenReview, and two ConfigMaps with their versions."""

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from setpoint.api.gateway import AUDIENCE, GRANTS_MAP, LEDGER_KEY, LEDGER_MAP, Grant, Ledger

KEY, NAMESPACE = "0123456789-1", "shop"
ACCOUNT = f"setpoint-{KEY}-agent"
MAPS = "/api/v1/namespaces/setpoint-system/configmaps/"


@dataclass
class FakeCluster:
    """`tokens`: TokenReview statuses by token. `broken`: methods that are answered with 500."""

    port: int = 0
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    maps: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fresh(self) -> None:
        """As after an install, with one agent at work."""
        self.tokens, self.broken = {"agent-token": review()}, set()
        with self.lock:
            versions = {name: one["version"] for name, one in self.maps.items()}
            self.maps = {name: {"version": versions.get(name, 0) + 1, "data": {}} for name in (GRANTS_MAP, LEDGER_MAP)}
        self.allow()

    def allow(self, key: str = KEY, **fields: Any) -> None:
        """Write a grant."""
        grant = Grant.model_validate({**GRANT, "until": time.time() + 600, **fields})
        with self.lock:
            self.maps[GRANTS_MAP]["data"][key] = grant.model_dump_json(by_alias=True)

    @property
    def ledger(self) -> Ledger:
        """As it is written."""
        with self.lock:
            text = self.maps[LEDGER_MAP]["data"].get(LEDGER_KEY)
        return Ledger.model_validate_json(text) if text else Ledger()

    def kubeconfig(self, folder: Path) -> Path:
        """For clients."""
        server = {"name": "it", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}
        context = {"name": "it", "context": {"cluster": "it", "user": "it"}}
        user = {"name": "it", "user": {"token": "the-gateways-own-token"}}
        config = {"clusters": [server], "contexts": [context], "users": [user], "current-context": "it"}
        file = folder / "kubeconfig"
        file.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **config}))
        return file


GRANT = {
    "namespace": NAMESPACE,
    "account": ACCOUNT,
    "accountUid": "uid-of-the-account",
    "constraint": "checkout",
    "constraintUid": "uid-of-the-constraint",
    "remediation": "0123456789",
    "attempt": 1,
    "model": "claude-sonnet-5-5",
    "prices": {"input": "2", "output": "10"},
    "usd": "5.00",
    "tokens": 3_000_000,
}


def review(**changes: Any) -> dict[str, Any]:
    """The status of a TokenReview of the agent's token, with other fields of the user."""
    user = {
        "username": f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}",
        "uid": "uid-of-the-account",
        "extra": {"authentication.kubernetes.io/pod-name": [f"setpoint-{KEY}-propose-x7k2p"]},
    }
    return {"authenticated": True, "audiences": [AUDIENCE], "user": {**user, **changes}}


@contextmanager
def running():
    """A FakeCluster that answers."""
    cluster = FakeCluster()
    cluster.fresh()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cluster": cluster}))
    server.daemon_threads, server.block_on_close = True, False
    cluster.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield cluster
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    cluster: FakeCluster
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        found = self.cluster.maps.get(self.path.removeprefix(MAPS))
        if not self._known(found):
            return
        with self.cluster.lock:
            answer = self._map(found)
        self._say(200, answer)

    def do_PUT(self) -> None:
        body, found = self._body(), self.cluster.maps.get(self.path.removeprefix(MAPS))
        if not self._known(found):
            return
        with self.cluster.lock:
            moved = body["metadata"]["resourceVersion"] != str(found["version"])
            if not moved:
                found["version"] += 1
                found["data"] = body["data"]
            answer = self._map(found)
        self._say(409, {"reason": "Conflict", "message": "another version"}) if moved else self._say(200, answer)

    def do_POST(self) -> None:
        body = self._body()
        if not self._known({} if self.path.endswith("/tokenreviews") else None):
            return
        told = body["spec"]
        assert told["audiences"] == [AUDIENCE]
        status = self.cluster.tokens.get(told["token"], {"authenticated": False, "error": "unknown"})
        self._say(201, {**body, "status": status})

    def _known(self, found: Any) -> bool:
        self.cluster.asked.append(f"{self.command} {self.path}")
        if self.command in self.cluster.broken:
            self._say(500, {"reason": "InternalError", "message": "out of order"})
            return False
        if found is None:
            self._say(404, {"reason": "NotFound", "message": f"no {self.path}"})
        return found is not None

    def _map(self, found: dict[str, Any]) -> dict[str, Any]:
        name = self.path.removeprefix(MAPS)
        about = {"name": name, "namespace": "setpoint-system", "resourceVersion": str(found["version"])}
        return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": about, "data": dict(found["data"])}

    def _body(self) -> dict[str, Any]:
        return json.loads(self.rfile.read(int(self.headers["content-length"])))

    def _say(self, status: int, value: dict[str, Any]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass
