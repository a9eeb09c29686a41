"""Native histograms in a real Prometheus, which scrapes them as protobuf."""

import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from setpoint.api.constraints import Constraints
from setpoint.api.ports import Asked
from setpoint.judge import judge
from setpoint.sense.prometheus import as_judged, connect, read
from setpoint.sense.series import Missed

pytestmark = pytest.mark.slow

WINDOW_SECONDS = 8
CONFIG = """
global: {{scrape_interval: 500ms, scrape_timeout: 400ms}}
scrape_configs:
- job_name: pods
  static_configs: [{{targets: ["{address}"], labels: {{app: checkout}}}}]
"""
EXPORTER = Path(__file__).with_name("native_exporter.py")
LIMITS = {
    "latency": {"p99_max_ms": 200},
    "errors": {"budget_percent": 1},
    "throughput": {"min_requests_per_second": 10},
}


@pytest.fixture(scope="module")
def exporter():
    """The exporter's address."""
    process = subprocess.Popen([sys.executable, EXPORTER], stdout=subprocess.PIPE, text=True)
    yield f"127.0.0.1:{int(process.stdout.readline())}"
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def observed(exporter, tmp_path_factory):
    """(own signals, faults) of a window in which 20 requests failed."""
    binary = shutil.which("prometheus")
    if binary is None:
        pytest.fail("prometheus is not on PATH; run: apt-get install -y --no-install-recommends prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "prometheus.yml").write_text(CONFIG.format(address=exporter))
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    flags = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    command = [binary, *flags, f"--web.listen-address={address}", "--enable-feature=native-histograms"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        client = connect(f"http://{address}")
        _wait_until_scraped(client)
        start = time.time()
        time.sleep(WINDOW_SECONDS / 2)
        urllib.request.urlopen(f"http://{exporter}/outage", timeout=10).close()
        time.sleep(WINDOW_SECONDS / 2)
        asked = Asked(Constraints.model_validate(LIMITS), "auto", {}, "/metrics")
        _, own, faults = read(client, {"app": "checkout"}, asked, start, start + WINDOW_SECONDS, 1)
        yield own, faults
    finally:
        process.kill()
        process.wait()


def _wait_until_scraped(client):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if any(answer.points[0][1] > 1 for answer in client.instant("count_over_time(up[1m])", time.time())):
                return
        except Missed:
            pass
        time.sleep(0.2)
    pytest.fail("Prometheus did not scrape")


def test_all_of_it_is_read(observed):
    """100 requests a second, and 20 that failed in a series that was not there before; not our own scrapes."""
    own, faults = observed
    assert faults == ()
    assert own.latency.count == pytest.approx(20 + 100 * WINDOW_SECONDS, rel=0.15)
    assert own.errors.failed == 20
    assert statistics.fmean(value for _, value in own.throughput.points) == pytest.approx(100, rel=0.15)
    [fast, slow, failed] = own.latency.native
    assert fast[:2] == pytest.approx((0.0682, 0.0743), abs=1e-4)
    assert slow[2] / fast[2] == pytest.approx(2 / 98, rel=0.2)
    assert failed[0] == float("inf") and failed[2] == 20


@pytest.mark.parametrize(("limit", "result"), [(60, "Breached"), (200, "Breached"), (5000, "Breached")])
def test_it_is_judged_by_the_count_over_the_limit(observed, limit, result):
    """All took longer than 60 ms, 4 % longer than 200 ms; the 2.5 % that failed are over every limit."""
    own, faults = observed
    metrics = {"schemaVersion": 1, "signals": own.to_json(), "faults": [fault.to_json() for fault in as_judged(faults)]}
    [row] = judge({"latency": {"p99_max_ms": limit}}, metrics).rows
    assert row.result == result
