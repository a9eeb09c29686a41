"""Services that fork, die, do not start, are not Python, or write what they like where the probe writes."""

import sys
from collections.abc import Callable

from setpoint.api.remedy import Evidence
from setpoint.api.spec import LocalTarget
from setpoint.repair.evidence import Limits

Profiled = Callable[..., Evidence]

SHORT = Limits(warmup=0.3, watch=1.5, settle=0.2, trace=0.5, patience=20.0)

FORKS = """
import http.server, os
import sitecustomize

KEPT = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        KEPT.append("x" * 1000)
        self.send_response(200 if sitecustomize.OURS else 500)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
for _ in range(2):
    if not os.fork():
        server.serve_forever()
os.wait()
"""

NOT_PYTHON = """
import http.server, os, time
from pathlib import Path

STARTED = time.time()
FOLDER = Path(os.environ["SETPOINT_PROBE"])
os.mkfifo(FOLDER / "hello-1.json")
(FOLDER / "hello-2.json").symlink_to("/dev/zero")
(FOLDER / "settle-3.json").write_text('{"growth": [{"file": 7}]}')
(FOLDER / "settle-4.json").write_text("[" * 1_000_000)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        size = int(1000 * (1 + time.time() - STARTED))
        pages = {
            "/metrics": f"go_goroutines {size}",
            "/debug/pprof/heap?gc=1&debug=1": (
                f"heap profile: 1: {size} [1: {size}] @ heap/1048576\\n"
                f"1: {size} [1: {size}] @ 0x1 0x2\\n"
                "#\\t0x1\\truntime.makeslice+0x5\\t/go/src/runtime/slice.go:1\\n"
                "#\\t0x2\\tmain.keep+0x6\\t\\t/src/main.go:21\\n"
            ),
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(pages.get(self.path, "").encode())

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

DIES = """
import http.server, os

LEFT = [5]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        LEFT[0] -= 1
        if not LEFT[0]:
            print("out of sorts", flush=True)
            os._exit(7)
        self.send_response(200)
        self.end_headers()


http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def test_workers_that_were_forked_are_added_up(profiled: Profiled) -> None:
    """A probe in each, the parent's too, which only waits; and the service's own sitecustomize is still there."""
    files = {"app.py": FORKS, "site/sitecustomize.py": "OURS = True"}
    target = LocalTarget(command=(sys.executable, "app.py"), env={"PYTHONPATH": "site"})
    evidence = profiled(files, "memory", target=target, limits=SHORT)

    assert [holder.owner for holder in evidence.holders] == ["app.KEPT"]
    assert evidence.requests > 10
    assert evidence.notes == ()


def test_a_service_that_is_not_python_shows_what_its_endpoints_give(profiled: Profiled) -> None:
    """Go's heap profile and figures; and what the service wrote for the probe to look like is not believed."""
    target = LocalTarget(command=(sys.executable, "-I", "app.py"), metrics="/metrics")
    evidence = profiled({"app.py": NOT_PYTHON}, "heap.growth", target=target, limits=SHORT)

    assert evidence.runtime == "go"
    assert "live from main.keep at /src/main.go:21" in evidence.words[0]
    assert evidence.words[1].startswith("go_goroutines went from")
    notes = " ".join(evidence.notes)
    assert "no probe answered" in notes
    assert "settle-3.json" in notes
    assert "settle-4.json" in notes


def test_a_copy_that_dies_gives_evidence_that_says_so(profiled: Profiled) -> None:
    """With the end of its output; the loop goes on."""
    evidence = profiled({"app.py": DIES}, "memory", limits=SHORT)

    assert evidence.growth == ()
    assert "out of sorts" in evidence.notes[0]


def test_a_copy_that_does_not_start_gives_evidence_that_says_so(profiled: Profiled) -> None:
    """It may be the probe's fault, so it is no verdict on the service."""
    evidence = profiled({"app.py": "raise SystemExit('no configuration')"}, "memory", limits=SHORT)

    assert "no configuration" in evidence.notes[0]
