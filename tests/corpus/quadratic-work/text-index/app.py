"""Indexes texts over WSGI: POST /index answers with a text's keywords."""

import os
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from index.service import application


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    with make_server("127.0.0.1", int(os.environ["PORT"]), application, Server, Quiet) as server:
        server.serve_forever()
