"""A profile of a service that another container runs: another Python, another file system, the same probe."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.steps.conftest import free_port
from local.steps.test_verify import HTTP
from local.steps.verdicts import breach
from setpoint.api.remedy import Evidence

DEMO = Path(__file__).parents[3] / "manifests" / "demo"
TOP = "services/events/"
# The service's image has a Python of its own, and nothing of Setpoint.
PYTHON = "/usr/bin/python3"


@pytest.fixture
def demo(repository):
    """The demo in a folder of the repository; the commit's id."""
    shutil.copytree(DEMO, repository.clone / TOP, ignore=shutil.ignore_patterns(".*", "__pycache__", "cluster"))
    return repository.commit()


@pytest.fixture
def profiled(steps, serve, demo, tmp_path):
    """profiled(folder, …): the evidence of a service that was started in `folder` with what the step prepared."""
    running = []

    def run(folder: Path, command=("app.py",), mounted=None, variables=(), **changes):
        probe, port = tmp_path / "probe", free_port()
        assert steps.run("probe", "--into", str(probe)).returncode == 0
        own = {"PORT": str(port), "PYTHONPATH": str(probe / "inject"), "SETPOINT_PROBE": str(probe), **dict(variables)}
        if mounted:
            own["SETPOINT_PROBE_TREE"] = str(mounted)
        more = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        reachable(tmp_path)
        running.append(subprocess.Popen([PYTHON, *command], cwd=folder, env=own, **more))
        order = {
            "source": serve(demo),
            "commit": demo,
            "url": f"http://127.0.0.1:{port}",
            "metrics": "/metrics",
            "load": {"http": {**HTTP, "rate": 40}, "warmup": "1s", "duration": "20s"},
            "most": {"rate": 1000, "seconds": 7200},
            "verdict": breach("heap.growth").to_json(),
            "probe": str(probe),
            **({"mounted": str(mounted)} if mounted else {}),
            **changes,
        }
        took = steps.take("diagnose", order)
        assert took.code == 0, took.err
        return Evidence.model_validate(took.result)

    yield run
    for process in running:
        process.kill()
        process.wait()


def reachable(folder: Path) -> None:
    """Let the service's user get there."""
    for each in (folder, *list(folder.parents)[:-2]):
        if each.stat().st_uid == os.geteuid():
            each.chmod(each.stat().st_mode | 0o755)


def seen(evidence: Evidence) -> set[str]:
    """The files that evidence points at."""
    return {site.file for site in evidence.growth} | {holder.file for holder in evidence.holders}


@pytest.mark.slow
def test_an_image_that_holds_one_folder_of_the_repository(profiled, tmp_path):
    """Sites are those of the repository, though the copy calls its files otherwise."""
    image = tmp_path / "image" / "app"
    shutil.copytree(DEMO, image, ignore=shutil.ignore_patterns(".*", "__pycache__", "cluster"))
    evidence = profiled(image)
    assert evidence.runtime == "python", evidence.notes
    assert TOP + "processor.py" in seen(evidence), evidence
    growth = next(site for site in evidence.growth if site.file == TOP + "processor.py")
    lines = (DEMO / "processor.py").read_text().splitlines()
    assert growth.function and growth.code == lines[growth.line - 1].strip()
    assert any(holder.owner.endswith("EventProcessor.events") for holder in evidence.holders)
    assert evidence.requests > 100 and evidence.words


@pytest.mark.slow
def test_a_tree_that_was_mounted_for_the_copy(profiled, repository, tmp_path):
    """As the step fetched it, with the service in a folder of it."""
    mounted = tmp_path / "mounted"
    shutil.copytree(repository.clone, mounted, ignore=shutil.ignore_patterns(".git"))
    evidence = profiled(tmp_path, command=(str(mounted / TOP / "app.py"),), mounted=mounted)
    assert TOP + "processor.py" in seen(evidence), evidence


def test_a_service_that_is_no_python_process_is_seen_from_its_page(profiled, tmp_path):
    """What its runtime exports goes into the words."""
    script = tmp_path / "other.py"
    script.write_text("""
import http.server, os, itertools
count = itertools.count(10_000_000, 50_000)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = f"go_memstats_heap_alloc_bytes {next(count)}\\ngo_goroutines 5\\n".encode()
        self.send_response(200); self.send_header("Content-Length", str(len(text))); self.end_headers()
        self.wfile.write(text)
    do_POST = do_GET
    def log_message(self, *_): ...
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
""")
    evidence = profiled(tmp_path, command=("-E", str(script)), load={"http": {"path": "/", "rate": 20}})
    assert evidence.runtime == "go"
    assert any("go_memstats_heap_alloc_bytes went from" in word for word in evidence.words), evidence
    assert any("no probe answered" in note for note in evidence.notes)


def test_a_copy_that_ends_under_the_load_gives_no_evidence_and_says_so(profiled, tmp_path):
    """A repair can be proposed without any."""
    script = tmp_path / "short.py"
    script.write_text("""
import http.server, os
left = [120]  # three seconds of the load: far more than a look whether it is there takes
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        left[0] -= 1
        if not left[0]: os._exit(3)
        self.send_response(204); self.end_headers()
    do_POST = do_GET
    def log_message(self, *_): ...
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
""")
    evidence = profiled(tmp_path, command=(str(script),))
    assert any("the copy ended under the load" in note for note in evidence.notes), evidence


def test_the_probe_needs_nothing_but_the_standard_library(steps, tmp_path):
    """Its folder is all that a Python without site-packages needs."""
    assert steps.run("probe", "--into", str(tmp_path / "probe")).returncode == 0
    own = {"PYTHONPATH": str(tmp_path / "probe" / "inject"), "SETPOINT_PROBE": str(tmp_path / "probe")}
    for python in {PYTHON, sys.executable}:
        done = subprocess.run(
            [python, "-c", "import sys, time; time.sleep(0.5); print('_setpoint_probe.agent' in sys.modules)"],
            env=own,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert (done.stdout, done.stderr) == ("True\n", "")
    assert len(list((tmp_path / "probe").glob("hello-*.json"))) == 2
    assert list((tmp_path / "probe").glob("failed-*.json")) == []
