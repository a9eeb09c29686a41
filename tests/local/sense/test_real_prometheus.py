"""Our queries in a real Prometheus, which scrapes a page whose truth is known."""

import math
import shutil
import socket
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import promql_parser
import pytest
import requests
from hypothesis import HealthCheck, given, settings

from setpoint.api.constraints import Constraints
from setpoint.api.ports import Asked
from setpoint.api.reasons import Reason
from setpoint.sense.confined import Tenant, confined
from setpoint.sense.prometheus import connect, read, read_target
from setpoint.sense.series import Missed
from unit.sense.queries_by_chance import queries

pytestmark = pytest.mark.slow

WINDOW_SECONDS = 10
CONFIG = """
global: {{scrape_interval: 500ms, scrape_timeout: 400ms}}
scrape_configs:
- job_name: pods
  honor_labels: true
  static_configs: [{{targets: ["127.0.0.1:{port}"], labels: {{app: checkout}}}}]
"""
PAGE = """container_memory_working_set_bytes{{pod="p1",container="app"}} {memory}
container_memory_working_set_bytes{{pod="p1",container=""}} 9e12
container_memory_working_set_bytes{{pod="p1",container="POD"}} 9e12
container_memory_working_set_bytes{{pod="p2",container="app"}} 2e8
container_cpu_usage_seconds_total{{pod="p1",container="app"}} {quarter}
container_cpu_usage_seconds_total{{pod="p2",container="app"}} {quarter}
container_cpu_usage_seconds_total{{pod="p3",container="app"}} {quarter}
container_spec_cpu_quota{{pod="p1",container="app"}} 50000
container_spec_cpu_period{{pod="p1",container="app"}} 100000
container_cpu_cfs_throttled_periods_total{{pod="p3",container="app"}} {eight}
container_cpu_cfs_periods_total{{pod="p3",container="app"}} {ten}
container_cpu_cfs_periods_total{{pod="p1",container="app"}} 0
container_cpu_cfs_throttled_periods_total{{pod="p1",container="app"}} 0
process_resident_memory_bytes 3e8
process_start_time_seconds 1767225600
go_memstats_heap_alloc_bytes {memory}
go_gc_heap_live_bytes 4e7
http_requests_total{{path="/orders",code="200"}} {ten}
http_requests_total{{path="/orders",code="500"}} {one}
http_requests_total{{path="/metrics",code="200"}} {hundred}
http_server_duration_milliseconds_bucket{{le="100"}} {eight}
http_server_duration_milliseconds_bucket{{le="+Inf"}} {ten}
http_server_duration_milliseconds_count {ten}
queue_depth{{queue="mail"}} 3
queue_depth{{queue="fax"}} 4
"""
HOSTILE = ('a"} or up{app="checkout', "back\\slash", "line\nbreak", "tab\tand\rreturn", "nul\x00bell\x07", "ü🙂\u202e")


outage = threading.Event()  # from then on there is a series of 20 requests that failed at once


def exported(seconds):
    """The page after `seconds`: counters rise at known rates, `lookups_total` gets five new paths a second."""
    rates = {"quarter": 0.25, "one": 1, "eight": 8, "ten": 10, "hundred": 100}
    page = PAGE.format(memory=1e8 + 1e6 * seconds, **{name: rate * seconds for name, rate in rates.items()})
    page += 'http_requests_total{path="/orders",code="503"} 20\n' if outage.is_set() else ""
    return page + "".join(f'lookups_total{{path="/{n}",method="GET"}} 1\n' for n in range(int(5 * seconds)))


@dataclass
class Observed:
    """A Prometheus that has scraped the page from `start` to `end`."""

    url: str
    start: float
    end: float

    def ask(self, asked, selector=None):
        selector = selector or {"app": "checkout"}
        return read(connect(self.url), selector, asked, self.start, self.end, 1)


@pytest.fixture(scope="module")
def binary():
    """Prometheus itself; without it these tests fail, they are not skipped."""
    path = shutil.which("prometheus")
    if path is None:
        pytest.fail("prometheus is not on PATH; run: apt-get install -y --no-install-recommends prometheus")
    return path


