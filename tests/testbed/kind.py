"""The same cluster by kind, on a machine with Docker: CLUSTER=kind."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from testbed import images, node_images
from testbed.kubectl import Kubectl
from testbed.places import CACHE, MANIFESTS, TestbedError, say

KUBECONFIG = CACHE / "kind.kubeconfig"
_NAME = "setpoint-testbed"


def up() -> None:
    """Creates the cluster or adopts it, and installs what kind does not bring: Prometheus and the tests' images."""
    _needed("docker", "kind")
    CACHE.mkdir(parents=True, exist_ok=True)
    if _NAME in _run("kind", "get", "clusters").split():
        _run("kind", "export", "kubeconfig", "--name", _NAME, "--kubeconfig", str(KUBECONFIG))
    else:
        say("kind: creating the cluster")
        _run("kind", "create", "cluster", "--name", _NAME, "--kubeconfig", str(KUBECONFIG), "--wait", "120s")
    load_images(node_images.for_tests())
    kubectl = Kubectl(KUBECONFIG)
    kubectl("apply", "--server-side", "--filename", str(MANIFESTS / "prometheus.yaml"))
    kubectl("rollout", "status", "deployment/prometheus", "--namespace", "monitoring", "--timeout=120s", timeout=150)
    say(f"up; export KUBECONFIG={KUBECONFIG}")


def down() -> None:
    """Deletes the cluster."""
    _needed("docker", "kind")
    _run("kind", "delete", "cluster", "--name", _NAME)
    KUBECONFIG.unlink(missing_ok=True)


def status() -> int:
    """Says what there is; the exit code is 0 only when the cluster answers."""
    _needed("docker", "kind")
    if _NAME not in _run("kind", "get", "clusters").split():
        print("down")
        return 1
    print(f"kubeconfig  {KUBECONFIG}")
    print(Kubectl(KUBECONFIG)("get", "nodes,deployments", "--all-namespaces", "-o", "wide").rstrip())
    return 0


def build_images() -> None:
    """Builds the project's images with Docker and gives them to the cluster."""
    with tempfile.TemporaryDirectory() as scratch:
        for wanted in images.wanted(Path(scratch)):
            say(f"{wanted.name}: building")
            _run("docker", "build", "--quiet", *wanted.options, "--tag", wanted.name, str(wanted.context))
            _run("kind", "load", "docker-image", wanted.name, "--name", _NAME)


def load_images(archives: list[Path]) -> None:
    """Gives image archives to the cluster."""
    for archive in archives:
        _run("kind", "load", "image-archive", str(archive), "--name", _NAME)


def _needed(*programs: str) -> None:
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        raise TestbedError(f"CLUSTER=kind needs {' and '.join(missing)} (https://kind.sigs.k8s.io)")


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise TestbedError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
