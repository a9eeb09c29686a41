"""The sensor of copies that run elsewhere: a page over the network, and nothing of their processes."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from setpoint.api.constraints import Constraints
from setpoint.api.ports import Asked
from setpoint.api.reasons import Reason
from setpoint.cli.step.copies import CopyElsewhere
from setpoint.sense.paged import PageSensor, split

EVERYTHING = Constraints.model_validate(
    {
        "memory": {"max_mb": 100},
        "heap": {"max_retained_growth_slope": 0},
        "latency": {"p99_max_ms": 100},
        "cardinality": {"growth_rate": "bounded"},
        "cpu": {"max_saturation_percent": 90},
        "custom": [
            {"name": "depth", "query": 'queue_depth{queue="mail"}', "max": 10},
            {"name": "ratio", "query": "rate(queue_depth[1m]) / 2", "max": 10},
        ],
    }
)
PAGE = 'queue_depth{queue="mail"} 3\nprocess_resident_memory_bytes 5e+07\nhttp_requests_total{status="200"} 7\n'


class Pages(ThreadingHTTPServer):
    """Serves `page` at /app/metrics; 503 while there is none."""

    page: str | None = PAGE

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Pages

    def do_GET(self):
        found = self.server.page is not None and self.path == "/app/metrics"
        body = (self.server.page or "").encode() if found else b""
        self.send_response(200 if found else 503)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_): ...


@pytest.fixture
def pages() -> Iterator[Pages]:
    """A server of one page."""
    with Pages(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def watched(pages, samples=3, queries=None, with_page=True):
    """Signals, faults and target after some samples."""
    asked = Asked(EVERYTHING, queries=queries or {})
    sensor = PageSensor(asked, {"control": f"{pages.url}/app/metrics"} if with_page else {})
    with sensor.open(CopyElsewhere("control", "http://127.0.0.1:1")) as watch:
        for _ in range(samples):
            watch.sample()
            time.sleep(0.05)
        return watch.signals(), watch.faults(), watch.target(), watch.own(0.0)


def test_what_a_page_tells_is_there_and_what_processes_tell_is_not(pages):
    """Nothing is at fault for what somebody else brings."""
    signals, faults, target, own = watched(pages)
    assert signals.custom["depth"].instances["control"][0][1] == 3
    assert (signals.heap.kind, signals.heap.instances["control"][0][1]) == ("rss", 5e7)
    assert signals.cardinality.instances["control"][0][1] == 3
    assert own is not None and own.errors.total == 0
    assert signals.memory is None and signals.cpu is None and "ratio" not in signals.custom
    assert faults == () and [instance.name for instance in target.instances] == ["control"]


def test_a_page_that_cannot_be_had_is_a_fault_of_all_that_it_would_tell(pages):
    """Of a heap too, since nobody knows whether it would be there."""
    pages.page = None
    signals, faults, _, _ = watched(pages)
    assert signals.heap is None and signals.cardinality is None
    assert {fault.signal for fault in faults} == {"heap", "cardinality", "custom.depth"}
    assert {fault.reason for fault in faults} == {Reason.QUERY_FAILED}


def test_a_page_without_a_heap_leaves_the_heap_to_others(pages):
    """Without a fault, as where there is no page at all."""
    pages.page = "queue_depth 3\n"
    for with_page in (True, False):
        signals, faults, _, _ = watched(pages, with_page=with_page)
        assert signals.heap is None and "heap" not in {fault.signal for fault in faults}
    assert faults == ()


def test_a_query_for_memory_that_a_page_answers_is_read_there(pages):
    """The user said so."""
    signals, _, _, _ = watched(pages, queries={"memory": "process_resident_memory_bytes"})
    assert signals.memory.instances["control"][0][1] == 5e7


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://10.0.0.7:9100/metrics", ("http://10.0.0.7:9100", "/metrics")),
        ("http://[fd00::7]:80/a/b?format=text", ("http://[fd00::7]:80", "/a/b?format=text")),
        ("http://10.0.0.7", ("http://10.0.0.7", "/")),
    ],
)
def test_a_page_has_a_server_and_a_path(url, parts):
    """Which may be another port than the requests go to."""
    assert split(url) == parts
