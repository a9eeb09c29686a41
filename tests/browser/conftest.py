"""A run as a report shows it, made by the real judge on made-up measurements; and a real browser."""

import math
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics
from setpoint.api.remedy import (
    Evidence,
    GateReport,
    Outcome,
    Pair,
    Proposal,
    PullRequest,
    TestReport,
    Verification,
)
from setpoint.api.remedy import (
    Site as Place,
)
from setpoint.judge import judge
from setpoint.judge.compare import compare
from setpoint.report.run import AttemptReport, ReportInput, TimelineEntry

CHROMIUM = "chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
]
BEGAN = 1767225600.0
CONSTRAINTS = Constraints.model_validate(
    {
        "memory": {"max_mb": 160},
        "heap": {"max_retained_growth_slope": 0},
        "latency": {"p50_max_ms": 40, "p99_max_ms": 120},
        "cardinality": {"max_unique_labels": 1000, "growth_rate": "bounded"},
        "errors": {"budget_percent": 1},
    }
)
PATCH = """\
diff --git a/processor.py b/processor.py
index 1f2e3d4..5a6b7c8 100644
--- a/processor.py
+++ b/processor.py
@@ -14,5 +14,6 @@ class EventProcessor:
     def process(self, event):
         self.events.append(event)
         if len(self.events) >= 100:
             self._flush()
+            self.events.clear()
--- a trailing line that was removed
"""


def measured(growth: float, slow: float = 0.004, seed: int = 1) -> Metrics:
    """20 minutes; the heap grows by so many MB per hour, so much of the requests are slow."""
    chance = random.Random(seed)
    times = [BEGAN + 15 * step for step in range(80)]
    level = [60 + growth * (t - BEGAN) / 3600 for t in times]

    def around(heights: list[float], noise: float) -> list[tuple[float, float]]:
        return [(t, (y + chance.gauss(0, noise)) * 1e6) for t, y in zip(times, heights, strict=True)]

    total = 60_000
    edges = [0.005 * 1.3**step for step in range(16)]
    middle = math.log(0.02)
    buckets = [[e, round(total * (1 - slow) * (1 - 1 / (1 + (e / math.exp(middle)) ** 4)))] for e in edges]
    return Metrics.model_validate(
        {
            "schemaVersion": 1,
            "load": {"requestedRate": 50, "achievedRate": 50, "durationSeconds": 1200, "warmupSeconds": 0},
            "signals": {
                "memory": {"unit": "bytes", "points": around([y + 40 for y in level], 1.0)},
                "heap": {"unit": "bytes", "kind": "live", "points": around(level, 0.6)},
                "latency": {"unit": "seconds", "count": total, "buckets": [*buckets, ["+Inf", total]]},
                "cardinality": {"unit": "series", "points": [[t, 410] for t in times]},
                "errors": {"failed": 12, "total": total},
            },
        }
    )


@pytest.fixture(scope="session")
def run() -> ReportInput:
    """A leak that was found, repaired on the second attempt, and verified."""
    deployed, control, candidate = measured(90), measured(90, seed=2), measured(0, seed=3)
    changes = compare(CONSTRAINTS, control, candidate)
    verification = Verification(
        outcome=Outcome.ACCEPTED,
        why="heap.growth: 89.7 to 0.2 MB/h",
        changes=changes,
        control=judge(CONSTRAINTS, control),
        candidate=judge(CONSTRAINTS, candidate),
    )
    proposal = Proposal(
        patch=PATCH,
        title="clear the batch after it was flushed",
        cause="EventProcessor.events (processor.py:17) is handed to _flush() and never cleared.",
        explanation="Clears the list after each flush.\n\nWhoever keeps a reference to the list sees it emptied.",
        pattern="batch-never-cleared",
        proposer="playbook",
    )
    steps = ["no verdict yet: run the load and judge", "confirmed breach of heap.growth", "attempt 1", "attempt 2"]
    return ReportInput(
        title="checkout",
        run="3f2c9a1b7d40",
        commit="9c14783d21cb0389bdd3c9078fafba63dc32332e94",
        verdict=judge(CONSTRAINTS, deployed),
        metrics=deployed,
        evidence=Evidence(
            runtime="python",
            seconds=30,
            requests=1500,
            growth=(Place(file="processor.py", line=17, code="self.events.append(event)", grown_bytes=9_400_000),),
            words=("9.4 MB in 51200 blocks (93% of all growth) are kept from processor.py:17 in process",),
            notes=("the garbage collector was not observed",),
        ),
        attempts=(
            AttemptReport(
                number=1,
                proposal=proposal.model_copy(update={"title": "bound the list"}),
                gate=GateReport(passed=True, files=1, additions=1),
                test=TestReport(passed=False, command=("pytest", "-q"), seconds=2.1, output="1 failed\n99 == 100"),
                outcome="Dropped",
                why="the project's tests fail with it: assert 99 == 100",
            ),
            AttemptReport(
                number=2,
                proposal=proposal,
                gate=GateReport(passed=True, files=1, additions=1),
                test=TestReport(passed=True, command=("pytest", "-q"), seconds=2.4, output="12 passed"),
                verification=verification,
                pair=Pair(control=control, candidate=candidate),
                outcome="Accepted",
                why="heap.growth: 89.7 to 0.2 MB/h",
            ),
        ),
        timeline=tuple(TimelineEntry(BEGAN + 40 * index, text) for index, text in enumerate(steps)),
        pull_request=PullRequest(branch="setpoint/checkout/3f2c9a1b7d", head="9c14783d21cb", url="pull-request.md"),
        ended="The repair was verified: heap.growth went from 89.7 to 0.2 MB/h.",
    )


class Site(ThreadingHTTPServer):
    """Serves the pages it is given on 127.0.0.1 and remembers every request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Site)
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path)
        self.send_response(200 if page is not None else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write((page or "").encode())

    def log_message(self, format: str, *args: object) -> None:
        """The test reads `asked`."""


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server of our own, for one test."""
    with Site() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the browser once with these arguments; its console is in standard error."""
    found = shutil.which(CHROMIUM)
    assert found, "no chromium: these tests look at the report in a real browser; run apt-get install chromium"
    profile = tmp_path_factory.mktemp("profile")

    def _chromium(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [found, *FLAGS, f"--user-data-dir={profile}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done

    return _chromium
