"""What holds the memory: lines whose allocations stay, and the containers that grow."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from setpoint.api.remedy import Evidence, Holder
from setpoint.api.spec import LocalTarget

Profiled = Callable[..., Evidence]

SERVE = """
import http.server, os
from prometheus_client import generate_latest

def serve(answer):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = generate_latest() if self.path == "/metrics" else answer(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

LEAKS = """
import functools, json
from collections import deque
from prometheus_client import Counter
from serve import serve

CACHE = {}
HISTORY = {"all": []}
BOUNDED = deque(maxlen=50)
REQUESTS = Counter("requests", "By path and parity.", ["path", "parity"])


class Store:
    def __init__(self):
        self.batch = []
        self.emptied = []

    def add(self, text):
        event = json.loads(text)
        self.batch.append(event)
        self.emptied.append(event)
        if len(self.emptied) > 4:
            self.emptied.clear()


@functools.lru_cache(maxsize=None)
def cached(path):
    return path.upper()


def remember(function):
    known = {}

    @functools.wraps(function)
    def wrapper(path):
        known[path] = function(path)
        return known[path]

    return wrapper


@remember
def shout(path):
    return path.upper()


def make(store):
    seen = set()

    def answer(path):
        seen.add(path)
        REQUESTS.labels(path=path, parity=str(len(path) % 2)).inc()
        CACHE[path] = path
        HISTORY["all"].append(path)
        BOUNDED.append(path)
        cached(path)
        shout(path)
        store.add('{"items": [' + ", ".join('{"name": "a name %d"}' % n for n in range(30)) + "]}")
        return b"ok"

    return answer


serve(make(Store()))
"""


def _by_owner(evidence: Evidence) -> dict[str, Holder]:
    return {holder.owner: holder for holder in evidence.holders}


def test_what_grows_is_found_wherever_it_hangs(profiled: Profiled, tmp_path: Path) -> None:
    """Containers of every scope and kind, lines behind the standard library, labels; not what is bounded."""
    target = LocalTarget(command=(sys.executable, "app.py"), metrics="/metrics")
    evidence = profiled({"app.py": LEAKS, "serve.py": SERVE}, "heap.growth", path="/{n}", target=target)

    holders = _by_owner(evidence)
    assert holders["app.Store.batch"].kind == "list"
    assert (holders["app.Store.batch"].scope, holders["app.Store.batch"].file) == ("instance", "app.py")
    assert LEAKS.splitlines()[(holders["app.Store.batch"].line or 0) - 1].strip() == "self.batch = []"
    assert (holders["app.CACHE"].kind, holders["app.CACHE"].scope) == ("dict", "module")
    assert (holders["app.HISTORY"].nested, holders["app.HISTORY"].key) == (True, "all")
    assert (holders["app.make.seen"].kind, holders["app.make.seen"].scope) == ("set", "function")
    assert (holders["app.remember.known"].kind, holders["app.remember.known"].file) == ("dict", "app.py")
    assert holders["app.cached"].kind == "lru_cache"
    assert LEAKS.splitlines()[(holders["app.cached"].line or 0) - 1] == "@functools.lru_cache(maxsize=None)"
    assert not {"app.BOUNDED", "app.Store.emptied"} & set(holders)
    assert evidence.holders[0].owner == "app.Store.batch", "the heaviest comes first"

    heaviest = evidence.growth[0]
    assert (heaviest.file, heaviest.function, heaviest.code) == ("app.py", "Store.add", "event = json.loads(text)")
    assert heaviest.share > 0.5
    assert heaviest.grown_count > 0

    assert [(label.metric, label.label) for label in evidence.labels] == [("requests_total", "path")]
    assert evidence.labels[0].examples[-1].startswith("/")
    assert evidence.labels[0].site
    assert evidence.labels[0].site.code.startswith("REQUESTS.labels(path=path")

    assert evidence.runtime == "python"
    assert evidence.requests > 20
    assert "app.Store.batch (list) grew from" in evidence.words[0]
    assert evidence.notes == ()
    written = json.loads((tmp_path / "evidence" / "evidence.json").read_text())
    assert Evidence.model_validate(written) == evidence


SCRIPT = """
import http from "k6/http";

export const options = {
  scenarios: {
    all: { executor: "constant-arrival-rate", rate: 40, timeUnit: "1s", duration: "60s", preAllocatedVUs: 5 },
  },
};

export default function () {
  http.get(`${__ENV.TARGET_URL}/${__ITER}`);
}
"""

BATCH = """
from serve import serve

EVENTS = []


def answer(path):
    EVENTS.append({"path": path, "text": "x" * 5000})
    return b"ok"


serve(answer)
"""


def test_a_script_drives_the_profile_as_it_drives_the_run(profiled: Profiled) -> None:
    """With its own rate, by k6, from the folder of the constraints; it ends when the profile does."""
    files = {"app.py": BATCH, "serve.py": SERVE, "load.js": SCRIPT}
    evidence = profiled(files, "memory", script="load.js")

    assert [holder.owner for holder in evidence.holders] == ["app.EVENTS"]
    assert evidence.growth[0].code == 'EVENTS.append({"path": path, "text": "x" * 5000})'
    assert evidence.requests > 40
    assert evidence.notes == ()
