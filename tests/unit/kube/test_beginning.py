"""How an operator ends that cannot begin."""

import copy
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from setpoint.api.crd import crd
from setpoint.api.errors import InputError
from setpoint.kube.cluster import connect
from setpoint.kube.definition import need_definition

PUBLISHED = "/openapi/v3/apis/setpoint.dev/v1alpha1"
MISSING = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}


class Bare(BaseHTTPRequestHandler):
    """An API server that knows nothing of ours but what is in `known`, by its path."""

    known: ClassVar[dict[str, Any]] = {}

    def do_GET(self) -> None:
        body = self.known.get(self.path, MISSING)
        content = json.dumps(body).encode()
        self.send_response(404 if body is MISSING else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def served(folder: Path, known: dict[str, Any]) -> Iterator[Path]:
    """The kubeconfig of an API server that knows that."""
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Knowing", (Bare,), {"known": known})) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        kubeconfig = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "a", "cluster": {"server": f"http://127.0.0.1:{server.server_address[1]}"}}],
            "users": [{"name": "a", "user": {}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "current-context": "a",
        }
        (folder / "kubeconfig").write_text(json.dumps(kubeconfig))
        yield folder / "kubeconfig"
        server.shutdown()


def published() -> dict[str, Any]:
    """What an API server tells of our definition, as it does of any."""
    schema = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    kinds = [{"group": "setpoint.dev", "kind": "PerformanceConstraint", "version": "v1alpha1"}]
    others = {"dev.setpoint.v1alpha1.PerformanceConstraintList": {"type": "object"}}
    ours = {**copy.deepcopy(schema), "x-kubernetes-group-version-kind": kinds}
    return {"components": {"schemas": {**others, "dev.setpoint.v1alpha1.PerformanceConstraint": ours}}}


def status_of(told: dict[str, Any]) -> dict[str, Any]:
    """The fields of the status in it."""
    fields: dict[str, Any] = told["components"]["schemas"]["dev.setpoint.v1alpha1.PerformanceConstraint"]["properties"]
    return fields["status"]["properties"]


@pytest.fixture
def bare(tmp_path):
    """The kubeconfig of one that knows nothing."""
    with served(tmp_path, {}) as kubeconfig:
        yield kubeconfig


def test_a_cluster_without_the_definition_ends_the_operator_with_what_to_do(bare):
    """F35: one line and exit code 2; whoever started it waits before the next try."""
    command = [sys.executable, "-m", "setpoint", "operator", "--kubeconfig", str(bare), "--listen", "127.0.0.1:0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 2, done.stderr
    assert "the cluster does not know performanceconstraints.setpoint.dev" in done.stderr
    assert "install the CRD" in done.stderr and "Traceback" not in done.stderr


def test_an_older_definition_ends_the_operator_with_what_it_lacks_and_what_to_do(tmp_path):
    """F35: what it would drop without a word, at any depth."""
    told = published()
    del status_of(told)["lastRun"]["properties"]["unjudged"]
    del status_of(told)["constraints"]["items"]["properties"]["message"]
    del status_of(told)["worst"]
    with served(tmp_path, {PUBLISHED: told}) as kubeconfig, pytest.raises(InputError) as ended:
        need_definition(connect(str(kubeconfig)), patience=0)
    for lacking in ("status.lastRun.unjudged", "status.constraints[].message", "status.worst"):
        assert lacking in str(ended.value)
    assert "kubectl apply -f crds/" in str(ended.value)


def test_a_definition_of_this_version_or_a_newer_one_is_enough(tmp_path):
    """Also one that was applied a moment ago and is published a little later."""
    newer, older = published(), published()
    status_of(newer)["more"] = {"type": "string"}
    del status_of(older)["worst"]
    known = {PUBLISHED: newer}
    with served(tmp_path, known) as kubeconfig:
        need_definition(connect(str(kubeconfig)), patience=0)
        known[PUBLISHED] = older
        threading.Timer(0.5, lambda: known.update({PUBLISHED: published()})).start()
        need_definition(connect(str(kubeconfig)), patience=60)


def test_where_nothing_is_published_the_operator_begins(tmp_path):
    """It was asked about its constraints before, and the cluster knew them."""
    with served(tmp_path, {}) as kubeconfig:
        need_definition(connect(str(kubeconfig)), patience=0)
