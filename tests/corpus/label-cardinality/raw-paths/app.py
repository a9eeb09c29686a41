"""Profiles: GET /profiles/<id> answers with a profile; GET /metrics counts requests."""

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import profiles
from telemetry import REQUESTS, SECONDS, page


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        started = time.perf_counter()
        status, body = self.route()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        REQUESTS.labels(method="GET", path=self.path, status=str(status)).inc()
        SECONDS.labels(path=self.path).add(time.perf_counter() - started)

    def route(self):
        if self.path == "/metrics":
            return 200, page().encode()
        if self.path == "/healthz":
            return 200, b"ok"
        if self.path.startswith("/profiles/"):
            found = profiles.find(self.path.removeprefix("/profiles/"))
            return (200, json.dumps(found).encode()) if found else (404, b"no such profile")
        return 404, b"unknown"

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
