"""An audit trail: POST /entries keeps who did what; GET /shipped says how many entries left in batches."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from audit.trail import AuditTrail
from audit.vault import Vault


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    trail: AuditTrail

    def do_GET(self):
        if self.path == "/healthz":
            self.answer(200, {"status": "ok"})
        elif self.path == "/shipped":
            self.answer(200, {"shipped": self.trail.vault.count})
        else:
            self.answer(404, {"error": "unknown"})

    def do_POST(self):
        entry = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.trail.note(entry["who"], entry["what"], entry.get("detail", ""))
        self.answer(201, {"who": entry["who"]})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(port):
    """A server whose handlers share one trail."""
    handler = type("BoundHandler", (Handler,), {"trail": AuditTrail(Vault())})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


if __name__ == "__main__":
    serve(int(os.environ["PORT"])).serve_forever()
