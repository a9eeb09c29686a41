"""All plans in one table: `python -m apiserver.crash.table [--only GLOB] [--part 1/4]`; 1 when one deviates."""

import argparse
import fnmatch
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from apiserver.crash.outcome import deviations
from apiserver.crash.plans import plans_of
from apiserver.crash.pods import Players
from apiserver.crash.runner import Nursery
from apiserver.crash.seen import Plan
from apiserver.crash.stand import Finished, Stand
from apiserver.scripted.node import Node
from setpoint.kube.cluster import connect
from testbed.control_plane import ControlPlane
from testbed.places import TOP

AT_ONCE = 6
TRIES = 3  # a moment that did not come, since things happened in another order, is waited for again

MOST_NOT_MET = 0.05


def main() -> int:
    """Record a run, derive the plans, make them, and tell."""
    args = _arguments()
    with standing(args.logs) as stand, ThreadPoolExecutor(args.at_once) as pool:
        reference = stand.run("reference", None)
        plans = _chosen(plans_of(reference.seen), args)
        said = (
            f"ended {reference.end['remediation']['ended']} in {reference.seconds:.0f} s: {len(reference.seen)} moments"
        )
        print(f"reference {said}, {len(plans)} plans", *reference.faults, flush=True)
        began, counts = time.monotonic(), Counter[str]()
        running = [pool.submit(_one, stand, plan, reference) for plan in plans]
        for done in as_completed(running):
            outcome, line = done.result()
            counts[outcome] += 1
            print(line, flush=True)
    print(f"\n{len(plans)} plans in {time.monotonic() - began:.0f} s: {dict(counts)}")
    too_few = counts["not met"] > MOST_NOT_MET * len(plans)
    return 1 if reference.faults or counts["DEVIATES"] or too_few else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="*", help="plans whose names match this pattern")
    parser.add_argument("--part", default="1/1", help="of the plans, every so manieth")
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--logs", type=Path, help="a folder for the operator's log of what deviates")
    return parser.parse_args()


def _chosen(plans: list[Plan], args: argparse.Namespace) -> list[Plan]:
    part, parts = map(int, args.part.split("/"))
    wanted = [plan for plan in plans if any(fnmatch.fnmatch(plan.name, glob) for glob in args.only.split(","))]
    return wanted[part - 1 :: parts]


def _one(stand: Stand, plan: Plan, reference: Finished) -> tuple[str, str]:
    """The outcome, and its line."""
    found, run = carried_through(stand, plan, reference)
    outcome = "DEVIATES" if found else "as it was" if run.met else "not met"
    moment = f"{plan.at.label} #{plan.at.nth}"[:90]
    line = f"{outcome:10} {plan.name:22} {run.seconds:5.1f} s  {run.starts} starts  {moment}"
    return outcome, "\n".join([line, *(f"           {words}" for words in found)])


def carried_through(stand: Stand, plan: Plan, reference: Finished) -> tuple[list[str], Finished]:
    """Make a run by the plan, again where its moment did not come; its deviations, and the last run."""
    for _ in range(TRIES):
        run = stand.run(f"{plan.name}-{uuid.uuid4().hex[:6]}", plan)
        found = [*run.faults, *deviations(run.end, reference.end, plan.again)]
        if run.met or found:
            break
    if found and stand.logs:
        (stand.logs / f"{plan.name}.log").write_text(run.log)
    return found, run


@contextmanager
def standing(logs: Path | None = None) -> Iterator[Stand]:
    """An API server with our CRD, a node, and room for runs."""
    with ControlPlane() as plane, tempfile.TemporaryDirectory(prefix="setpoint-crash-") as folder:
        plane.kubectl("apply", "--server-side", "--filename", str(TOP / "crds"))
        crd = "crd/performanceconstraints.setpoint.dev"
        plane.kubectl("wait", "--for=condition=Established", crd, "--timeout=60s")
        node = Node(connect(str(plane.kubeconfig), user_agent="scripted-node"))
        with node, Nursery() as nursery:
            cluster = connect(str(plane.kubeconfig))
            yield Stand(cluster, plane.kubeconfig, Players(node), nursery, Path(folder), logs)


if __name__ == "__main__":
    sys.exit(main())
