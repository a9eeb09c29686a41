"""Checks addresses: GET /check/<country>/<postcode>."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from rules import matching


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        parts = unquote(self.path).split("/")
        if parts[1] == "check" and len(parts) == 4:
            self.answer(200, matching.check(parts[2], parts[3]))
        else:
            self.answer(200 if parts[1] == "healthz" else 404, {})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
