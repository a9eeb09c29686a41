"""`setpoint step diagnose`: profile a copy of the service that another container of this pod runs."""

import os
import tempfile
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from setpoint.api.ports import LoadOrder
from setpoint.api.remedy import Evidence
from setpoint.api.steps import DiagnoseStep
from setpoint.cli.ending import say_result, told
from setpoint.cli.step.copies import answers_within, refused
from setpoint.cli.step.loading import loader_within
from setpoint.cli.step.orders import read_order
from setpoint.cli.tell import SystemClock, tell_people
from setpoint.forge.fetching import fetch_tree
from setpoint.repair.evidence import Limits, diagnose_elsewhere, no_evidence
from setpoint.repair.evidence.control import Control, pids_of
from setpoint.repair.evidence.profile import Profile

START_SECONDS = 120.0


def carry_out(args: Namespace) -> None:
    """Say the evidence."""
    with told(args.ending), tempfile.TemporaryDirectory(prefix="setpoint-diagnose-") as name:
        order = read_order(DiagnoseStep, args.order)
        tree = Path(name, "tree")
        fetch_tree(order.source, tree)
        say_result(_evidence(order, tree, args.order.parent), args.ending)


@dataclass(slots=True)
class ProbedCopy:
    """The copy at `url` (port Copy), in whose processes probes have said hello in the folder `probe`."""

    name: str
    url: str
    probe: Path

    def alive(self) -> bool:
        """Whether it takes connections (a busy one may take its time), and its Python processes are not all gone."""
        return not refused(self.url) and bool(self.pids() or not pids_of(self.probe, "hello"))

    def pids(self) -> tuple[int, ...]:
        """Those that have said hello and live; the containers of the pod see each other's processes."""
        return tuple(pid for pid in sorted(pids_of(self.probe, "hello")) if Path(f"/proc/{pid}").exists())

    def output(self) -> str:
        """It is in that container's log."""
        return "(see the log of its container)"


def _evidence(order: DiagnoseStep, tree: Path, folder: Path) -> Evidence:
    os.umask(0o022)  # what the probes are told, they read as another user
    url, probe = order.url.rstrip("/"), Path(order.probe)
    if not answers_within(url, START_SECONDS):
        return no_evidence(f"nothing answers at {url} within {START_SECONDS:g} s; see the log of its container")
    copy = ProbedCopy("profile", url, probe)
    profile = Profile(
        copy,
        Control(probe, copy, SystemClock()),
        loader_within(order.most),
        LoadOrder(order.load, url, folder=folder, seed="evidence"),
        order.metrics,
        Limits.for_rows(order.verdict),
        SystemClock(),
        tell_people(),
    )
    return diagnose_elsewhere(profile, tree, order.mounted, order.verdict)
