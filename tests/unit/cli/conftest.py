"""What the tests of the command line share."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from setpoint.cli.main import main

SETPOINT = Path(sys.executable).with_name("setpoint")
CONSTRAINTS = "constraints:\n  errors: {budget_percent: 1}\n  latency:\n    p99_max_ms: 100\n"


def metrics(failed: int = 0, slow: int = 0) -> dict[str, Any]:
    """4000 requests, of which so many failed and so many took longer than 100 ms."""
    fast = 4000 - slow
    return {
        "schemaVersion": 1,
        "load": {"requestedRate": 50, "achievedRate": 50, "durationSeconds": 80},
        "signals": {
            "errors": {"failed": failed, "total": 4000},
            "latency": {"buckets": [[0.1, fast], ["+Inf", 4000]], "count": 4000},
        },
    }


@dataclass
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def files(tmp_path: Path, monkeypatch) -> Callable[..., None]:
    """Works in an empty folder; writes c.yaml and m.json there."""
    monkeypatch.chdir(tmp_path)

    def _files(constraints: str = CONSTRAINTS, **measured: int) -> None:
        (tmp_path / "c.yaml").write_text(constraints)
        (tmp_path / "m.json").write_text(json.dumps(metrics(**measured)))

    _files()
    return _files


@pytest.fixture
def run(capsys) -> Callable[..., Said]:
    """Runs a command in this process."""

    def _run(*words: str) -> Said:
        code = main(words)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return _run


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command as its own process, as a user's shell does."""

    def _process(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run([SETPOINT, *words], capture_output=True, text=True, timeout=60, check=False, **options)

    return _process
