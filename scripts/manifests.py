"""Writes what is made from other files of the repository, or checks that it is: the chart's CRD and manifests/install.

`write` needs helm, which is built on its first use. `check` does not: the rendered file says which inputs it is from.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
CHART = TOP / "charts" / "setpoint"
CRD = "performanceconstraints.setpoint.dev.yaml"
INSTALL = TOP / "manifests" / "install" / "setpoint.yaml"
NAMESPACE = "setpoint-system"
FIRST = """\
# Made by `make manifests` from charts/setpoint; changes by hand are lost. The whole of Setpoint:
#   kubectl apply --server-side -f manifests/install/
# inputs: {inputs}
# content: {content}
"""
_FIRST_LINES = FIRST.count("\n")
_NAMESPACE = f"""\
apiVersion: v1
kind: Namespace
metadata:
  name: {NAMESPACE}
  labels:
    app.kubernetes.io/name: setpoint
    pod-security.kubernetes.io/enforce: restricted
"""
# What only means something to helm.
_HELMS_OWN = re.compile(
    r"^(# Source: .*|\s+helm\.sh/chart: .*|\s+app\.kubernetes\.io/managed-by: Helm)\n", re.MULTILINE
)


def render(helm: Path) -> str:
    """The chart with its defaults as plain manifests, the namespace first."""
    options = ["--namespace", NAMESPACE, "--skip-tests", "--set", "crds.keep=false"]
    done = subprocess.run([helm, "template", "setpoint", CHART, *options], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"helm could not render the chart: {done.stderr.strip()}")
    documents = [part.strip() for part in _HELMS_OWN.sub("", done.stdout).split("\n---\n")]
    content = "---\n".join(f"{document.removeprefix('---').strip()}\n" for document in [_NAMESPACE, *documents])
    return FIRST.format(inputs=_inputs(), content=_digest(content.encode())) + content


def write() -> int:
    """Makes both files again."""
    sys.path.insert(0, str(TOP / "tests"))
    from testbed.helm import program

    shutil.copy(TOP / "crds" / CRD, CHART / "files" / CRD)
    INSTALL.parent.mkdir(parents=True, exist_ok=True)
    INSTALL.write_text(render(program()))
    return 0


def check() -> int:
    """Says what is not what `write` would make of its inputs; 1 if anything."""
    wrong = list(_wrong())
    for what in wrong:
        print(f"{what}: run `make manifests` and commit what it changes", file=sys.stderr)
    return bool(wrong)


def _wrong() -> list[str]:
    wrong = []
    if (CHART / "files" / CRD).read_bytes() != (TOP / "crds" / CRD).read_bytes():
        wrong.append(f"the chart's {CRD} is not the one in crds/")
    text = INSTALL.read_text() if INSTALL.exists() else ""
    first, content = _split(text)
    if first != FIRST.format(inputs=_inputs(), content=_digest(content.encode())):
        wrong.append(f"{INSTALL.relative_to(TOP)} is not from the chart as it is now, or was edited")
    return wrong


def _split(text: str) -> tuple[str, str]:
    lines = text.splitlines(keepends=True)
    return "".join(lines[:_FIRST_LINES]), "".join(lines[_FIRST_LINES:])


def _inputs() -> str:
    """Names and contents of all that the rendering depends on."""
    files = [Path(__file__), *sorted(path for path in CHART.rglob("*") if path.is_file() and path.suffix != ".md")]
    named = [f"{file.relative_to(TOP).as_posix()} {_digest(file.read_bytes())}" for file in files]
    return _digest("\n".join(named).encode())


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


if __name__ == "__main__":
    chosen = {"write": write, "check": check}.get(sys.argv[1] if len(sys.argv) == 2 else "")
    sys.exit(chosen() if chosen else "usage: manifests.py write | check")
