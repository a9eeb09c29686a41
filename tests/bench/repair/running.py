"""Runs `setpoint run` on one service of the corpus, in a fresh repository of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

CORPUS = Path(__file__).parents[2] / "corpus"
BIN = Path(sys.executable).parent  # its python is the one that the services are started with
IDENTITY = ("-c", "user.name=corpus", "-c", "user.email=corpus@example.com")
LONGEST_SECONDS = 900


@dataclass(frozen=True)
class Ran:
    """What a run left: `record` is the JSON that it printed, None when it printed none; `ended` is its exit code."""

    service: str
    ended: int
    seconds: float
    record: dict | None
    talk: str


def repository(service: str, folder: Path, other: Mapping[str, str] = MappingProxyType({})) -> Path:
    """A fresh git repository in `folder` with the service's content as its only commit.

    `other`: text of the load and the constraints -> what stands there instead.
    """
    shutil.copytree(CORPUS / service, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (folder / name for name in ("performance-constraints.yaml", "load.js") if (folder / name).exists()):
        text = file.read_text()
        for old, new in other.items():
            text = text.replace(old, new)
        file.write_text(text)
    for command in (["init", "-q", "-b", "main"], ["add", "--all"], [*IDENTITY, "commit", "-q", "-m", "The service"]):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    return folder


def run(service: str, folder: Path) -> Ran:
    """Run the loop on a service, or read what an earlier run in `folder` left."""
    kept = kept_file(service, folder)
    if kept.exists():
        return Ran(**json.loads(kept.read_text()))
    place = repository_folder(service, folder)
    shutil.rmtree(place, ignore_errors=True)
    repository(service, place)
    ran = _run(service, place)
    kept.write_text(json.dumps(asdict(ran), indent=1))
    return ran


def kept_file(service: str, folder: Path) -> Path:
    """Where a service's run is kept in the bench's folder."""
    return folder / f"{service.replace('/', '--')}.json"


def repository_folder(service: str, folder: Path) -> Path:
    """Where a service's repository is in the bench's folder."""
    return folder / "repositories" / service


def _run(service: str, place: Path) -> Ran:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = [str(BIN / "setpoint"), "run", "performance-constraints.yaml", "--output", "json"]
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=place, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            out, talk = process.communicate(timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # so that it ends what it started
            out, talk = process.communicate()
    return Ran(service, process.returncode, time.monotonic() - began, json.loads(out) if out else None, talk)