@pytest.fixture(scope="module")
def exporter():
    """Serves the page; gives its port."""
    began = time.monotonic()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = exported(time.monotonic() - began).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def observed(binary, exporter, tmp_path_factory):
    """The window, after it has passed."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "prometheus.yml").write_text(CONFIG.format(port=exporter))
    port = _free_port()
    command = [binary, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
    try:
        _wait_until_scraped(f"http://127.0.0.1:{port}", folder / "log")
        start = time.time()
        time.sleep(WINDOW_SECONDS / 2)
        outage.set()
        time.sleep(WINDOW_SECONDS / 2)
        yield Observed(f"http://127.0.0.1:{port}", start, start + WINDOW_SECONDS)
    finally:
        process.kill()
        process.wait()


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _wait_until_scraped(url, log: Path):
    """Until two scrapes are stored, so that the window has rates from its start."""
    client = connect(url)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if any(answer.points[0][1] > 1 for answer in client.instant("count_over_time(up[1m])", time.time())):
                return
        except Missed:
            pass
        time.sleep(0.2)
    pytest.fail(f"Prometheus did not scrape: {log.read_text()[-2000:]}")


def asked(*, runtime="auto", queries=None, **constraints):
    return Asked(Constraints.model_validate(constraints), runtime, queries or {}, "/metrics")


def mean(points):
    return statistics.fmean(value for _, value in points)


def test_memory_is_the_working_set_of_each_pods_containers(observed):
    """Neither the pod's sum nor its pause container counts."""
    signals, _, faults = observed.ask(asked(memory={"max_mb": 100}))
    assert faults == ()
    first, last = signals.memory.instances["p1"][0], signals.memory.instances["p1"][-1]
    assert 1e8 < first[1] < last[1] < 2e8
    assert last[0] - first[0] >= WINDOW_SECONDS - 1.5
    assert {value for _, value in signals.memory.instances["p2"]} == {2e8}


def test_cpu_is_used_of_limit_or_throttled_whichever_is_more(observed):
    """p1: a quarter of half a core; p2: a quarter of one core, no limit; p3: throttled in 8 periods of 10."""
    signals, _, faults = observed.ask(asked(cpu={"max_saturation_percent": 90}))
    assert faults == ()
    found = {name: mean(points) for name, points in signals.cpu.instances.items()}
    assert found == pytest.approx({"p1": 0.5, "p2": 0.25, "p3": 0.8}, rel=0.25)


def test_a_heap_figure_that_no_collection_renewed_is_no_measurement(observed):
    """go_gc_heap_live_bytes stands still here, and what grows beside it may be garbage."""
    signals, _, [fault] = observed.ask(asked(heap={"max_retained_growth_slope": 0}))
    assert signals.heap is None
    assert (fault.signal, fault.reason) == ("heap", Reason.TOO_FEW_SAMPLES)
    assert "0 collections were seen" in fault.message


def test_another_runtime_has_no_heap_here(observed):
    """Go's figures are not taken for Java's."""
    _, _, [fault] = observed.ask(asked(heap={"max_retained_growth_slope": 0}, runtime="jvm"))
    assert (fault.signal, fault.reason) == ("heap", Reason.NO_DATA)


def test_cardinality_is_what_was_scraped_and_the_growing_label_is_named(observed):
    """Five new paths a second in one metric; the one new status of the outage comes after it."""
    signals, _, faults = observed.ask(asked(cardinality={"growth_rate": "bounded"}))
    assert faults == ()
    [points] = signals.cardinality.instances.values()
    assert points[-1][1] - points[0][1] == pytest.approx(5 * WINDOW_SECONDS, rel=0.4)
    label = signals.cardinality.by_label[0]
    assert (label.metric, label.label) == ("lookups_total", "path")
    assert label.points[-1][1] > label.points[0][1]


