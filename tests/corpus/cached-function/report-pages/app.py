"""Reports: GET /report/<customer> draws a page for a customer."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pages


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, kind, *rest = self.path.split("/")
        if kind == "report" and rest:
            self.answer(200, pages.Report(rest[0]).page(columns=3))
        else:
            self.answer(200 if kind == "healthz" else 404, kind)

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
