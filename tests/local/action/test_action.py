"""The action for workflows: its steps as a runner takes them, with Setpoint installed as they install it."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).parents[3]
ACTION = yaml.safe_load((TOP / "action.yml").read_text())
CONSTRAINTS = "constraints:\n  errors: {budget_percent: 1}\n"
# A service that answers, and that tells its runner to show an error of its own making.
SERVICE = """
import http.server, sys
print("::error::the service says so", file=sys.stderr, flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *words):
        print("::error::and again", file=sys.stderr, flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(__import__("os").environ["PORT"])), Handler).serve_forever()
"""
LOAD = """
target: {command: [python3, app.py], readiness: /, env: {PYTHONUNBUFFERED: "1"}}
load: {http: {path: /, rate: 40}, warmup: 1s, duration: 4s}
"""


@dataclass
class Ended:
    """What a job that used the action has afterwards."""

    code: int
    log: str
    summary: str
    outputs: dict[str, str]


Use = Callable[..., Ended]


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's folder for temporary files: one job, so that Setpoint is installed once."""
    return tmp_path_factory.mktemp("runner")


@pytest.fixture
def use(tmp_path: Path, temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> Use:
    """Takes the action's steps in a workspace that holds the files given; inputs as a workflow gives them."""
    told = tmp_path_factory.mktemp("told")

    def take(files: dict[str, str], **inputs: str) -> Ended:
        _check_out(files, tmp_path)
        given = {name: str(one["default"]) for name, one in ACTION["inputs"].items()} | inputs
        places = {"GITHUB_OUTPUT": told / "outputs", "GITHUB_STEP_SUMMARY": told / "summary"}
        for place in places.values():
            place.touch()
        runner = {"GITHUB_ACTION_PATH": TOP, "RUNNER_TEMP": temporary, "GITHUB_ACTIONS": "true", **places}
        code, log = 0, ""
        for step in ACTION["runs"]["steps"]:
            environment = {name: _expanded(str(value), given) for name, value in step.get("env", {}).items()}
            # As GitHub's runners call bash for `shell: bash`.
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=tmp_path,
                env={**os.environ, **{name: str(value) for name, value in runner.items()}, **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            code, log = done.returncode, log + done.stdout
            if code:
                break
        lines = places["GITHUB_OUTPUT"].read_text().splitlines()
        outputs = dict(line.split("=", 1) for line in lines)
        return Ended(code, log, places["GITHUB_STEP_SUMMARY"].read_text(), outputs)

    return take


def _check_out(files: dict[str, str], workspace: Path) -> None:
    """As actions/checkout leaves it: one commit deep, and on no branch."""
    with tempfile.TemporaryDirectory() as origin:
        for name, text in files.items():
            Path(origin, name).write_text(text)
        who = ("-c", "user.name=A user", "-c", "user.email=user@example.com")
        for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--allow-empty", "--message", "One"]):
            subprocess.run(["git", *who, *words], cwd=origin, check=True)
        subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{origin}", workspace], check=True)
        subprocess.run(["git", "checkout", "--quiet", "--detach"], cwd=workspace, check=True)


def _expanded(text: str, given: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: given[found[1]], text)


def _files(failed: int = 0, total: int = 20000) -> dict[str, str]:
    signals = {"errors": {"failed": failed, "total": total}}
    return {
        "performance-constraints.yaml": CONSTRAINTS,
        "measured.json": json.dumps({"schemaVersion": 1, "signals": signals}),
    }


@pytest.mark.parametrize(
    ("failed", "total", "code", "result"),
    [(0, 20000, 0, "Within"), (900, 20000, 1, "Breached"), (0, 20, 3, "Inconclusive")],
)
def test_a_job_ends_as_the_verdict_does(use, failed, total, code, result):
    """And the steps after it can ask for the result."""
    ended = use(_files(failed, total), metrics="measured.json")
    assert (ended.code, ended.outputs) == (code, {"result": result, "metrics": "measured.json"}), ended.log
    assert result in ended.summary and "errors" in ended.summary


def test_a_breach_is_an_annotation_at_the_line_of_its_limit(use):
    """Where people review the file."""
    ended = use(_files(failed=900), metrics="measured.json")
    assert "::error file=performance-constraints.yaml,line=2" in ended.log


def test_without_a_measurement_the_load_runs_and_what_the_service_prints_is_not_obeyed(use):
    """A runner obeys lines that begin with two colons, also those of a service from a stranger's pull request."""
    ended = use({"performance-constraints.yaml": CONSTRAINTS + LOAD, "app.py": SERVICE})
    assert ended.outputs.get("result") in ("Within", "Inconclusive"), ended.log
    measured = json.loads(Path(ended.outputs["metrics"]).read_text())
    assert measured["signals"]["errors"]["total"] > 0
    stopped = re.search(r"^::stop-commands::(\w{32})$(.*?)^::\1::$", ended.log, re.MULTILINE | re.DOTALL)
    assert stopped
    assert "::error::the service" not in ended.log.replace(stopped[0], "")


@pytest.mark.parametrize(
    ("files", "inputs"),
    [
        ({}, {"metrics": "measured.json"}),
        ({"performance-constraints.yaml": "constraints: {}\n"}, {}),
        (_files(), {"metrics": "measured.json", "constraints": "$(touch taken).yaml"}),
        (_files(), {"metrics": '"; touch taken; "'}),
    ],
    ids=["no files", "no constraint", "a command as file", "a command as measurement"],
)
def test_wrong_input_is_one_line_and_no_verdict(use, tmp_path, files, inputs):
    """Exit code 2, no result, and nothing of an input is run."""
    ended = use(files, **inputs)
    assert (ended.code, ended.outputs, ended.summary) == (2, {}, ""), ended.log
    assert "Traceback" not in ended.log
    assert not (tmp_path / "taken").exists()
