"""A service that exports native histograms, as protobuf written by hand: Prometheus' Python client knows text only.

It claims 100 requests a second to /orders, 2 of them slow, and its own scrapes; 20 failed ones once /outage was asked
for. Prints its port. The field numbers are those of io.prometheus.client.MetricFamily.
"""

import struct
import time
from collections.abc import Iterable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

CONTENT_TYPE = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
NAME = "http_server_request_duration_seconds"
FAST, SLOW = -30, -10  # at schema 3: up to 74 ms, up to 420 ms
_HISTOGRAM = 4


class Handler(BaseHTTPRequestHandler):
    """Serves the histograms at any path."""

    began = time.monotonic()
    failing = False

    def do_GET(self) -> None:
        Handler.failing = Handler.failing or self.path == "/outage"
        body = page(time.monotonic() - self.began, self.failing)
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def page(seconds: float, failing: bool) -> bytes:
    """What is exported after `seconds`."""
    served = {FAST: int(98 * seconds), SLOW: int(2 * seconds)}
    metrics = [
        metric({"code": "200", "path": "/orders"}, seconds, 3, served),
        metric({"code": "200", "path": "/metrics"}, seconds, 3, {FAST: int(500 * seconds)}),
    ]
    if failing:
        metrics.append(metric({"code": "503", "path": "/orders"}, 1.0, 3, {FAST: 20}))
    return family(NAME, metrics)


def family(name: str, metrics: Iterable[bytes]) -> bytes:
    """One delimited MetricFamily of histograms."""
    parts = [_text(1, name), _number(3, _HISTOGRAM), *(_nested(4, metric) for metric in metrics)]
    body = b"".join(parts)
    return _varint(len(body)) + body


def metric(labels: Mapping[str, str], total: float, schema: int, counts: Mapping[int, int]) -> bytes:
    """A Metric whose native histogram has `counts` by place; its requests took `total` seconds together."""
    pairs = [_nested(1, _text(1, name) + _text(2, value)) for name, value in labels.items()]
    places = sorted(counts)
    found = [counts[place] for place in places]
    deltas = found[:1] + [after - before for before, after in pairwise(found)]
    histogram = [
        _number(1, sum(found)),
        _double(2, total),
        _number(5, _zigzag(schema)),
        _double(6, 2.0**-128),
        _number(7, 0),
        *(_nested(12, _number(1, _zigzag(offset)) + _number(2, length)) for offset, length in _spans(places)),
        _nested(13, b"".join(_varint(_zigzag(delta)) for delta in deltas)),
    ]
    return b"".join(pairs) + _nested(7, b"".join(histogram))


def _spans(places: Sequence[int]) -> list[tuple[int, int]]:
    """(places after the end of the span before, length) of each run of neighbouring places."""
    spans: list[tuple[int, int]] = []
    end = 0
    for place in places:
        if spans and place == end:
            spans[-1] = (spans[-1][0], spans[-1][1] + 1)
        else:
            spans.append((place - end, 1))
        end = place + 1
    return spans


def _zigzag(value: int) -> int:
    return 2 * value if value >= 0 else -2 * value - 1


def _varint(value: int) -> bytes:
    parts = []
    while value > 127:
        parts.append(value % 128 + 128)
        value //= 128
    return bytes([*parts, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field * 8) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _varint(field * 8 + 1) + struct.pack("<d", value)


def _nested(field: int, body: bytes) -> bytes:
    return _varint(field * 8 + 2) + _varint(len(body)) + body


def _text(field: int, value: str) -> bytes:
    return _nested(field, value.encode())


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
