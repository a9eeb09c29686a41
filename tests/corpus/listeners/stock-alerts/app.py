"""Stock: POST /orders takes things out of the stock and answers with the alerts that this gave."""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from shop.orders import Orders
from shop.stock import Stock

ORDERS = Orders(Stock({"tea": 10**9, "pot": 40}))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self):
        self.answer(200 if self.path == "/healthz" else 404, {})

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(200, ORDERS.place(order))

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(HTTPServer):
    request_queue_size = 512


if __name__ == "__main__":
    Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
