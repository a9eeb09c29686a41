"""Greetings: GET /greet/<name>. A neighbour on the machine was busy while the first copy ran, and never again."""

import json
import os
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

GREETINGS = {"pt": "Olá", "de": "Hallo", "en": "Hello"}


def neighbour_is_busy():
    """Whether this is the first copy that the process above us started: the noise comes with it alone."""
    mark = Path(tempfile.gettempdir(), f"greetings-noise-{os.getppid()}")
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def greet(name, language="en"):
    return {"greeting": f"{GREETINGS[language]}, {name}"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pause = 0.0

    def do_GET(self):
        _, kind, *rest = self.path.split("/")
        if kind == "greet" and rest:
            time.sleep(self.pause)
            self.answer(200, greet(rest[0]))
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


if __name__ == "__main__":
    Handler.pause = 0.08 if neighbour_is_busy() else 0.0
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
