"""The composition root of a local run: the engine's ports, with a process as the plant. Readable in one screen."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from setpoint.api.errors import ForeignCommit, InputError, SetpointError
from setpoint.api.metrics import Metrics
from setpoint.api.ports import (
    Asked,
    DiagnoseOrder,
    MeasureOrder,
    PatchOrder,
    Ports,
    ProposeOrder,
    PublishOrder,
    Tell,
    VerifyOrder,
)
from setpoint.api.remedy import Evidence, GateReport, Pair, Proposal, PullRequest, TestReport, Verification
from setpoint.api.spec import Load, LocalSpec, LocalTarget
from setpoint.cli.load import limits_of, need_load
from setpoint.cli.quick import QuickLook
from setpoint.cli.tell import SystemClock
from setpoint.control.files import NoiseFile, Saved, write_whole
from setpoint.control.ids import digest
from setpoint.forge.local import LocalForge
from setpoint.forge.source import GitSource
from setpoint.judge.sequential import decided
from setpoint.load.k6 import K6Loader
from setpoint.plant.commands import ProcessCommands
from setpoint.plant.process import ProcessPlant
from setpoint.repair.evidence import diagnose
from setpoint.repair.gate import GateRules, check
from setpoint.repair.proposers import PROPOSERS, check_proposer
from setpoint.repair.testing import run_tests
from setpoint.repair.workshop import Workshop
from setpoint.sense.local import LocalSensor
from setpoint.verify.measure import Enough, Rig
from setpoint.verify.trial import Trial, single


@dataclass(frozen=True, slots=True)
class Session:
    """One local run: its file, its folder, its owner mark (the run's id)."""

    file: Path
    spec: LocalSpec
    target: LocalTarget
    folder: Path
    owner: str
    tell: Tell
    fixed: bool = False

    @property
    def source(self) -> GitSource:
        """The repository that the file names."""
        return GitSource(self.file.parent / self.spec.repair.source.repository)

    @property
    def plant(self) -> ProcessPlant:
        """Processes on this machine, marked as ours."""
        return ProcessPlant(self.target, logs=self.folder / "logs", owner=self.owner)

    @property
    def rig(self) -> Rig:
        """k6 and the sensors on a process."""
        return rig(self.file, self.spec, self.tell)

    @property
    def enough(self) -> Enough | None:
        """Stop the load when every row is decided, unless the user wants it whole."""
        if self.fixed:
            return None
        return lambda seen: all(decided(self.spec.constraints, metrics) for metrics in seen.values())

    @property
    def scratch(self) -> Path:
        """Trees that are thrown away."""
        return self.folder / "scratch"


def rig(file: Path, spec: LocalSpec, tell: Tell) -> Rig:
    """What measures: k6 with exact counts at every latency limit, and the sensors that the constraints ask for."""
    load, limits = need_load(file, spec), limits_of(spec.constraints)
    own_view = spec.telemetry.latency == "prometheus"
    return Rig(K6Loader(), LocalSensor(asked(spec)), SystemClock(), tell, load, limits, file.parent, own_view)


def asked(spec: LocalSpec) -> Asked:
    """What the sensors are asked for, on this machine or through Prometheus."""
    metrics_path = spec.target.metrics if spec.target else None
    return Asked(spec.constraints, spec.telemetry.runtime, spec.telemetry.queries, metrics_path)


def ports(session: Session) -> Ports:
    """Everything that the engine acts through."""
    steps = session.folder / "steps"
    return Ports(
        measure=Saved(steps, Metrics, _measure(session)),
        diagnose=Saved(steps, Evidence, _diagnose(session)),
        propose=Saved(steps, Proposal, _propose(session), refusals=(SetpointError,)),
        gate=Saved(steps, GateReport, _gate(session)),
        test=Saved(steps, TestReport, _test(session)),
        publish=Saved(steps, PullRequest, _publish(session), refusals=(ForeignCommit,)),
        verify=Saved(steps, Verification, _verify(session)),
    )


def _measure(session: Session) -> Callable[[MeasureOrder], Metrics]:
    def work(order: MeasureOrder) -> Metrics:
        metrics = single(
            session.source,
            session.plant,
            session.rig,
            session.scratch,
            order.commit,
            name=session.spec.name or "target",
            enough=session.enough,
        )
        write_whole(session.folder / "metrics.json", metrics.model_dump_json(by_alias=True, exclude_none=True))
        return metrics

    return work


def _diagnose(session: Session) -> Callable[[DiagnoseOrder], Evidence]:
    def work(order: DiagnoseOrder) -> Evidence:
        return diagnose(
            order,
            source=session.source,
            plant=session.plant,
            loader=session.rig.loader,
            spec=session.spec,
            folder=session.scratch / "evidence",
            clock=SystemClock(),
            tell=session.tell,
            spec_folder=session.file.parent,
        )

    return work


def _propose(session: Session) -> Callable[[ProposeOrder], Proposal]:
    repair = session.spec.repair
    check_proposer(repair, os.environ)
    return lambda order: PROPOSERS[repair.proposer](order, workshop(session, order))


def workshop(session: Session, order: ProposeOrder) -> Workshop:
    """What the proposers work with in this run."""
    repair = session.spec.repair
    gate = _gate(session)
    return Workshop(
        source=session.source,
        paths=repair.source.paths,
        folder=session.scratch / f"propose-{len(order.tried) + 1}",
        attempts=session.folder / "attempts",
        repair=repair,
        commands=_commands(session, "repair.command"),
        tell=session.tell,
        gate=lambda patch: gate(PatchOrder(order.commit, patch)),
        measure=QuickLook(_trial(session), order),
        environment=os.environ,
    )


def _commands(session: Session, where: str) -> ProcessCommands:
    return ProcessCommands(session.folder / "logs", owner=session.owner, where=where)


def _gate(session: Session) -> Callable[[PatchOrder], GateReport]:
    def work(order: PatchOrder) -> GateReport:
        tree = session.scratch / "base"
        if not tree.exists():
            session.source.checkout(order.commit, "", tree)
        rules = GateRules(paths=_paths(session), protected=_protected(session))
        return check(order.patch, rules, lambda path: _read(tree / path))

    return work


def _test(session: Session) -> Callable[[PatchOrder], TestReport]:
    def work(order: PatchOrder) -> TestReport:
        spec = session.spec.repair.test
        if spec is None:
            raise InputError("repair.test is missing", where=str(session.file), instead="add repair.test.command")
        commands = _commands(session, "repair.test.command")
        return run_tests(order, source=session.source, spec=spec, folder=session.scratch / "tests", commands=commands)

    return work


def _publish(session: Session) -> Callable[[PublishOrder], PullRequest]:
    return LocalForge(session.source, folder=session.folder).publish


def _verify(session: Session) -> Callable[[VerifyOrder], Verification]:
    return _trial(session).verify


def _trial(session: Session) -> Trial:
    def keep(order: VerifyOrder, pair: Pair) -> None:
        write_whole(
            session.folder / "pairs" / f"{order.seed}.json", pair.model_dump_json(by_alias=True, exclude_none=True)
        )

    spec = session.spec
    return Trial(
        source=session.source,
        plant=session.plant,
        rig=replace(session.rig, load=_verify_load(session)),
        constraints=spec.constraints,
        metrics_path=session.target.metrics,
        folder=session.scratch,
        keep=keep,
        noise=NoiseFile(session.folder.parent.parent / "noise" / f"{_image(session)}.json"),
    )


def _verify_load(session: Session) -> Load:
    """The run's load, for as long as `verify.load.duration` says: a proof takes all its time and never stops early."""
    load, duration = session.rig.load, session.spec.verify.load.duration
    return load if duration is None else load.model_copy(update={"duration": duration})


def _image(session: Session) -> str:
    """What the noise floor belongs to: the deployed commit, the load and the constraints."""
    commit = session.source.resolve(session.spec.repair.source.branch)
    return digest(commit, _verify_load(session).model_dump_json(), session.spec.constraints.model_dump_json())


def _paths(session: Session) -> tuple[str, ...]:
    """What a repair may change, from the repository's top."""
    return tuple(session.source.prefix + path for path in session.spec.repair.source.paths)


def _protected(session: Session) -> tuple[str, ...]:
    """What the run itself rests on: the constraints file and the load script."""
    script = session.spec.load.script if session.spec.load else None
    files = [session.file, *([session.file.parent / script] if script else [])]
    return tuple(os.path.relpath(file.resolve(), session.source.top.resolve()) for file in files)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None
