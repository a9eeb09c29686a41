"""A search over a small catalogue. GET /search?q=… searches; GET /recent shows the last searches."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from search.engine import Engine

ENGINE = Engine()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        routes = {"/search": self.search, "/recent": self.recent, "/healthz": lambda _: {"status": "ok"}}
        found = routes.get(url.path)
        body = json.dumps(found(parse_qs(url.query)) if found else {"error": "unknown"}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def search(self, query):
        return ENGINE.search(query.get("q", [""])[0])

    def recent(self, _):
        return {"recent": ENGINE.journal.newest()}

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
