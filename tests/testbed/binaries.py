"""The programs that are built from Go modules."""

import os
import queue
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

from testbed import cache
from testbed.places import MODULES, TestbedError, say

KUBERNETES_PARTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
_REPORT_EVERY = 15


def kubernetes() -> Path:
    """A folder with every part of Kubernetes by its own name: links to one binary."""
    version = required_version("kubernetes", "k8s.io/kubernetes")
    major, minor, _ = version.lstrip("v").split(".")
    stamp = "k8s.io/component-base/version"
    flags = f"-X {stamp}.gitVersion={version} -X {stamp}.gitMajor={major} -X {stamp}.gitMinor={minor}"
    return go_program("kubernetes", flags, links=KUBERNETES_PARTS)


def prometheus() -> Path:
    """Prometheus with only the discovery that a cluster needs: Debian's has none of Kubernetes."""
    package = "github.com/prometheus/prometheus"
    version = required_version("prometheus", package).replace("v0.", "3.", 1)
    flags = f"-X github.com/prometheus/common/version.Version={version}"
    tags = "remove_all_sd,enable_kubernetes_sd"
    return go_program("prometheus", flags, tags=tags, package=f"{package}/cmd/prometheus") / "prometheus"


def go_program(
    module: str,
    linker_flags: str = "",
    links: tuple[str, ...] = (),
    tags: str = "",
    package: str = ".",
    cgo: bool = False,
) -> Path:
    """The folder that holds the program of this module, built when its inputs are new."""
    source = MODULES / module
    command = ["go", "build", "-v", "-trimpath", "-mod=readonly", "-ldflags", f"-s -w {linker_flags}".strip()]
    command += ["-tags", tags] if tags else []
    inputs = [*sorted(source.glob("*.go")), source / "go.mod", _go_version(), " ".join([*command, package, *links])]
    inputs += [source / "go.sum"] if (source / "go.sum").exists() else []

    def build(folder: Path) -> None:
        _go_build([*command, "-o", str(folder / module), package], source, cgo)
        for link in links:
            (folder / link).symlink_to(module)

    return cache.made(module, inputs, build)


def _go_version() -> str:
    if not shutil.which("go"):
        raise TestbedError(
            "Go is not installed; the cluster's programs are built with Go 1.26 or newer (https://go.dev/dl)"
        )
    return subprocess.run(["go", "version"], check=True, capture_output=True, text=True).stdout


def _go_build(command: list[str], source: Path, cgo: bool) -> None:
    name = source.name
    say(f"{name}: building from source (the first time takes minutes)")
    environment = {**os.environ, "CGO_ENABLED": str(int(cgo))}
    started = time.monotonic()
    process = subprocess.Popen(
        ["nice", *command], cwd=source, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    last_lines = _follow(process, name, started)
    if process.wait() != 0:
        raise TestbedError(f"{name} did not build:\n" + "\n".join(last_lines))
    say(f"{name}: built in {time.monotonic() - started:.0f} s")


def _follow(process: subprocess.Popen[str], name: str, started: float) -> list[str]:
    """Says every few seconds how many packages are compiled; gives the last lines for an error."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    count, last, next_report = 0, [], started + _REPORT_EVERY
    while True:
        try:
            line = lines.get(timeout=1)
            if line is None:
                return last
            count, last = count + 1, [*last[-19:], line]
        except queue.Empty:
            pass
        if time.monotonic() >= next_report:
            next_report += _REPORT_EVERY
            say(f"{name}: {count} packages done, {time.monotonic() - started:.0f} s")


def required_version(module: str, dependency: str) -> str:
    """The version of a dependency that a module requires."""
    text = (MODULES / module / "go.mod").read_text()
    found = re.search(rf"^\s*{re.escape(dependency)} (v\S+)( // indirect)?$", text, re.MULTILINE)
    if not found:
        raise TestbedError(f"{MODULES / module / 'go.mod'} does not require {dependency}")
    return found.group(1)
