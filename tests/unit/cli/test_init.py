"""`setpoint init`: files to begin with, from nothing or from a look at a running service."""

import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from setpoint.api.loading import load_spec
from setpoint.api.metrics import Metrics
from setpoint.api.spec import Http
from setpoint.cli.starting import nice_above, starting_file

PAGE = b'process_resident_memory_bytes 5.0e+07\nhttp_requests_total{path="/"} 3\ngo_memstats_heap_alloc_bytes 2e7\n'


class Service(BaseHTTPRequestHandler):
    """Answers / and /metrics; everything else is not there."""

    def do_GET(self) -> None:
        body = {"/": b"hello", "/metrics": PAGE, "/torn": b"requests{path= 3\n"}.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        """The test reads the file that was written."""


@pytest.fixture
def service() -> Iterator[str]:
    """The URL of a service that runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    """Every test begins in one."""
    monkeypatch.chdir(tmp_path)


def test_without_a_service_the_file_has_examples_that_load(run):
    """All of the usual setpoints, each with its comment."""
    said = run("init")
    assert (said.code, said.out) == (0, "performance-constraints.yaml\n")
    spec = load_spec(Path("performance-constraints.yaml"))
    assert len(spec.constraints.row_names()) == 9
    assert spec.repair.mode == "Observe"


def test_a_running_service_gives_limits_above_what_was_seen(run, service):
    """Real k6 for a few seconds, and its real metrics page."""
    said = run("init", "--url", service, "--duration", "3s", "--rate", "20")
    assert said.code == 0, said.err
    constraints = load_spec(Path("performance-constraints.yaml")).constraints
    assert constraints.memory is not None
    assert constraints.memory.max_mb == 80
    assert constraints.cardinality is not None
    assert constraints.cardinality.max_unique_labels == 100
    assert constraints.latency is not None
    limits = [limit for _, _, limit in constraints.latency.limits()]
    assert limits == sorted(limits)
    assert "50 MB were seen" in Path("performance-constraints.yaml").read_text()


def test_a_metrics_page_that_cannot_be_read_is_told_with_the_reason(run, service):
    """A file without memory and series would look as if the service had none."""
    said = run("init", "--url", service, "--duration", "2s", "--metrics", "/torn")
    assert said.code == 0
    assert "1 of 1 lines of the metrics page are broken" in said.err
    assert load_spec(Path("performance-constraints.yaml")).constraints.memory is None
    said = run("init", "--url", service, "--duration", "2s", "--metrics", "/nowhere", "--force")
    assert "not read, so not in the file: " in said.err and "answered with status 404" in said.err


def test_a_path_that_the_service_does_not_know_is_wrong_usage(run, service):
    """Limits that rest on errors would be worth nothing."""
    said = run("init", "--url", service, "--path", "/nothing", "--duration", "1s")
    assert said.code == 2
    assert "failed; see that the service runs, and give --path" in said.err
    assert not Path("performance-constraints.yaml").exists()


def test_a_file_that_is_there_is_kept_unless_forced(run):
    """It may be somebody's work."""
    Path("performance-constraints.yaml").write_text("mine")
    said = run("init")
    assert said.code == 2
    assert "is there already; add --force" in said.err
    assert Path("performance-constraints.yaml").read_text() == "mine"
    assert run("init", "--force").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rate", "0"], "http.rate: 0.0 is too small"),
        (["--rate", "fast"], "argument --rate: invalid float value: 'fast'"),
        (["--method", "BREW"], "http.method: BREW is not known here"),
        (["--duration", "5 m"], "'5 m' is not a duration"),
        (["--path", "nothing"], "'nothing' is not a path on the target"),
        (["--metrics", "metrics"], "metrics: 'metrics' is not a path on the target"),
        (["--url", "localhost:80"], "is not a URL; write for example http://127.0.0.1:8080"),
        (["--url", "http://"], "is not a URL"),
        (["--url", "http://localhost:99999"], "is not a URL"),
        (["--url", "http://[::1"], "is not a URL"),
        (["--url", "http://local host"], "is not a URL"),
        (["--url", "http://localhost/?a=b"], "and the rest as the path that is asked for"),
        (["--agent", "--url", "http://localhost"], "--agent looks at no service"),
        (["--file", "."], "is a folder; name the file"),
    ],
)
def test_wrong_arguments_are_one_line(run, words, said):
    """What is wrong, and what to write."""
    result = run("init", *words)
    assert result.code == 2
    assert said in result.err


def test_the_agents_description_has_its_head_and_its_rules(run):
    """A coding agent that works by the setpoints."""
    assert run("init", "--agent").out == ".claude/agents/performance-optimizer.md\n"
    text = Path(".claude/agents/performance-optimizer.md").read_text()
    head = yaml.safe_load(text.split("---")[1])
    assert head["name"] == "performance-optimizer"
    assert head["tools"] == "Read, Edit, Bash, Grep, Glob"
    for rule in ("Minimal changes only", "improve at least one metric", "After 3 failed iterations, escalate"):
        assert rule in text


@pytest.mark.parametrize(
    "signals",
    [
        {},
        {"latency": {"buckets": [[0.1, 0], ["+Inf", 50]]}, "memory": {"unit": "bytes", "points": []}},
        {"memory": {"unit": "bytes", "points": [[0, float("nan")], [1, 1e9]]}, "heap": {"points": [[0, 1]]}},
        {"cardinality": {"points": [[0, 1_234_567]]}, "latency": {"buckets": [[1e-9, 5], ["+Inf", 5]]}},
    ],
)
def test_whatever_was_seen_the_file_loads(signals, tmp_path):
    """Also when most of it was not there."""
    seen = Metrics.model_validate({"schemaVersion": 1, "signals": signals})
    http = Http(path='/a?b="c":#', method="POST", body='{"x": "ü\\n"}', rate=0.001)
    (tmp_path / "c.yaml").write_text(starting_file(http, "/metrics", seen))
    spec = load_spec(tmp_path / "c.yaml")
    assert spec.load is not None
    assert spec.load.http is not None
    assert (spec.load.http.path, spec.load.http.body) == (http.path, http.body)


@pytest.mark.parametrize(
    ("value", "above"), [(1, 1), (1.01, 1.5), (7, 8), (8.1, 10), (99, 100), (0.03, 0.03), (21.4e6, 30e6)]
)
def test_limits_are_numbers_that_people_would_write(value, above):
    """And never below what was seen."""
    assert nice_above(value) == above
    assert sys.float_info.epsilon + nice_above(value) >= value
