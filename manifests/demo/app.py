"""A small event service: POST /events, GET /totals, GET /healthz, GET /metrics on $PORT of $HOST."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import metrics
from processor import EventError, EventProcessor, Ledger, parse

LARGEST_BODY = 64 * 1024
JSON = "application/json"
TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Service(ThreadingHTTPServer):
    """The server and what its requests share. `events` is used under `lock`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.lock = threading.Lock()
        self.events = EventProcessor(Ledger())
        self.requests = metrics.Requests()
        super().__init__((host, port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One request; its connection is closed after it, so that no memory stays with idle connections."""

    server: Service
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # head and body of an answer leave in one packet
    timeout = 10

    def do_GET(self) -> None:
        """Read something."""
        routes = {"/totals": self._totals, "/healthz": self._healthz, "/metrics": self._metrics}
        self._answer("GET", routes)

    def do_POST(self) -> None:
        """Take an event."""
        self._answer("POST", {"/events": self._events})

    def log_message(self, *_: object) -> None:
        """Keep quiet: the metrics say it all."""

    def _answer(self, method: str, routes: dict[str, Any]) -> None:
        started = time.perf_counter()
        route = self.path.partition("?")[0]
        status, kind, body = routes.get(route, self._unknown)()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        label = route if route in routes else "other"
        self.server.requests.record(method, label, status, time.perf_counter() - started)

    def _events(self) -> tuple[int, str, bytes]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return _json(400, {"error": f"a Content-Length of at most {LARGEST_BODY} is needed"})
        try:
            event = parse(self.rfile.read(int(length)))
        except EventError as bad:
            return _json(400, {"error": str(bad)})
        with self.server.lock:
            return _json(202, self.server.events.process(event))

    def _totals(self) -> tuple[int, str, bytes]:
        with self.server.lock:
            return _json(200, self.server.events.totals())

    def _healthz(self) -> tuple[int, str, bytes]:
        return _json(200, {"status": "ok"})

    def _metrics(self) -> tuple[int, str, bytes]:
        events = self.server.events
        lines = [
            *metrics.single("process_resident_memory_bytes", "gauge", "Resident memory.", metrics.resident_bytes()),
            *metrics.single("events_processed_total", "counter", "Events taken.", events.received),
            *metrics.single("batches_flushed_total", "counter", "Batches handed over.", events.flushed),
            *self.server.requests.lines(),
        ]
        return 200, TEXT, ("\n".join(lines) + "\n").encode()

    def _unknown(self) -> tuple[int, str, bytes]:
        return _json(404, {"error": "there is nothing here"})


def _json(status: int, value: object) -> tuple[int, str, bytes]:
    return status, JSON, json.dumps(value).encode()


def main() -> None:
    """Serve on $PORT, of this machine alone unless $HOST says otherwise, until SIGTERM or Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Service(int(os.environ.get("PORT", "8080")), os.environ.get("HOST", "127.0.0.1")) as service:
        try:
            service.serve_forever()
        except KeyboardInterrupt:
            sys.exit(130)


if __name__ == "__main__":
    main()
