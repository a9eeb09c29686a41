"""The weather station answers over HTTP and takes its time; here it lives in threads of the same process."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESS = {"port": 0}


class Station(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.03)
        body = json.dumps({"degrees": sum(self.path.encode()) % 35 - 5}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Threads(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def start():
    """Open the station on a free port."""
    server = Threads(("127.0.0.1", 0), Station)
    ADDRESS["port"] = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
