"""Runs leaky and clean processes under real loads and writes what was seen of them to series.jsonl.gz.

Run: .venv/bin/python tests/bench/live/collect.py [ID ...]      (without an id: all of them, about 40 minutes)
Every part is the product's own: the process plant, k6, the scrapes, the measuring loop. Cases that are not named stay
in the file as they are. Needs go and node.
Exit: 0 all were collected; 1 some were not fit to be judged, three times over; 2 something is missing.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cases import (
    CASES,
    COLLECTED,
    CONSTRAINTS,
    DURATION_SECONDS,
    FOLDER,
    SERIES,
    WARMUP_SECONDS,
    Case,
    read_series,
    write_series,
)

from setpoint.api.constraints import Constraints
from setpoint.api.errors import NoVerdict
from setpoint.api.metrics import Metrics
from setpoint.api.ports import Asked
from setpoint.api.reasons import Reason, Result
from setpoint.api.spec import Http, Load, LocalTarget
from setpoint.cli.tell import SystemClock
from setpoint.judge import judge
from setpoint.load.binary import find_k6
from setpoint.load.k6 import K6Loader
from setpoint.plant.process import ProcessPlant
from setpoint.sense.local import LocalSensor
from setpoint.verify.measure import Rig, measure

AT_A_TIME = 2
TRIES = 3
# Memory and CPU are published beside the heap; nobody is held to these limits.
MEASURED = Constraints.model_validate(
    {**CONSTRAINTS, "memory": {"max_mb": 1e6}, "cpu": {"max_saturation_percent": 1e6}}
)
Commands = Mapping[str, Sequence[str]]


class Quiet:
    """Two cases run at a time: only their beginnings and endings are told."""

    def step(self, text: str) -> None:
        """Not told."""

    def progress(self, text: str, done: float, total: float) -> None:
        """Not told."""


def say(text: str) -> None:
    """A line with the time of day."""
    print(f"{datetime.now():%H:%M:%S} {text}", flush=True)


def require_programs() -> None:
    """Without every runtime there is no set, and nothing is collected."""
    missing = [program for program in ("go", "node") if shutil.which(program) is None]
    if missing:
        print(f"cannot collect: {' and '.join(missing)} not found on PATH; install and run again", file=sys.stderr)
        sys.exit(2)


def build() -> Commands:
    """The command of each service. The Go one is compiled into the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "setpoint-bench-live"
    cache.mkdir(parents=True, exist_ok=True)
    say("building main.go")
    binary = cache / "service"
    subprocess.run(["go", "build", "-o", binary, "main.go"], cwd=FOLDER, check=True)
    return {"python": [sys.executable, "service.py"], "go": [str(binary)], "node": ["node", "server.js"]}


def run(case: Case, command: Sequence[str], commit: str) -> Metrics:
    """Start the service, drive it, and measure it, as `setpoint run --fixed` would."""
    target = LocalTarget(command=tuple(command), readiness="/healthz", metrics="/metrics")
    load = Load(http=Http(path="/work", rate=case.rate), warmup=WARMUP_SECONDS, duration=DURATION_SECONDS)
    sensor = LocalSensor(Asked(MEASURED, metrics_path=target.metrics))
    rig = Rig(K6Loader(), sensor, SystemClock(), Quiet(), load)
    with tempfile.TemporaryDirectory(prefix="setpoint-bench-live-") as logs:
        plant = ProcessPlant(target, Path(logs), owner=f"bench-live-{os.getpid()}")
        with plant.start(case.name, FOLDER, case.environment) as copy:
            return measure(rig, {case.name: copy}, commit=commit)[case.name]


