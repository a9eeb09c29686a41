"""Measures how a /metrics page of many series is read for the families in use: time and memory.

Run: python tests/bench/sense/page.py [--series 100000] [--pages 5]
A server process answers with the page over HTTP on 127.0.0.1; this process does what a watch does with it each time:
fetch, count by line, find the label that grows, parse heap, requests, latency and one custom metric. The page grows by
a hundred series each time, in the metric that most of them belong to, which is the most expensive case.
Exits with 1 when the slowest page took 2 s or more, or this process reached 200 MB.
"""

import argparse
import multiprocessing
import os
import platform
import resource
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection

from setpoint.sense.cardinality import CardinalityReader
from setpoint.sense.chosen import ChosenReader
from setpoint.sense.fetch import fetch
from setpoint.sense.heap import HeapReader
from setpoint.sense.own import OwnReader
from setpoint.sense.page import Page
from setpoint.sense.presets import heap_sources
from setpoint.sense.selector import parse_selector

MOST_SECONDS = 2.0
MOST_BYTES = 200e6


def build_page(series: int) -> bytes:
    """A page of `series` series: routes in a latency histogram and a request counter, the rest with raw paths."""
    lines = ["process_resident_memory_bytes 1.5e+08\n", "go_memstats_heap_alloc_bytes 9e+07\n", "queue_depth 3\n"]
    for route in range(50):
        labels = f'method="GET",path="/api/v1/resource-{route}",status="200"'
        edges = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf")
        lines += [f'http_request_duration_seconds_bucket{{{labels},le="{edge}"}} {route}\n' for edge in edges]
        lines += [f"http_request_duration_seconds_count{{{labels}}} {route}\n"]
        lines += [f"http_requests_total{{{labels}}} {route}\n"]
    rest = range(series - len(lines))
    lines += [f'lookups_total{{method="GET",path="/users/{n}/orders",status="200"}} {n}\n' for n in rest]
    return "".join(lines).encode()


def serve(series: int, pipe: Connection) -> None:
    """Answers each request with a page of a hundred series more than the one before."""
    sizes = iter(range(series, 10 * series, 100))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = build_page(next(sizes))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            pipe.send(len(body))
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_port)
    server.serve_forever()


def measure(url: str, pages: int, pipe: Connection) -> list[float]:
    """Seconds for each of `pages`; the time that the server takes to write it is in them."""
    cardinality = CardinalityReader()
    readers = (
        HeapReader(heap_sources("auto")),
        ChosenReader(parse_selector("queue_depth", "bench")),
        OwnReader("/metrics"),
        cardinality,
    )
    metrics = frozenset[str]().union(*(reader.metrics for reader in readers))
    took = []
    for number in range(pages):
        waited = time.monotonic()
        body = fetch(url, "/metrics")
        fetched = time.monotonic()
        page = Page(float(number), body, metrics)
        for reader in readers:
            reader.read(page)
        took.append(time.monotonic() - waited)
        size, got = pipe.recv() / 1e6, fetched - waited
        print(f"page {number}: {size:.1f} MB, got in {got:.2f} s, read in {took[-1] - got:.2f} s")
    print(f"levels {[int(value) for _, value in cardinality.series.points]}, growing {cardinality.labels()[0].label!r}")
    return took


def main() -> int:
    """Prints how it was run and what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--pages", type=int, default=5)
    options = parser.parse_args()
    machine = f"python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{machine}, {options.series} series, {options.pages} pages")
    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(options.series, there), daemon=True)
    server.start()
    took = measure(f"http://127.0.0.1:{here.recv()}", options.pages, here)
    server.terminate()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"slowest {max(took):.2f} s (limit {MOST_SECONDS:g} s)")
    print(f"peak memory of the process {peak / 1e6:.0f} MB (limit {MOST_BYTES / 1e6:g} MB)")
    return int(max(took) >= MOST_SECONDS or peak >= MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
