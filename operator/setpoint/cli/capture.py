"""`setpoint capture`: write metrics.json, from a copy that we start and scrape, or from Prometheus."""

import os
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import datetime
from pathlib import Path

from setpoint.api.errors import InputError
from setpoint.api.loading import load_metrics, load_spec
from setpoint.api.metrics import Fault, LoadPart, Metrics, Signals
from setpoint.api.reasons import Reason
from setpoint.api.spec import LocalSpec
from setpoint.cli.local import asked, rig
from setpoint.cli.output import to_json
from setpoint.cli.started import started_target
from setpoint.cli.streams import emit
from setpoint.cli.tell import tell_people
from setpoint.control.ids import digest
from setpoint.verify.measure import measure

STEP_SECONDS = 15.0


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("constraints", type=Path, help="the constraints file")
    parser.add_argument("--load", type=Path, metavar="FILE", help="what `setpoint load` wrote; gives the window")
    parser.add_argument("--prometheus", metavar="URL", help="read the window's signals from this Prometheus")
    parser.add_argument(
        "--selector",
        action="append",
        default=[],
        type=_pair,
        metavar="K=V",
        help="label that the target's series have; may be repeated",
    )


def execute(args: Namespace) -> int:
    """Standard output gets a metrics.json."""
    spec = load_spec(args.constraints)
    if args.prometheus:
        metrics = _from_prometheus(args, spec)
    elif args.load or args.selector:
        raise InputError("--load and --selector say what to read from Prometheus", instead="add --prometheus URL")
    else:
        metrics = _from_own_copy(args, spec)
    emit(to_json(metrics))
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise ArgumentTypeError(f"{text!r} is not LABEL=VALUE; write for example app=checkout")
    return name, value


def _from_own_copy(args: Namespace, spec: LocalSpec) -> Metrics:
    measuring = rig(args.constraints, spec, tell_people())
    name = spec.name or "target"
    with started_target(args.constraints, spec, owner=digest("capture", os.getpid())) as (copy, commit):
        return measure(measuring, {name: copy}, commit=commit)[name]


def _from_prometheus(args: Namespace, spec: LocalSpec) -> Metrics:
    from setpoint.sense.prometheus import as_judged, connect, read, read_target

    if not args.selector:
        raise InputError("which series are the target's?", instead="add --selector LABEL=VALUE")
    part = load_metrics(args.load) if args.load else None
    start, end = _window(part.load if part else None, spec, args.load)
    step = min(STEP_SECONDS, max((end - start) / 60, 1.0))
    client, selector = connect(args.prometheus), dict(args.selector)
    signals, own, faults = read(client, selector, asked(spec), start, end, step)
    target, unseen = read_target(client, selector, start, end, step)
    if part is None or spec.telemetry.latency == "prometheus":
        signals, own, faults = _with(signals, own), None, as_judged(faults)
    else:
        signals = _with(signals, part.signals)
    return Metrics(
        schema_version=1,
        load=part.load if part else None,
        target=target.model_copy(update={"revision": part.target.revision if part and part.target else None}),
        signals=signals,
        own=own,
        faults=(*(part.faults if part else ()), *faults, *filter(_is_a_gap, unseen)),
    )


def _is_a_gap(fault: Fault) -> bool:
    """A target that exports no start times is not at fault: the judge looks for restarts in its memory."""
    return fault.reason is not Reason.NO_DATA


def _with(signals: Signals, requests: Signals | None) -> Signals:
    """`signals` with the three that are judged on requests taken from `requests`."""
    taken = {name: getattr(requests, name, None) for name in ("latency", "errors", "throughput")}
    return signals.model_copy(update=taken)


def _window(load: LoadPart | None, spec: LocalSpec, file: Path | None) -> tuple[float, float]:
    """Start and end in Unix seconds: the load's, or the last `window` of live traffic."""
    if file is None:
        end = time.time()
        return end - spec.window, end
    if load is None or load.started_at is None or load.duration_seconds is None:
        raise InputError(
            "it has no load.startedAt and durationSeconds", where=str(file), instead="write it by `setpoint load`"
        )
    try:
        start = datetime.fromisoformat(load.started_at).timestamp()
    except ValueError:
        raise InputError(
            f"load.startedAt {load.started_at!r} is not a time", where=str(file), instead="write 2026-01-01T00:00:00Z"
        ) from None
    return start, start + load.duration_seconds
