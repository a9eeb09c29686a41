"""How far hostile patches come: `python tests/bench/repair/hostile.py [names] [--stage gate|tests|verification|all]`.

Every patch of hostile/ goes through gate, tests and verification as in a run, and so does a reference fix for each
service, which has to be accepted: a judge that refuses everything proves nothing. A verification takes about half a
minute.
"""

import os
import sys
import tempfile
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from hostility import Court, Hostile, read_all, reference
from running import BIN

STAGES = ("gate", "tests", "verification")


def main() -> int:
    """Try all, print where each was stopped; 1 when one was accepted, or a reference fix was not."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="patches by name; all when none is named")
    parser.add_argument("--stage", choices=(*STAGES, "all"), default="all")
    args = parser.parse_args()
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    wanted = [
        each for each in read_all() if args.stage in (each.stage, "all") and (not args.names or each.name in args.names)
    ]
    fixes = {each.service: reference(each) for each in wanted if each.stage == "verification"}
    with tempfile.TemporaryDirectory(prefix="setpoint-hostile-") as folder:
        courts = {service: Court(service, Path(folder) / service) for service in {each.service for each in wanted}}
        stages = [_one(courts, each) for each in wanted]
        accepted = [_one(courts, fix) for fix in fixes.values()]
    print(f"\n{len(wanted)} hostile patches: " + ", ".join(f"{n} {stage}" for stage, n in Counter(stages).items()))
    print(f"{len(fixes)} reference fixes: {accepted.count('accepted')} accepted")
    return "accepted" in stages or set(accepted) > {"accepted"}


def _one(courts: dict[str, Court], patch: Hostile) -> str:
    stopped = courts[patch.service].try_all(patch)
    mark = "" if stopped.stage == patch.stage else f" (expected: {patch.stage})"
    print(f"{stopped.stage:12} {patch.name}{mark}: {stopped.why[:200]}", flush=True)
    return stopped.stage


if __name__ == "__main__":
    sys.exit(main())