def collect(case: Case, command: Sequence[str], commit: str) -> dict[str, Any] | None:
    """The case's line; None when no run of it was fit to be judged (load not reached, gaps, failed requests)."""
    for attempt in range(1, TRIES + 1):
        try:
            metrics = run(case, command, commit)
        except NoVerdict as error:
            say(f"{case.name}: NOT RUN, try {attempt} of {TRIES}: {error}")
            continue
        row = judge(CONSTRAINTS, metrics).rows[0]
        say(f"{case.name}: {row.result}: {row.message}")
        trouble = trouble_of(metrics)
        if not trouble and metrics.load and metrics.load.achieved_rate:
            return line_of(case, metrics, metrics.load.achieved_rate)
        say(f"{case.name}: NOT FIT, try {attempt} of {TRIES}: {'; '.join(trouble)}")
    return None


def trouble_of(metrics: Metrics) -> list[str]:
    """Why a run is not fit to be judged. That the heap was seldom collected is no trouble but what was seen."""
    rows = [row for row in judge(MEASURED, metrics).rows if row.constraint in ("memory", "cpu")]
    trouble = [row.message for row in rows if row.result is not Result.WITHIN]
    trouble += [fault.message for fault in metrics.faults if fault.reason is not Reason.TOO_FEW_SAMPLES]
    errors = metrics.signals.errors
    return trouble + ([] if errors and errors.failed == 0 else ["requests failed"])


def line_of(case: Case, metrics: Metrics, achieved_rate: float) -> dict[str, Any]:
    """What is published of a run; latency is left out, as nothing was done to it."""
    kept = metrics.model_copy(update={"signals": metrics.signals.model_copy(update={"latency": None})})
    return {
        "id": case.name,
        "family": f"live-{case.runtime}",
        "constraints": CONSTRAINTS,
        "metrics": kept.model_dump(mode="json", by_alias=True, exclude_none=True),
        "truth": case.truth(achieved_rate),
    }


def output_of(*command: str) -> str:
    """The first line of what a program prints."""
    printed = subprocess.run(command, cwd=FOLDER, check=True, capture_output=True, text=True).stdout
    return printed.splitlines()[0].strip()


def conditions(commit: str) -> dict[str, Any]:
    """Where and with what the set is collected."""
    models = (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    return {
        "collectedAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "machine": next(models, "unknown").partition(":")[2].strip(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "go": output_of("go", "version"),
        "node": output_of("node", "--version"),
        "k6": output_of(str(find_k6(None, os.environ).path), "version"),
        "warmupSeconds": WARMUP_SECONDS,
        "durationSeconds": DURATION_SECONDS,
        "casesAtATime": AT_A_TIME,
        "loadAverageBefore": os.getloadavg(),
    }


def main() -> int:
    """Collects what is asked for; the file is whole after each case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"one of {', '.join(case.name for case in CASES)}")
    asked = parser.parse_args().ids
    if unknown := sorted(set(asked) - {case.name for case in CASES}):
        parser.error(f"no such case: {', '.join(unknown)}")
    require_programs()
    commit = output_of("git", "rev-parse", "HEAD")
    seen, began, commands = conditions(commit), time.monotonic(), build()
    cases = [case for case in CASES if not asked or case.name in asked]
    lines = {line["id"]: line for line in read_series()} if SERIES.exists() and asked else {}
    lost = []
    say(f"{len(cases)} cases of {WARMUP_SECONDS + DURATION_SECONDS:g} s, {AT_A_TIME} at a time")
    pool = ThreadPoolExecutor(AT_A_TIME)
    try:
        waiting = {pool.submit(collect, case, commands[case.runtime], commit): case.name for case in cases}
        for number, future in enumerate(as_completed(waiting), 1):
            name, line = waiting[future], future.result()
            if line is None:
                lost.append(name)
                continue
            lines[name] = line
            write_series(lines.values())
            say(f"{number} of {len(cases)} done after {(time.monotonic() - began) / 60:.1f} min")
    finally:
        pool.shutdown(cancel_futures=True)
    seen |= {"loadAverageAfter": os.getloadavg(), "minutes": round((time.monotonic() - began) / 60, 1)}
    if not asked:
        COLLECTED.write_text(json.dumps(seen, indent=1) + "\n", encoding="utf-8")
    if lost:
        print(f"not collected, no run was fit to be judged: {', '.join(lost)}", file=sys.stderr)
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
