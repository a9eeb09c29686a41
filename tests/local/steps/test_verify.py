"""Verification from outside: copies that somebody else runs, loaded alike, and seen over the network alone."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from local.steps.conftest import free_port, wait_for
from setpoint.api.constraints import Constraints
from setpoint.api.remedy import Outcome
from setpoint.api.steps import VerifySeen
from setpoint.verify.acceptance import accept

DEMO = Path(__file__).parents[3] / "manifests" / "demo"
HTTP = yaml.safe_load((DEMO / "performance-constraints.yaml").read_text())["load"]["http"]
LOAD = {"http": {**HTTP, "rate": 40}, "warmup": "1s", "duration": "6s"}
CONSTRAINTS = {
    "memory": {"max_mb": 500},
    "heap": {"max_retained_growth_slope": 0},
    "latency": {"p90_max_ms": 400},
    "cardinality": {"growth_rate": "bounded"},
    "cpu": {"max_saturation_percent": 90},
    "errors": {"budget_percent": 1},
}


@pytest.fixture
def run_copy(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """run_copy(change): the demo with `change` made to its processor.py; its address."""
    running: list[subprocess.Popen[str]] = []

    def start(old: str = "", new: str = "") -> str:
        folder = tmp_path / f"copy-{len(running)}"
        shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "cluster"))
        text = (folder / "processor.py").read_text()
        assert old in text
        (folder / "processor.py").write_text(text.replace(old, new, 1) if old else text)
        port = free_port()
        environment = {**os.environ, "PORT": str(port), "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen([sys.executable, "app.py"], cwd=folder, env=environment)
        running.append(process)
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        return f"http://127.0.0.1:{port}"

    yield start
    for process in running:
        process.kill()
        process.wait()


def order(copies, **changes):
    """An order; every copy has a page."""
    told = {name: {"url": url, "metricsUrl": f"{url}/metrics"} for name, url in copies.items()}
    made = {"copies": told, "commit": "a" * 40, "load": LOAD, "constraints": CONSTRAINTS, "seed": "attempt-1"}
    made["most"] = {"rate": 1000, "seconds": 7200}
    return {**made, **changes}


@pytest.mark.slow
def test_three_copies_are_seen_over_their_requests_and_pages(steps, run_copy):
    """What processes would tell is left out without a fault: somebody else brings it."""
    took = steps.take("verify", order({name: run_copy() for name in ("control", "candidate", "twin")}))
    assert took.code == 0, took.err
    seen = VerifySeen.model_validate(took.result)
    assert (set(seen.copies), seen.missing, seen.trouble) == ({"control", "candidate", "twin"}, (), "")
    for name, metrics in seen.copies.items():
        signals = metrics.signals
        assert [instance.name for instance in metrics.target.instances] == [name]
        assert metrics.target.revision == "a" * 40
        assert signals.memory is None and signals.cpu is None
        assert signals.errors.failed == 0 and signals.errors.total > 100
        assert signals.latency.buckets[-1][1] == signals.errors.total
        assert any(edge == 0.4 for edge, _ in signals.latency.buckets)
        assert len(signals.cardinality.instances[name]) >= 4
        assert [fault for fault in metrics.faults if fault.signal in ("memory", "cpu", "cardinality")] == []


@pytest.mark.slow
def test_work_that_the_candidate_leaves_out_is_said(steps, run_copy):
    """Whoever has the rows drops it for that."""
    copies = {"control": run_copy(), "candidate": run_copy('"value": round(value, 2)', '"value": 0')}
    tight = {"latency": {"p90_max_ms": 0.5}}
    seen = VerifySeen.model_validate(steps.take("verify", order(copies, constraints=tight)).result)
    assert any("value of its answers differs" in sentence for sentence in seen.missing)
    pair = seen.copies["control"], seen.copies["candidate"]
    judged = accept(Constraints.model_validate(tight), ("latency.p90",), *pair, seen.missing)
    assert (judged.outcome, judged.gaming) == (Outcome.DROPPED, True)


@pytest.mark.slow
def test_a_copy_without_a_page_is_seen_over_its_requests(steps, run_copy):
    """Heap and series are absent, and nothing is at fault for that."""
    told = {name: {"url": run_copy()} for name in ("control", "candidate")}
    seen = VerifySeen.model_validate(steps.take("verify", {**order({}), "copies": told}).result)
    metrics = seen.copies["candidate"]
    assert metrics.signals.heap is None and metrics.signals.cardinality is None
    assert metrics.faults == () and metrics.signals.errors.total > 100


@pytest.mark.slow
def test_a_script_lies_beside_the_order(steps, run_copy):
    """It is the user's own, and its checks speak for it."""
    (steps.folder / "load.js").write_text("""
        import http from 'k6/http'; import { check } from 'k6';
        export const options = { scenarios: { all: { executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s',
            duration: '6s', preAllocatedVUs: 5 } } };
        export default function () { check(http.get(`${__ENV.TARGET_URL}/totals`), { fine: (r) => r.status === 200 }); }
    """)
    copies = {name: run_copy() for name in ("control", "candidate")}
    took = steps.take("verify", order(copies, load={"script": "load.js", "warmup": "1s", "duration": "5s"}))
    assert took.code == 0, took.err
    assert took.result["copies"]["candidate"]["load"]["checks"]["fine"][0] > 50


def test_a_script_that_asks_for_more_than_it_may_is_not_run(steps, run_copy):
    """It may be another one than that of the run whose breach is repaired."""
    (steps.folder / "load.js").write_text("""
        export const options = { scenarios: { all: { executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s',
            duration: '6s', preAllocatedVUs: 5 } } };
        export default function () {}
    """)
    copies = {name: run_copy() for name in ("control", "candidate")}
    load = {"script": "load.js", "warmup": "1s", "duration": "5s"}
    took = steps.take("verify", order(copies, load=load, most={"rate": 19, "seconds": 7200}))
    assert took.code != 0 and "above the ceiling of 19" in took.err, took.err


@contextmanager
def mute():
    """A service that is there, and breaks every connection over which it is sent something."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(204)
            self.end_headers()

        def do_POST(self):
            self.connection.close()

        def log_message(self, *_): ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_control_that_gives_no_answer_is_trouble_and_no_verdict(steps, run_copy):
    """Nothing can be said of the candidate then."""
    with mute() as control:
        took = steps.take("verify", order({"control": control, "candidate": run_copy()}))
    seen = VerifySeen.model_validate(took.result)
    assert took.code == 0 and "gives no answer" in seen.trouble and seen.missing == ()


def test_an_order_without_a_candidate_is_one_clear_error(steps):
    """Before anybody is asked."""
    took = steps.take("verify", order({"control": "http://127.0.0.1:1"}))
    assert (took.code, took.ending["error"]) == (2, "InputError") and "candidate is missing" in took.ending["message"]
