"""A model's service that stops in the middle of its answer until it is told to go on."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HEAD = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "content": []}
ENDS = {"stop_reason": None, "stop_sequence": None}


@contextmanager
def holding(held: Any):
    """The service, and its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"held": held}))
    server.daemon_threads, server.block_on_close = True, False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield held, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    held: Any

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.held.asked.set()
        usage = {"input_tokens": 1000, "output_tokens": 1}
        try:
            self._event("message_start", message={**HEAD, **ENDS, "usage": usage})
            self._event("content_block_start", index=0, content_block={"type": "text", "text": ""})
            self._event("content_block_delta", index=0, delta={"type": "text_delta", "text": "first"})
            self.held.go_on.wait(120)
            self._event("content_block_stop", index=0)
            delta = {"stop_reason": "end_turn", "stop_sequence": None}
            self._event("message_delta", delta=delta, usage={"output_tokens": 100})
            self._event("message_stop")
        except OSError:  # the gateway has gone
            return

    def _event(self, kind: str, **data: Any) -> None:
        self.wfile.write(f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass
