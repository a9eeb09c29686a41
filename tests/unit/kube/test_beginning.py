"""How an operator ends that cannot begin."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Bare(BaseHTTPRequestHandler):
    """An API server that knows nothing of ours."""

    def do_GET(self) -> None:
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
        content = json.dumps(body).encode()
        self.send_response(404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def bare(tmp_path):
    """The kubeconfig of one."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Bare) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        kubeconfig = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "a", "cluster": {"server": f"http://127.0.0.1:{server.server_address[1]}"}}],
            "users": [{"name": "a", "user": {}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "current-context": "a",
        }
        (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig))
        yield tmp_path / "kubeconfig"
        server.shutdown()


def test_a_cluster_without_the_definition_ends_the_operator_with_what_to_do(bare):
    """F35: one line and exit code 2; whoever started it waits before the next try."""
    command = [sys.executable, "-m", "setpoint", "operator", "--kubeconfig", str(bare), "--listen", "127.0.0.1:0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 2, done.stderr
    assert "the cluster does not know performanceconstraints.setpoint.dev" in done.stderr
    assert "install the CRD" in done.stderr and "Traceback" not in done.stderr
