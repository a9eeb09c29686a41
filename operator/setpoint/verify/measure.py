"""Measure copies of the service: the same load on each at the same time, sampled every second, as metrics.

One copy is the plain measurement; two are candidate and control side by side. Everything is a port.
"""

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from setpoint.api.metrics import Metrics
from setpoint.api.ports import Clock, Copy, Loader, LoadFrame, LoadOrder, RunningLoad, Sensor, Tell, Watch
from setpoint.api.spec import Load
from setpoint.verify.assemble import assemble

SAMPLE_SECONDS = 1.0
# Between two looks: rare enough that the judge costs nothing beside the load.
LOOK_SECONDS = 3.0
# k6 may take this long beyond its own durations to report its last requests; then it is stopped.
OVERTIME_SECONDS = 60.0
_SHOWN = 1000

Enough = Callable[[Mapping[str, Metrics]], bool]


@dataclass(frozen=True, slots=True)
class Rig:
    """What measures: load generator and sensors, and how people are told.

    `own_view`: latency, errors and throughput are judged as the target itself exports them, not as the load saw them.
    """

    loader: Loader
    sensor: Sensor
    clock: Clock
    tell: Tell
    load: Load
    limits: tuple[float, ...] = ()
    folder: Path = field(default_factory=Path)
    own_view: bool = False


@dataclass(frozen=True, slots=True)
class _Arm:
    """One copy under load."""

    watch: Watch
    running: RunningLoad
    own_view: bool


def measure(
    rig: Rig,
    copies: Mapping[str, Copy],
    *,
    commit: str,
    enough: Enough | None = None,
    text: str = "load",
    seed: str = "",
) -> dict[str, Metrics]:
    """Drive every copy with the same load until it ends, or until `enough` says so; metrics by the copies' names."""
    with ExitStack() as stack:
        watches = {name: stack.enter_context(rig.sensor.open(copy)) for name, copy in copies.items()}
        arms = {
            name: _Arm(watches[name], stack.enter_context(rig.loader.start(_order(rig, copy, seed))), rig.own_view)
            for name, copy in copies.items()
        }
        cut = _drive(rig, arms, commit, enough, text)
        _tell_of_ended(rig, copies)
        _tell_of_errors(rig, arms)
        # A load that came to its own end was as long as it was planned to be, whatever bound it had.
        planned = _planned(rig) if cut else None
        return {name: _metrics(arm, commit, enough is not None, planned) for name, arm in arms.items()}


def _tell_of_ended(rig: Rig, copies: Mapping[str, Copy]) -> None:
    """The rows say that readings are missing and requests failed; why is in what the copy printed."""
    for name, copy in copies.items():
        if not copy.alive():
            printed = copy.output().strip()[-_SHOWN:]
            rig.tell.step(f"{name} ended under the load" + (f"; the end of its output: {printed}" if printed else ""))


def _tell_of_errors(rig: Rig, arms: Mapping[str, _Arm]) -> None:
    """Scripts are the same for every copy, so that one error is enough."""
    said = next((said for arm in arms.values() if (said := arm.running.frame().said)), "")
    if said:
        rig.tell.step(f"the load generator told of errors; the last: {said}")


def _planned(rig: Rig) -> float:
    return rig.load.warmup + rig.load.duration


def _order(rig: Rig, copy: Copy, seed: str) -> LoadOrder:
    return LoadOrder(load=rig.load, url=copy.url, limits=rig.limits, folder=rig.folder, seed=seed)


def _drive(rig: Rig, arms: Mapping[str, _Arm], commit: str, enough: Enough | None, text: str) -> bool:
    """Sample until every load has finished; True when `enough` ended it before its time."""
    total = _planned(rig)
    began = rig.clock.now()
    next_sample, next_look = began, began + rig.load.warmup + LOOK_SECONDS
    while not all(arm.running.frame().finished for arm in arms.values()):
        for arm in arms.values():
            arm.watch.sample()
        elapsed = rig.clock.now() - began
        rig.tell.progress(text, min(elapsed, total), total)
        if elapsed > total + OVERTIME_SECONDS:
            _stop(arms)
            break
        if enough is not None and rig.clock.now() >= next_look:
            if enough({name: _metrics(arm, commit, True, total) for name, arm in arms.items()}):
                _stop(arms)
                return True
            next_look = rig.clock.now() + LOOK_SECONDS
        next_sample += SAMPLE_SECONDS
        rig.clock.sleep(max(0.0, next_sample - rig.clock.now()))
    return False


def _stop(arms: Mapping[str, _Arm]) -> None:
    for arm in arms.values():
        arm.running.stop()


def _metrics(arm: _Arm, commit: str, sequential: bool, planned: float | None) -> Metrics:
    """What was seen of one copy; `planned`: seconds that its load was to last, None where it came to its end."""
    frame = arm.running.frame()
    return assemble(
        frame,
        arm.watch.signals(),
        arm.watch.own(_warm_since(frame)),
        arm.watch.target().model_copy(update={"revision": commit}),
        arm.watch.faults(),
        own_view=arm.own_view,
        planned=planned,
        sequential=sequential,
    )


def _warm_since(frame: LoadFrame) -> float:
    """Unix seconds of the end of the warm-up; of a load that has not begun: never."""
    if frame.load.started_at is None:
        return math.inf
    return datetime.fromisoformat(frame.load.started_at).timestamp() + frame.load.warmup_seconds
