"""Serves a snapshot to the other pods of a repair: three addresses to read, and nothing that could be asked for."""

import shutil
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from setpoint.forge.snapshot import SUBMODULES, TREE, Snapshot

PATIENCE_SECONDS = 60.0  # for a client that takes nothing
_HEALTHY = b"ok\n"


class SnapshotServer(ThreadingHTTPServer):
    """Gives out `snapshot` on all addresses of this machine: /tree.tar, /submodules, and /healthz."""

    daemon_threads = True

    def __init__(self, snapshot: Snapshot, port: int) -> None:
        self.snapshot = snapshot
        super().__init__(("0.0.0.0", port), _Handler)  # noqa: S104 - the other pods are elsewhere


class _Handler(BaseHTTPRequestHandler):
    server: SnapshotServer
    timeout = PATIENCE_SECONDS

    def do_GET(self) -> None:
        """One of the three."""
        if self.path == "/healthz":
            self._head(len(_HEALTHY), "text/plain")
            self.wfile.write(_HEALTHY)
        elif self.path in (f"/{TREE}", f"/{SUBMODULES}"):
            self._send(self.path[1:])
        else:
            self.send_error(404)

    def _send(self, name: str) -> None:
        path = self.server.snapshot.folder / name
        with path.open("rb") as file, suppress(ConnectionError, TimeoutError):  # whoever left asks again
            self._head(path.stat().st_size, "application/octet-stream")
            shutil.copyfileobj(file, self.wfile)

    def _head(self, length: int, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *_: Any) -> None:
        """Nobody reads who asked."""
