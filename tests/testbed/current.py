"""The cluster that kubectl talks to anyway: CLUSTER=current. Nothing is installed into it or removed from it."""

import os
from pathlib import Path

from testbed.kubectl import Kubectl
from testbed.places import TestbedError, say


def kubeconfig() -> Path:
    """The first file of $KUBECONFIG, or the one in the home directory."""
    first = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    path = Path(first) if first else Path.home() / ".kube" / "config"
    if not path.is_file():
        raise TestbedError(f"CLUSTER=current needs a kubeconfig; there is none at {path}")
    return path


def up() -> None:
    """Checks that it answers, and that Prometheus is where the tests look for it."""
    kubectl = Kubectl(kubeconfig())
    kubectl("get", "--raw", "/readyz")
    kubectl("get", "service", "prometheus", "--namespace", "monitoring")
    say(f"the cluster of {kubeconfig()} answers; it has to have Setpoint's images (see `make images`) by itself")


def down() -> None:
    """Leaves it alone."""
    say("the current cluster is not ours: nothing was removed")


def status() -> int:
    """Says which one it is."""
    print(f"kubeconfig  {kubeconfig()}")
    print(Kubectl(kubeconfig())("get", "nodes", "-o", "wide").rstrip())
    return 0


def build_images() -> None:
    """Says what is needed: how images get into somebody's cluster is theirs to say."""
    say("build the Dockerfile's targets operator and runner, and manifests/demo; push them where the cluster pulls")


def load_images(archives: list[Path]) -> None:
    """Says which ones it would have to have."""
    names = ", ".join(str(archive) for archive in archives)
    raise TestbedError(f"images cannot be put into the current cluster; it would need those of {names}")
