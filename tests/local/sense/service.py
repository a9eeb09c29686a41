"""A small service that can be told to hold memory, burn CPU, end a child and export what is wanted."""

import os
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder

REQUESTS = Counter("http_requests", "Requests", ["path", "status"])
LATENCY = Histogram("http_request_duration_seconds", "Latency", ["path", "status"], buckets=[0.1, 0.5])
DEPTH = Gauge("queue_depth", "Depth", ["queue"])
held: list[bytes] = []
SPIN = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"


def hold(megabytes: int) -> None:
    held.append(os.urandom(megabytes * 10**6))


def burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        status, body, kind = 200, b"ok", "text/plain"
        if url.path == "/metrics":
            encode, kind = choose_encoder(self.headers.get("Accept", ""))
            body = encode(REGISTRY)
        elif url.path == "/hold":
            hold(int(query["megabytes"]))
        elif url.path == "/burn":
            burn(float(query["seconds"]))
        elif url.path == "/child":
            subprocess.run([sys.executable, "-c", SPIN], check=True)
        elif url.path == "/depth":
            DEPTH.labels(query["queue"]).set(float(query["value"]))
        elif url.path == "/broken":
            status = 500
        REQUESTS.labels(self.path, status).inc()
        LATENCY.labels("/" + url.path.split("/")[1], status).observe(float(query.get("took", "0.01")))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
