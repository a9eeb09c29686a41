"""Orders from a database: GET /orders/<id> answers with its lines and the articles' names."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import database
from orders import Orders

LOCAL = threading.local()


def orders():
    """Each thread has its own connection."""
    if not hasattr(LOCAL, "orders"):
        LOCAL.orders = Orders(database.open_shop())
    return LOCAL.orders


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, kind, *rest = self.path.split("/")
        if kind == "orders" and rest and rest[0].isdecimal():
            self.answer(200, orders().show(int(rest[0])))
        else:
            self.answer(200 if kind == "healthz" else 404, {})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True


if __name__ == "__main__":
    Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
