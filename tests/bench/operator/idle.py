"""What constraints cost that stand still: memory, the start of an operator, and requests in five minutes.

A real API server; the constraints are about a Deployment without replicas. Run by `make bench-operator`; COUNT and
MINUTES change its size.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from testbed.audit import Audit
from testbed.control_plane import ControlPlane
from testbed.places import TOP

COUNT = int(os.environ.get("COUNT", "1000"))
MINUTES = float(os.environ.get("MINUTES", "5"))
NAMESPACE, SYSTEM, PORT = "shop", "setpoint-system", 18081
SETPOINT = Path(sys.executable).parent / "setpoint"
WRITES = ("create", "update", "patch", "delete")


def main() -> None:
    """Print the figures, and how they were taken."""
    with ControlPlane() as plane, tempfile.TemporaryDirectory() as folder:
        fill(plane, Path(folder))
        print(f"{COUNT} constraints on a real API server (etcd and API server share these {os.cpu_count()} cores)")
        first, seconds = start(plane)
        print(f"first start: {seconds:.1f} s until each was visited and has its status, {memory(first):.0f} MiB")
        stop(first)
        quiet = Audit(plane.audit_log).now()
        second, seconds = start(plane)
        written = len(quiet.requests(agent="setpoint", verbs=WRITES))
        print(f"cold start: {seconds:.1f} s until each was visited, {written} writes, {memory(second):.0f} MiB")
        quiet = Audit(plane.audit_log).now()
        time.sleep(60 * MINUTES)
        asked = [e for e in quiet.requests(agent="setpoint") if e["verb"] != "watch"]
        used = f"{memory(second):.0f} MiB, {cpu(second):.1f} s of CPU in all"
        print(f"idle for {MINUTES:g} minutes: {len(asked)} requests but for watches, {used}")
        stop(second)


def fill(plane: ControlPlane, folder: Path) -> None:
    """The CRD, the configuration, a Deployment and the constraints."""
    kubectl = plane.kubectl
    kubectl("apply", "--server-side", "--filename", str(TOP / "crds"))
    kubectl("wait", "--for=condition=Established", "crd/performanceconstraints.setpoint.dev", "--timeout=30s")
    for name in (NAMESPACE, SYSTEM):
        kubectl("create", "namespace", name)
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "setpoint-config"}}
    kubectl.apply(
        {**config, "data": {"config.yaml": "prometheus: {default: {url: 'http://127.0.0.1:9'}}"}}, namespace=SYSTEM
    )
    pod = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "a"}}, "template": pod}
    kubectl.apply(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec}, namespace=NAMESPACE
    )
    one = {
        "target": {"deployment": "a", "service": "a", "port": 80},
        "load": {"http": {"path": "/", "rate": 50}, "duration": "20m"},
        "schedule": "0 2 * * *",
        "constraints": {
            "memory": {"maxMb": 300},
            "latency": {"p50MaxMs": 40, "p99MaxMs": 120},
            "errors": {"budgetPercent": 0.1},
        },
    }
    body = {"apiVersion": "setpoint.dev/v1alpha1", "kind": "PerformanceConstraint", "spec": one}
    items = [{**body, "metadata": {"name": f"c-{number:04}", "namespace": NAMESPACE}} for number in range(COUNT)]
    file = folder / "constraints.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    kubectl("create", "--filename", str(file), timeout=600)


def start(plane: ControlPlane) -> tuple[subprocess.Popen[bytes], float]:
    """An operator, and the seconds from its start until it has seen all and nothing waits."""
    began = time.monotonic()
    environment = {**os.environ, "SETPOINT_NAMESPACE": SYSTEM, "SETPOINT_LOG_LEVEL": "WARNING"}
    command = [str(SETPOINT), "operator", "--kubeconfig", str(plane.kubeconfig), "--listen", f"127.0.0.1:{PORT}"]
    process = subprocess.Popen(command, env=environment)
    still = 0
    while still < 3:
        time.sleep(0.2)
        page = metrics()
        seen = sum(
            value(page, f'setpoint_constraints{{compliant="{truth}"}}') for truth in ("True", "False", "Unknown")
        )
        waits = value(page, "setpoint_queue_depth") + value(page, "setpoint_work_in_progress")
        still = still + 1 if page and seen == COUNT and not waits else 0
        if time.monotonic() - began > 300:
            sys.exit("not all constraints were visited within 300 s")
    return process, time.monotonic() - began - 0.4


def metrics() -> str:
    """The operator's own metrics, empty where it does not answer yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def value(page: str, series: str) -> float:
    """The value of a series of the page."""
    found = re.search(rf"^{re.escape(series)} (\S+)$", page, re.MULTILINE)
    return float(found[1]) if found else 0.0


def memory(process: subprocess.Popen[bytes]) -> float:
    """Resident MiB of a process."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def cpu(process: subprocess.Popen[bytes]) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End an operator."""
    process.terminate()
    process.wait(timeout=30)


if __name__ == "__main__":
    main()
