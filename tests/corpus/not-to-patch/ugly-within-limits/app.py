"""Checks orders against the blocked articles: POST /check with a list of articles."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from checking import Checker

CHECKER = Checker.load()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200 if self.path == "/healthz" else 404, {})

    def do_POST(self):
        articles = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(200, CHECKER.check(articles))

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
