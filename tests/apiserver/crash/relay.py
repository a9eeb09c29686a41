"""The counting proxy between the operator and one server: what passes it is counted, and goes wrong when it is due."""

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apiserver.crash.seen import Asked, Fault, Recorder, asked
from setpoint.kube.cluster import connect

RETRY_AFTER_SECONDS = 1
DELAY_SECONDS = 3.0
_OWN = ("host", "connection", "content-length", "accept-encoding")
EXPIRED = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 410, "reason": "Expired", "message": "x"}


class BrokenOffError(Exception):
    """The connection to the operator is to be closed without another word."""


class Relay:
    """Plain HTTP on loopback before `server`, which is spoken to as the user of `kubeconfig`, if there is one."""

    def __init__(self, recorder: Recorder, server: str = "", kubeconfig: Path | None = None) -> None:
        self.recorder = recorder
        self._context: ssl.SSLContext | None = None
        self._token = ""
        if kubeconfig:
            user = connect(str(kubeconfig)).credentials()
            server = user["server"]
            self._context = ssl.create_default_context(cafile=user["ca_path"])
            if user["certificate_path"]:
                self._context.load_cert_chain(user["certificate_path"], user["private_key_path"])
            self._token = user["token"] or ""
        self._address = urlsplit(server)
        self.is_api = kubeconfig is not None
        self.oldest = ""  # the version that a list from before everything has
        self._lists: dict[str, bytes] = {}
        self._own = threading.local()
        self._watches: set[http.client.HTTPConnection] = set()

    def __enter__(self) -> "Relay":
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._watches):
            if connection.sock:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def kubeconfig(self, folder: Path) -> Path:
        """A kubeconfig that leads through it."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "relay", "cluster": {"server": self.url}}],
            "users": [{"name": "relay", "user": {}}],
            "contexts": [{"name": "relay", "context": {"cluster": "relay", "user": "relay"}}],
            "current-context": "relay",
        }
        path = folder / "relay.kubeconfig"
        path.write_text(json.dumps(config))
        return path

    # ── one request ──

    def forward(self, handler: BaseHTTPRequestHandler) -> None:
        """Carry it there, and the answer back."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        request = asked(handler.command, handler.path, body) if self.is_api else None
        kind, label = (request.kind, request.label) if request else ("outside", "prometheus")
        fault = self.recorder.meet(kind, label)
        if fault and not fault.after and fault.what in ("kill", "cut", "answer"):
            self._spoil(handler, fault)
            return
        if request and request.watch:
            self._stream(handler)
            return
        status, headers, answer = self._ask(handler.command, handler.path, body, handler.headers)
        if request and request.kind == "write":
            self.recorder.carried_out(request, status, body)
        if fault and fault.after:
            self._spoil(handler, fault)
            return
        if request and request.kind == "list" and status == 200:
            answer = self._listed(handler.path, answer, stale=bool(fault and fault.what == "stale"))
        _answer(handler, status, headers, answer)

    def _listed(self, path: str, answer: bytes, *, stale: bool) -> bytes:
        """A list as it is, or as it was when it was last asked for: empty, if that was never."""
        if not stale:
            self._lists[path] = answer
            return answer
        known = self._lists.get(path)
        if known is None:
            found = json.loads(answer)
            known = json.dumps({**found, "metadata": {"resourceVersion": self.oldest}, "items": []}).encode()
        return known

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Any, bytes]:
        """Over a connection that the handler's thread keeps."""
        for fresh in (False, True):
            connection = self._connection(fresh)
            try:
                connection.request(method, path, body or None, self._sent(headers))
            except (OSError, http.client.HTTPException):
                if fresh:
                    raise
                continue
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        raise BrokenOffError

    def _sent(self, headers: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in headers.items() if name.lower() not in _OWN}
        return {**kept, "Authorization": f"Bearer {self._token}"} if self._token else kept

    def _connection(self, fresh: bool) -> http.client.HTTPConnection:
        if fresh or not hasattr(self._own, "connection"):
            self.hang_up()
            self._own.connection = self._connect()
        found: http.client.HTTPConnection = self._own.connection
        return found

    def hang_up(self) -> None:
        """The handler's thread needs its connection no more."""
        if hasattr(self._own, "connection"):
            self._own.connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._address.hostname or "", self._address.port
        if self._context is None:
            return http.client.HTTPConnection(host, port)
        return http.client.HTTPSConnection(host, port, context=self._context)

    # ── what goes wrong ──

    def _spoil(self, handler: BaseHTTPRequestHandler, fault: Fault) -> None:
        if fault.what == "kill":
            self.recorder.kill()
        if fault.what in ("kill", "cut"):
            raise BrokenOffError
        said = {**EXPIRED, "code": fault.status, "reason": fault.reason, "message": f"spoilt: {fault.reason}"}
        more = {"Retry-After": str(RETRY_AFTER_SECONDS)} if fault.status == 429 else {}
        _answer(handler, fault.status, {"Content-Type": "application/json", **more}, json.dumps(said).encode())

    # ── watches ──

    def _stream(self, handler: BaseHTTPRequestHandler) -> None:
        """A watch, event by event."""
        connection = self._connect()
        self._watches.add(connection)
        try:
            connection.request("GET", handler.path, None, self._sent(handler.headers))
            answer = connection.getresponse()
            handler.send_response_only(answer.status)
            handler.send_header("Content-Type", answer.headers.get("Content-Type") or "application/json")
            handler.send_header("Connection", "close")
            handler.end_headers()
            request = asked("GET", handler.path, b"")
            while line := answer.readline():
                self._event(handler, request, line)
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            raise BrokenOffError from error
        finally:
            self._watches.discard(connection)
            connection.close()
        raise BrokenOffError

    def _event(self, handler: BaseHTTPRequestHandler, request: Asked, line: bytes) -> None:
        event = json.loads(line)
        metadata = event["object"].get("metadata") or {}
        fault = None
        if event["type"] in ("ADDED", "MODIFIED", "DELETED"):
            role = (metadata.get("labels") or {}).get("setpoint.dev/role", "")
            label = " ".join(part for part in ("EVENT", request.plural, event["type"], role) if part)
            fault = self.recorder.meet("event", label)
        if fault and fault.what == "delay":
            time.sleep(DELAY_SECONDS)
        if fault and fault.what == "expire":
            line = json.dumps({"type": "ERROR", "object": EXPIRED}).encode() + b"\n"
        if not fault or fault.what != "drop":
            handler.wfile.write(line)
            handler.wfile.flush()
        if fault and fault.what in ("expire", "cut"):
            raise BrokenOffError


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """An operator that was killed closes its connections as it likes."""


def _answer(handler: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], body: bytes) -> None:
    handler.send_response_only(status)
    for name in ("Content-Type", "Retry-After"):
        if headers.get(name):
            handler.send_header(name, headers[name])
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _handler(relay: Relay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _any(self) -> None:
            try:
                relay.forward(self)
            except (BrokenOffError, OSError, http.client.HTTPException):
                self.close_connection = True

        def finish(self) -> None:
            relay.hang_up()
            super().finish()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler
