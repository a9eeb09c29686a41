"""Run a profile of the service, and put together what it showed."""

import json
import os
import shutil
from pathlib import Path

from setpoint.api.errors import InputError, SetpointError
from setpoint.api.ports import Clock, DiagnoseOrder, Loader, LoadOrder, Plant, Source, Tell
from setpoint.api.remedy import Evidence
from setpoint.api.spec import LocalSpec
from setpoint.api.verdict import Verdict
from setpoint.repair.evidence.code import Code
from setpoint.repair.evidence.control import INJECT, Control
from setpoint.repair.evidence.findings import put_together
from setpoint.repair.evidence.profile import Limits, Profile
from setpoint.repair.evidence.words import in_words


def diagnose(
    order: DiagnoseOrder,
    *,
    source: Source,
    plant: Plant,
    loader: Loader,
    spec: LocalSpec,
    folder: Path,
    clock: Clock,
    tell: Tell,
    spec_folder: Path = Path(),
    limits: Limits | None = None,
) -> Evidence:
    """Evidence for the breached rows of `order`; also written to `folder`/evidence.json.

    `folder` is ours alone and keeps what the probe wrote; script paths of the load are relative to `spec_folder`.
    A copy that does not start, or dies, gives evidence that says so in its notes: a repair can still be proposed
    without any. Raises InputError when the spec has no target or no load.
    """
    if spec.target is None or spec.load is None:
        raise InputError("a profile needs a target and a load", instead="add target.command and load.http")
    limits = limits or Limits.for_rows(order.verdict)
    control, tree = _fresh(folder.resolve() / "probe"), _fresh(folder.resolve() / "tree")
    control.mkdir(parents=True)
    environment = _environment(spec.target.env, control, tree)
    tell.step("profile a copy of the service under the same load")
    try:
        place = source.checkout(order.commit, "", tree)
        with plant.start("profile", place, environment) as copy:
            under = LoadOrder(spec.load, copy.url, folder=spec_folder, seed="evidence")
            led = Control(control, copy, clock)
            profile = Profile(copy, led, loader, under, spec.target.metrics, limits, clock, tell)
            profile.run()
        evidence = put_together(profile, Code(tree))
    except (SetpointError, OSError) as error:
        evidence = no_evidence(str(error))
    evidence = worded(evidence, order.verdict)
    (folder / "evidence.json").write_text(json.dumps(evidence.to_json(), indent=2) + "\n", encoding="utf-8")
    return evidence


def diagnose_elsewhere(profile: Profile, top: Path, mounted: str | None, verdict: Verdict) -> Evidence:
    """Evidence from a copy that runs in another container, with its probe in the folder that `profile` leads it by.

    The files that it has below `mounted`, or in its processes' working folders, are those of the tree at `top`.
    """
    try:
        profile.run()
        folders = [folder for folder in (mounted, *profile.control.trees()) if folder]
        # None at all is no Python process: then nothing names a file of the copy.
        evidence = put_together(profile, Code(top, tuple(dict.fromkeys(folders)) or ("/",)))
        if "/" in folders:
            lost = (
                "a process works in /, where its own code is not told from libraries; mount the source, or set WORKDIR"
            )
            evidence = evidence.model_copy(update={"notes": (*evidence.notes, lost)})
    except (SetpointError, OSError) as error:
        evidence = no_evidence(str(error))
    return worded(evidence, verdict)


def no_evidence(why: str) -> Evidence:
    """A repair can still be proposed without any."""
    return Evidence(notes=(f"the profiling copy gave no evidence: {why}",))


def worded(evidence: Evidence, verdict: Verdict) -> Evidence:
    """The evidence with its findings as sentences in front."""
    return evidence.model_copy(update={"words": in_words(evidence, verdict) + evidence.words})


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _environment(own: dict[str, str], control: Path, tree: Path) -> dict[str, str]:
    """What makes Python load the probe first, and the service's own path after it."""
    path = os.pathsep.join(filter(None, [str(INJECT), own.get("PYTHONPATH")]))
    return {"PYTHONPATH": path, "SETPOINT_PROBE": str(control), "SETPOINT_PROBE_TREE": str(tree)}
