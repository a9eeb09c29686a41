"""The scripted model behind HTTP."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from setpoint.repair.scripted.protocol import Event, error_body, events, fault_of, message
from setpoint.repair.scripted.script import Script, Turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came in: its headers (lower case, without keys) and its body."""

    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class Play:
    """How far the script has come. A request that is not in order uses up no turn."""

    script: Script
    requests: list[Asked] = field(default_factory=list)
    given: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, asked: Asked) -> tuple[int, Turn | None]:
        """The number and the turn that answers this request; None when the script is over."""
        with self._lock:
            self.requests.append(asked)
            self.given += 1
            return self.given - 1, self.script.turn(self.given - 1)


class ScriptedServer(ThreadingHTTPServer):
    """Serves one play. `url` is what a client needs as its base."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, script: Script, port: int = 0, host: str = "127.0.0.1") -> None:
        self.play = Play(script)
        super().__init__((host, port), _Handler)
        self.url = f"http://{host}:{self.server_address[1]}"


@contextmanager
def serving(script: Script) -> Iterator[ScriptedServer]:
    """A server in a thread of its own, for as long as the context lasts."""
    with ScriptedServer(script) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self) -> None:
        body = self._body()
        if self.path.partition("?")[0] != "/v1/messages":
            return self._error(404, "not_found_error", f"there is no {self.path}")
        if (status := self._key_fault()) is not None:
            return self._error(status, "authentication_error", "invalid x-api-key")
        if "anthropic-version" not in self.headers:
            return self._error(400, "invalid_request_error", "anthropic-version: header is required")
        if fault := fault_of(body):
            return self._error(400, "invalid_request_error", fault)
        hidden = ("x-api-key", "authorization")
        headers = {name.lower(): text for name, text in self.headers.items() if name.lower() not in hidden}
        number, turn = self.server.play.next(Asked(headers, body))
        if turn is None:
            return self._error(400, "invalid_request_error", f"the script has no turn {number + 1}")
        return self._answer(turn, number, body)

    def log_message(self, *_: object) -> None:
        """Keep quiet: what came in is in `requests`."""

    def _body(self) -> Any:
        try:
            return json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        except ValueError:
            return None

    def _key_fault(self) -> int | None:
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        given, wanted = self.headers.get("x-api-key") or bearer, self.server.play.script.key
        return 401 if not given or (wanted and given != wanted) else None

    def _answer(self, turn: Turn, number: int, body: Mapping[str, Any]) -> None:
        if turn.error and turn.error.after_events is None:
            failure = turn.error
            return self._error(failure.status, failure.type, failure.message, failure.headers)
        if not body.get("stream"):
            time.sleep(turn.delay)
            return self._json(200, message(turn, number, body["model"]))
        return self._stream(turn, events(turn, number, body["model"]))

    def _stream(self, turn: Turn, stream: Iterator[Event]) -> None:
        """Events, each a chunk of its own, so that a dropped connection is seen as one."""
        self._head(200, {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"})
        for count, (name, data) in enumerate(stream):
            time.sleep(turn.delay)
            if turn.cut and count >= turn.cut.after_events:
                self.close_connection = True
                if turn.cut.how == "drop":
                    return
                break
            if turn.error and count == turn.error.after_events:
                self._event("error", error_body(turn.error.type, turn.error.message))
                break
            self._event(name, {"type": name, **data})
        self._chunk(b"")

    def _event(self, name: str, data: Mapping[str, Any]) -> None:
        self._chunk(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        try:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            self.wfile.flush()
        except OSError:  # the client has had enough
            self.close_connection = True

    def _error(self, status: int, kind: str, text: str, headers: Mapping[str, str] | None = None) -> None:
        self._json(status, error_body(kind, text), headers)

    def _json(self, status: int, value: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self._head(status, {"content-type": "application/json", "content-length": str(len(data)), **(headers or {})})
        self.wfile.write(data)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, text in {**headers, "request-id": "req_scripted"}.items():
            self.send_header(name, text)
        self.end_headers()
