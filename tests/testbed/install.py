"""Setpoint in the testbed's cluster, by the real helm and from the images that were built here."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from testbed import helm
from testbed.places import TOP, TestbedError

NAMESPACE = "setpoint-system"
VALUES: dict[str, Any] = {
    "image": {"registry": "setpoint.dev", "repository": "operator", "tag": "dev"},
    "runner": {"image": {"registry": "setpoint.dev", "repository": "runner", "tag": "dev"}},
    "configuration": {"prometheus": {"default": {"url": "http://prometheus.monitoring:9090"}}},
    # A tag that is built again keeps its name: a new annotation makes new pods.
    "podAnnotations": {},
}


def install(kubeconfig: Path, values: dict[str, Any] | None = None) -> None:
    """The chart, installed or brought up to date, and its operator ready."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(values or VALUES, file)
        file.flush()
        where = ["--kubeconfig", str(kubeconfig), "--namespace", NAMESPACE, "--create-namespace"]
        options = [*where, "--values", file.name, "--wait", "--timeout", "120s"]
        command = [str(helm.program()), "upgrade", "--install", "setpoint", str(TOP / "charts" / "setpoint"), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TestbedError(f"helm could not install the chart: {done.stderr.strip()[-1000:]}")
