"""A proxy before the API server that counts what passes and spoils what a test wants spoiled."""

import http.client
import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from setpoint.kube.cluster import connect

BLOCK = 2**16


class Answer:
    """What is answered in the API server's place; `after`: only once the request was carried out there."""

    def __init__(self, status: int, reason: str = "", *, after: bool = False, retry_after: int | None = None) -> None:
        self.status, self.reason, self.after, self.retry_after = status, reason, after, retry_after


class Cut:
    """The connection breaks; `after`: once the request was carried out."""

    def __init__(self, *, after: bool = False) -> None:
        self.after = after


Spoil = Callable[[str, str], Answer | Cut | None]  # method and path with query


class Proxy:
    """Speaks plain HTTP on loopback, as the user of the kubeconfig that it is given."""

    def __init__(self, kubeconfig: Path) -> None:
        user = connect(str(kubeconfig)).credentials()
        self._address = urlsplit(user["server"])
        self._context = ssl.create_default_context(cafile=user["ca_path"])
        if user["certificate_path"]:
            self._context.load_cert_chain(user["certificate_path"], user["private_key_path"])
        self._token = user["token"]
        self.spoil: Spoil = lambda _method, _path: None
        self.seen: list[tuple[str, str]] = []
        self._watches: set[http.client.HTTPConnection] = set()
        self._mute: set[http.client.HTTPConnection] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> "Proxy":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.cut_watches()

    def kubeconfig(self, folder: Path) -> Path:
        """A kubeconfig that leads through the proxy."""
        server = f"http://127.0.0.1:{self._server.server_address[1]}"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "proxy", "cluster": {"server": server}}],
            "users": [{"name": "proxy", "user": {}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "proxy"}}],
            "current-context": "proxy",
        }
        path = folder / "proxy.kubeconfig"
        path.write_text(json.dumps(config))
        return path

    def cut_watches(self) -> int:
        """Break every watch that is open; how many there were."""
        with self._lock:
            watches, self._watches = self._watches, set()
        for connection in watches:
            if connection.sock:
                connection.sock.close()
        return len(watches)

    def mute_watches(self) -> int:
        """Let every watch that is open say nothing more, and stay open; how many there are."""
        with self._lock:
            self._mute |= self._watches
        return len(self._mute)

    def forward(self, handler: BaseHTTPRequestHandler) -> None:
        """One request and its answer."""
        method, path = handler.command, handler.path
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.seen.append((method, path))
        spoilt = self.spoil(method, path)
        if spoilt and not spoilt.after:
            self._refuse(handler, spoilt)
            return
        connection = http.client.HTTPSConnection(
            self._address.hostname or "", self._address.port, context=self._context
        )
        try:
            headers = {
                k: v for k, v in handler.headers.items() if k.lower() not in ("host", "connection", "content-length")
            }
            headers |= {"Authorization": f"Bearer {self._token}"} if self._token else {}
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            if spoilt:
                answer.read()
                self._refuse(handler, spoilt)
            else:
                self._pass_on(handler, connection, answer, watch="watch=true" in path)
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            handler.close_connection = True
        finally:
            connection.close()

    def _pass_on(
        self, handler: BaseHTTPRequestHandler, connection: http.client.HTTPConnection, answer: Any, *, watch: bool
    ) -> None:
        if watch:
            with self._lock:
                self._watches.add(connection)
        handler.send_response_only(answer.status)
        handler.send_header("Content-Type", answer.headers.get("Content-Type") or "application/json")
        if not watch:
            body = answer.read()
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
            return
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while block := answer.read1(BLOCK):
            if connection not in self._mute:
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
                handler.wfile.flush()
        handler.wfile.write(b"0\r\n\r\n")

    def _refuse(self, handler: BaseHTTPRequestHandler, spoilt: Answer | Cut) -> None:
        if isinstance(spoilt, Cut):
            handler.close_connection = True
            handler.connection.close()
            return
        said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": spoilt.status}
        body = json.dumps({**said, "reason": spoilt.reason, "message": f"spoilt: {spoilt.reason}"}).encode()
        handler.send_response_only(spoilt.status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        if spoilt.retry_after is not None:
            handler.send_header("Retry-After", str(spoilt.retry_after))
        handler.end_headers()
        handler.wfile.write(body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                proxy.forward(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        return Handler
