"""`setpoint load`: run the load and write its part of metrics.json.

Load pods run it too, with `--frames`: it then says again and again what was done so far, so that nothing is lost
whenever it ends, and leaves a word about its end. Only what a load needs is imported: a pod's start is waited for.
"""

import os
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from setpoint.api.constraints import Constraints
from setpoint.api.errors import InputError, SetpointError
from setpoint.api.loading import load_spec
from setpoint.api.metrics import Metrics, Signals
from setpoint.api.ports import LoadFrame, LoadOrder, RunningLoad
from setpoint.api.spec import Load, LocalSpec
from setpoint.cli.arguments import service_url
from setpoint.cli.output import to_json
from setpoint.cli.streams import emit
from setpoint.cli.tell import tell_people
from setpoint.load.ceilings import CeilingError, Ceilings
from setpoint.load.k6 import K6Loader
from setpoint.load.report import EndReason, render_ending, render_frame

LOOK_SECONDS = 0.5


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("constraints", type=Path, help="the constraints file; its `load` says what to send")
    parser.add_argument(
        "--target", metavar="URL", help="a service that runs already (default: start the file's target.command)"
    )
    parser.add_argument(
        "--frames", type=_positive, metavar="SECONDS", help="write what was done so far, a line each time"
    )
    parser.add_argument("--most-rate", type=_positive, metavar="RATE", help="refuse more iterations a second")
    parser.add_argument("--most-seconds", type=_positive, metavar="SECONDS", help="refuse a longer load")
    parser.add_argument("--ending", type=Path, metavar="FILE", help="leave a word there about how the load ended")


def execute(args: Namespace) -> int:
    """Run the load; standard output gets a metrics.json with its part, or frames."""
    try:
        frame = _run(args)
    except BaseException as error:
        _leave(args.ending, *_why(error))
        raise
    _leave(args.ending, "Completed", "")
    if args.frames is None:
        signals = Signals(latency=frame.latency, errors=frame.errors, throughput=frame.throughput)
        emit(to_json(Metrics(schema_version=1, load=frame.load, signals=signals, faults=frame.faults)))
    return 0


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a positive number")
    return value


def _run(args: Namespace) -> LoadFrame:
    spec = load_spec(args.constraints)
    load = need_load(args.constraints, spec)
    loader = K6Loader(ceilings=Ceilings(args.most_rate, args.most_seconds))
    with _url(args, spec) as url:
        order = LoadOrder(load=load, url=url, limits=limits_of(spec.constraints), folder=args.constraints.parent)
        with loader.start(order) as running:
            return _tell_frames(running, args.frames) if args.frames else _tell_people(running, load)


def need_load(file: Path, spec: LocalSpec) -> Load:
    """The file's load, or one clear error."""
    if spec.load is None:
        raise InputError(
            "there is no load", where=str(file), instead="add load.http with path and rate, or load.script"
        )
    return spec.load


def limits_of(constraints: Constraints) -> tuple[float, ...]:
    """Latency limits in seconds, at which requests are counted exactly."""
    latency = constraints.latency
    return tuple(limit / 1000 for _, _, limit in latency.limits()) if latency else ()


@contextmanager
def _url(args: Namespace, spec: LocalSpec) -> Iterator[str]:
    if args.target:
        yield service_url("--target", args.target)
        return
    from setpoint.cli.started import started_target
    from setpoint.control.ids import digest

    with started_target(args.constraints, spec, owner=digest("load", os.getpid())) as (copy, _):
        yield copy.url


def _tell_people(running: RunningLoad, load: Load) -> LoadFrame:
    total, began, tell = load.warmup + load.duration, time.monotonic(), tell_people()
    while not (frame := running.frame()).finished:
        tell.progress("load", min(time.monotonic() - began, total), total)
        time.sleep(LOOK_SECONDS)
    return frame


def _tell_frames(running: RunningLoad, seconds: float) -> LoadFrame:
    """A line now and then, and one at the end, whoever brings that about."""
    numbers, due = count(1), time.monotonic() + seconds
    try:
        while not (frame := running.frame()).finished:
            if time.monotonic() >= due:
                emit(render_frame(frame, next(numbers)))
                due += seconds
            time.sleep(min(LOOK_SECONDS, seconds))
    except KeyboardInterrupt:
        running.stop()
        emit(render_frame(running.frame(), next(numbers)))
        raise
    emit(render_frame(frame, next(numbers)))
    return frame


def _why(error: BaseException) -> tuple[EndReason, str]:
    if isinstance(error, KeyboardInterrupt):
        return "Aborted", "it was stopped from outside"
    if isinstance(error, CeilingError):
        return "CeilingExceeded", str(error)
    if isinstance(error, InputError):
        return "ScriptError", str(error)
    return "JobFailed", str(error) if isinstance(error, SetpointError | OSError) else f"{type(error).__name__}: {error}"


def _leave(ending: Path | None, reason: EndReason, message: str) -> None:
    if ending is not None:
        ending.write_text(render_ending(reason, message), encoding="utf-8")
