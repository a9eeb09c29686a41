"""`load` and `capture` by themselves, their output judged by `check`."""

import contextlib
import http.client
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest

pytestmark = pytest.mark.slow  # a real load each
FILE = "performance-constraints.yaml"
PROMETHEUS = """
global: {{scrape_interval: 500ms, scrape_timeout: 400ms}}
scrape_configs:
- job_name: services
  static_configs: [{{targets: ["127.0.0.1:{port}"], labels: {{app: events}}}}]
"""


def judged(service, said, tmp_path):
    """What the command wrote, as data, and `check`'s rows and exit code for it."""
    assert said.code == 0, said.err
    file = tmp_path / "metrics.json"
    file.write_text(said.out)
    verdict = service.call("check", file, FILE, "--output", "json")
    rows = {row["constraint"]: row for row in json.loads(verdict.out)["rows"]}
    return json.loads(said.out), rows, verdict.code


def test_capture_measures_a_copy_under_the_load(service, tmp_path):
    """All signals, the target and its commit; the target's own view beside the load's."""
    metrics, rows, code = judged(service, service.call("capture", FILE), tmp_path)
    assert code == 1
    assert (rows["memory"]["result"], rows["errors"]["result"]) == ("Breached", "Within")
    assert metrics["target"]["revision"] == service.git("rev-parse", "HEAD")
    assert metrics["stopping"] == "fixed"
    total, own = metrics["signals"]["errors"]["total"], metrics["own"]["errors"]["total"]
    assert total == pytest.approx(300, rel=0.05)
    assert own == pytest.approx(total, rel=0.4)  # between two scrapes that lie inside the load
    assert list(service.temporary.iterdir()) == []


@pytest.fixture
def deployed(service):
    """The service as somebody else runs it; gives its port."""
    with _port() as port:
        command = [sys.executable, "app.py"]
        with _running(command, service.folder, f"http://127.0.0.1:{port}/healthz", PORT=str(port)):
            yield port


@pytest.fixture
def prometheus(deployed, tmp_path):
    """A Prometheus that scrapes the deployed service; gives its URL. Without one these tests fail."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.fail("prometheus is not on PATH; run: make install-tools")
    (tmp_path / "prometheus.yml").write_text(PROMETHEUS.format(port=deployed))
    with _port() as port:
        url = f"http://127.0.0.1:{port}"
        words = {"config.file": tmp_path / "prometheus.yml", "storage.tsdb.path": tmp_path / "data"}
        options = [f"--{name}={value}" for name, value in words.items()]
        command = [program, *options, f"--web.listen-address=127.0.0.1:{port}"]
        with _running(command, tmp_path, f"{url}/api/v1/query?query=up", says=b'"1"]'):  # it has scraped
            yield url


@contextlib.contextmanager
def _port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yield port


@contextlib.contextmanager
def _running(command, folder, ready, says=b"", **environment):
    with (folder.parent / "said.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=os.environ | environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 30
        while not _answers(ready, says):
            assert process.poll() is None and time.monotonic() < until, f"{command} is not ready"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextlib.contextmanager
def _traffic(port):
    """Other people's requests, every second of which fails; some were sent already when the context is entered."""
    over, some = threading.Event(), threading.Event()

    def send():
        for number in itertools.count():
            _answers(f"http://127.0.0.1:{port}/{'nowhere' if number % 2 else 'totals'}", b"")
            if number > 100:
                some.set()
            if over.wait(0.02):
                return

    sender = threading.Thread(target=send)
    sender.start()
    try:
        assert some.wait(60)
        yield
    finally:
        over.set()
        sender.join()


def _answers(url, says):
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=5)
    try:
        connection.request("GET", f"/{path}")
        answer = connection.getresponse()
        return answer.status == 200 and says in answer.read()
    except OSError:
        return False
    finally:
        connection.close()


def test_a_deployed_target_is_judged_by_prometheus_and_the_load(service, deployed, prometheus, tmp_path):
    """`load` on a service that runs already, then `capture` of the load's window; then of live traffic alone."""
    service.write(window="6s", constraints={"memory": {"max_mb": 26}, "errors": {"budget_percent": 5}})
    load = service.call("load", FILE, "--target", f"http://127.0.0.1:{deployed}")
    part, rows, code = judged(service, load, tmp_path)
    assert code == 3
    assert (rows["memory"]["reason"], rows["errors"]["result"]) == ("NoData", "Within")

    (tmp_path / "load.json").write_text(load.out)
    words = ("capture", FILE, "--prometheus", prometheus, "--selector", "app=events")
    metrics, rows, code = judged(service, service.call(*words, "--load", tmp_path / "load.json"), tmp_path)
    assert code == 1
    assert (rows["memory"]["result"], rows["errors"]["result"]) == ("Breached", "Within")
    assert metrics["load"] == part["load"]
    assert metrics["signals"]["errors"] == part["signals"]["errors"]
    assert metrics["own"]["errors"]["failed"] == 0

    with _traffic(deployed):
        metrics, rows, _ = judged(service, service.call(*words), tmp_path)
    assert "load" not in metrics
    assert rows["memory"]["result"] == "Breached"
    errors, latency = metrics["signals"]["errors"], metrics["signals"]["latency"]
    assert errors["total"] > 30
    assert errors["failed"] / errors["total"] == pytest.approx(0.5, abs=0.2)
    assert latency["count"] > 30


def test_what_prometheus_cannot_say_of_live_traffic_voids_its_rows(service, tmp_path):
    """Without a load the target's own view is what is judged: its fault is the row's reason, never a pass."""
    said = service.call("capture", FILE, "--prometheus", "http://127.0.0.1:9", "--selector", "app=events")
    _, rows, code = judged(service, said, tmp_path)
    assert code == 3
    assert {name: row["reason"] for name, row in rows.items()} == {"memory": "QueryFailed", "errors": "QueryFailed"}
