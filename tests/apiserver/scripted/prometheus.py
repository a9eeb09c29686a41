"""A Prometheus with one service in it: its queries are answered from a few figures, or not as they should be."""

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

MB = 1e6


class Prometheus:
    """`mood`: well, empty, failing, refusing, html, slow. Figures may be changed at any time."""

    def __init__(self) -> None:
        self.mood = "well"
        self.level_mb, self.growth_mb_per_hour = 100.0, 0.0
        self.pods: tuple[str, ...] = ("p-1",)
        self.other_levels_mb: dict[str, float] = {}  # of pods that are not as the others
        self.queries: list[str] = []
        self.asked: Counter[str] = Counter()

    def __enter__(self) -> "Prometheus":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, form: dict[str, str]) -> dict[str, Any]:
        """One series for each pod, for what is known; none for the rest."""
        query = form.get("query", "")
        self.queries.append(query)
        self.asked[query] += 1
        # Only processes export here; what asks for counters or histograms finds none.
        level = "process_resident_memory_bytes" in query
        source = "process" if "container_memory" in query else "0"
        series = [self._series(pod, source, form) for pod in self.pods] if level and self.mood == "well" else []
        kind = "matrix" if "start" in form else "vector"
        return {"status": "success", "data": {"resultType": kind, "result": series if kind == "matrix" else []}}

    def _series(self, pod: str, source: str, form: dict[str, str]) -> dict[str, Any]:
        start, end, step = (float(form[name]) for name in ("start", "end", "step"))
        count = int((end - start) / step) + 1
        times = [start + index * step for index in range(count)]
        base = self.other_levels_mb.get(pod, self.level_mb) * MB
        # A little noise, always the same: a series without any is not one of a process.
        wave = [((index * 7919) % 13 - 6) * 0.01 * MB for index in range(count)]
        values = [
            base + self.growth_mb_per_hour * MB * (t - start) / 3600 + w for t, w in zip(times, wave, strict=True)
        ]
        labels = {"pod": pod, "instance": f"{pod}:8080", "source": source}
        return {"metric": labels, "values": [[t, f"{v:.0f}"] for t, v in zip(times, values, strict=True)]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                form = {name: values[0] for name, values in parse_qs(text).items()}
                body, status, kind = self._reply(form)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _reply(self, form: dict[str, str]) -> tuple[bytes, int, str]:
                json_type = "application/json"
                if outer.mood == "slow":
                    time.sleep(4)
                if outer.mood == "html":
                    return b"<html>sign in</html>", 200, "text/html"
                if outer.mood == "refusing":
                    return b'{"status":"error","errorType":"unauthorized","error":"no"}', 401, json_type
                if outer.mood == "failing":
                    return b'{"status":"error","errorType":"internal","error":"broken"}', 503, json_type
                return json.dumps(outer.answer(form)).encode(), 200, json_type

            def log_message(self, *_: object) -> None:
                pass

        return Handler
