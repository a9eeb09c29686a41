"""`setpoint load`: run the load and write its part of metrics.json."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setpoint.api.errors import InputError
from setpoint.api.loading import load_spec
from setpoint.api.metrics import Metrics, Signals
from setpoint.api.ports import LoadFrame, LoadOrder
from setpoint.api.spec import LocalSpec
from setpoint.cli.local import rig
from setpoint.cli.output import to_json
from setpoint.cli.started import started_target
from setpoint.cli.streams import emit
from setpoint.cli.tell import tell_people
from setpoint.control.ids import digest
from setpoint.verify.measure import Rig


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("constraints", type=Path, help="the constraints file; its `load` says what to send")
    parser.add_argument(
        "--target", metavar="URL", help="a service that runs already (default: start the file's target.command)"
    )


def execute(args: Namespace) -> int:
    """Run the load; standard output gets a metrics.json with its part."""
    spec = load_spec(args.constraints)
    tell = tell_people()
    measuring = rig(args.constraints, spec, tell)
    with _url(args, spec) as url:
        frame = _drive(measuring, url)
    signals = Signals(latency=frame.latency, errors=frame.errors, throughput=frame.throughput)
    metrics = Metrics(schema_version=1, load=frame.load, signals=signals, faults=frame.faults)
    emit(to_json(metrics))
    return 0


@contextmanager
def _url(args: Namespace, spec: LocalSpec) -> Iterator[str]:
    if args.target:
        if not args.target.startswith(("http://", "https://")):
            raise InputError(
                f"--target {args.target!r} is not a URL", instead="write for example http://127.0.0.1:8080"
            )
        yield args.target.rstrip("/")
        return
    with started_target(args.constraints, spec, owner=digest("load", os.getpid())) as (copy, _):
        yield copy.url


def _drive(measuring: Rig, url: str) -> LoadFrame:
    total = measuring.load.warmup + measuring.load.duration
    order = LoadOrder(load=measuring.load, url=url, limits=measuring.limits, folder=measuring.folder)
    began = measuring.clock.now()
    with measuring.loader.start(order) as running:
        while not (frame := running.frame()).finished:
            measuring.tell.progress("load", min(measuring.clock.now() - began, total), total)
            measuring.clock.sleep(0.5)
        return frame