def test_the_own_view_is_what_the_target_counted(observed):
    """Ten good requests and a failed one a second, and 20 failures in a series that was not there before.

    Our scrapes of /metrics are not among them.
    """
    limits = {
        "latency": {"p99_max_ms": 100},
        "errors": {"budget_percent": 1},
        "throughput": {"min_requests_per_second": 1},
    }
    _, own, faults = observed.ask(asked(**limits))
    assert faults == ()
    assert mean(own.throughput.points) == pytest.approx(10, rel=0.25)
    assert own.errors.failed == pytest.approx(20 + WINDOW_SECONDS, rel=0.15)
    assert own.errors.total == pytest.approx(20 + 11 * WINDOW_SECONDS, rel=0.15)
    assert [edge for edge, _ in own.latency.buckets] == pytest.approx([0.1, math.inf])
    assert own.latency.buckets[0][1] / own.latency.buckets[1][1] == pytest.approx(0.8, rel=0.1)


def test_a_custom_query_is_promql(observed):
    """One series, as Prometheus works it out."""
    custom = [{"name": "depth", "query": "sum(queue_depth)", "max": 10}]
    signals, _, faults = observed.ask(asked(custom=custom))
    assert faults == ()
    assert {value for _, value in signals.custom["depth"].points} == {7}


@pytest.mark.parametrize(
    ("query", "message"),
    [("sum(", "refused the query"), ("queue_depth", "gives 2 series"), ("rate(queue_depth)", "refused the query")],
)
def test_a_query_that_does_not_work_is_a_fault_with_the_reason(observed, query, message):
    """In Prometheus's own words where it has some."""
    _, _, [fault] = observed.ask(asked(custom=[{"name": "depth", "query": query, "max": 10}]))
    assert fault.reason is Reason.QUERY_FAILED
    assert message in fault.message


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_selector_selects_nothing_in_any_query(observed, value):
    """It is a label value that no series has: never an error of syntax, never another target."""
    everything = asked(
        memory={"max_mb": 100},
        heap={"max_retained_growth_slope": 0},
        cpu={"max_saturation_percent": 90},
        cardinality={"growth_rate": "bounded"},
        errors={"budget_percent": 1},
    )
    signals, own, faults = observed.ask(everything, {"app": value})
    assert {fault.reason for fault in faults} == {Reason.NO_DATA}
    assert len(faults) == 5
    assert own is None
    assert signals.memory is None


def test_the_instances_have_their_start_times(observed):
    """From process_start_time_seconds."""
    target, faults = read_target(connect(observed.url), {"app": "checkout"}, observed.start, observed.end, 1)
    [instance] = target.instances
    assert (instance.started_at, instance.restarts) == ("2026-01-01T00:00:00+00:00", 0)
    assert faults == ()


# ── queries of authors, confined ──


def test_a_confined_query_reads_the_tenants_series_alone(observed):
    """The label of the tenant is whatever the operator says; here each queue is one."""
    mail = Tenant("queue", "mail", reach=3600, points=1000)
    for query, expected in (
        ("sum(queue_depth)", 3),
        ("queue_depth or absent(queue_depth)", 3),
        ('sum(max_over_time({__name__=~"queue_depth|up"}[10s:1s]))', 3),
        ('count(label_replace(queue_depth, "queue", "fax", "", "") or queue_depth offset 1ms)', 2),
        ("sum(queue_depth) + on () group_left () sum(queue_depth @ end())", 6),
    ):
        custom = [{"name": "depth", "query": confined(query, mail, "query"), "max": 10}]
        signals, _, faults = observed.ask(asked(custom=custom))
        assert faults == (), query
        assert {value for _, value in signals.custom["depth"].points} == {expected}, query


@given(query=queries)
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
def test_prometheus_itself_reads_a_confined_query_as_we_do(observed, query):
    """Its own parser prints what it read: the same tree, with the tenant in each selector of it."""
    sent = confined(query, Tenant("pod", "p1", reach=3600, points=1000), "query")
    answer = requests.post(f"{observed.url}/api/v1/format_query", data={"query": sent}, timeout=60).json()
    assert answer["status"] == "success", (sent, answer)
    read = promql_parser.parse(answer["data"])
    assert repr(read) == repr(promql_parser.parse(sent))
    assert answer["data"].count('pod="p1"') == sent.count('pod="p1"')
