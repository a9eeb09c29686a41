"""The playbook on the seeded faults: `python tests/bench/repair/bench.py [names] [--half frozen|unseen|later|all]`.

Runs `setpoint run` on each service of tests/corpus as a user would, and judges what was accepted by tests that no run
sees. `--folder` keeps everything, and goes on where an earlier bench in the same folder stopped.
"""

import json
import os
import platform
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parent))
from judging import ENDS, Judged, judge
from running import kept_file, run

HALVES = ("frozen", "unseen", "later")
TRUTH = yaml.safe_load((Path(__file__).parent / "truth.yaml").read_text())


def main() -> int:
    """Run, judge, print the table, and write it beside the repositories; 1 when a wrong change was accepted."""
    args = _arguments()
    folder = args.folder or Path(tempfile.mkdtemp(prefix="setpoint-bench-repair-"))
    folder.mkdir(parents=True, exist_ok=True)
    services = [name for name, truth in TRUTH.items() if _wanted(name, truth, args)]
    how = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, Python {platform.python_version()}, "
    how += f"{args.jobs} at a time, `setpoint run` with the proposer playbook"
    if kept := sum(kept_file(service, folder).exists() for service in services):
        how += f", {kept} of them in an earlier bench"
    print(f"{len(services)} services; {how}; everything is kept in {folder}", flush=True)
    with ThreadPoolExecutor(args.jobs) as workers:
        judged = list(workers.map(lambda service: _one(service, folder), services))
    for half in HALVES:
        _print_half(half, [each for each in judged if TRUTH[each.service]["half"] == half])
    report = {"how": how, "services": [{**asdict(each), **TRUTH[each.service]} for each in judged]}
    (folder / "report.json").write_text(json.dumps(report, indent=1))
    print(f"\n{how}\nreport: {folder / 'report.json'}")
    return any(each.end == "wrong" for each in judged)


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="services, by the last part of their folder; all when none is named")
    parser.add_argument("--half", choices=(*HALVES, "all"), default="all")
    parser.add_argument(
        "--jobs", type=int, default=1, help="runs at the same time (1); more of them disturb each other"
    )
    parser.add_argument("--folder", type=lambda text: Path(text).resolve(), help="outside the checkout")
    args = parser.parse_args()
    if unknown := set(args.names) - {name.rpartition("/")[2] for name in TRUTH}:
        parser.error(f"no such service: {', '.join(sorted(unknown))}")
    return args


def _wanted(name: str, truth: dict, args: Namespace) -> bool:
    return args.half in ("all", truth["half"]) and (not args.names or name.rpartition("/")[2] in args.names)


def _one(service: str, folder: Path) -> Judged:
    judged = judge(run(service, folder), TRUTH[service]["end"], folder)
    print(f"{judged.end:14} {judged.seconds:4.0f} s  {service}: {judged.why[:200]}", flush=True)
    return judged


def _print_half(half: str, judged: list[Judged]) -> None:
    for expected in ("repaired", "left"):
        these = [each for each in judged if TRUTH[each.service]["end"] == expected]
        if not these:
            continue
        print(f"\n{half}, to be {expected}: {len(these)}")
        counts = Counter(each.end for each in these)
        print("  " + ", ".join(f"{counts[end]} {end}" for end in ENDS if counts[end]))
        for each in sorted(these, key=lambda each: ENDS.index(each.end)):
            print(f"  {each.end:14} {each.seconds:4.0f} s  {each.service}")


if __name__ == "__main__":
    sys.exit(main())
