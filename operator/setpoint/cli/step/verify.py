"""`setpoint step verify`: the same load on candidate and control, and what was seen of them. Others judge it."""

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from setpoint.api.errors import InputError
from setpoint.api.metrics import Metrics
from setpoint.api.ports import Asked
from setpoint.api.steps import VerifySeen, VerifyStep
from setpoint.cli.ending import say_result, told
from setpoint.cli.load import limits_of
from setpoint.cli.step.copies import CopyElsewhere, answers_within
from setpoint.cli.step.loading import loader_within
from setpoint.cli.step.orders import read_order
from setpoint.cli.tell import SystemClock, tell_people
from setpoint.sense.paged import PageSensor, split
from setpoint.verify.answers import NoAnswerError
from setpoint.verify.measure import Rig
from setpoint.verify.side_by_side import CANDIDATE, CONTROL, MetricsPage, side_by_side

READY_SECONDS = 60.0  # a network may take a while to let a new pod through


def carry_out(args: Namespace) -> None:
    """Say what was seen."""
    with told(args.ending):
        order = read_order(VerifyStep, args.order)
        seen = _seen(order, _rig(order, args.order.parent))
        asked = {name: copy.url for name, copy in order.copies.items()}
        say_result(seen.model_copy(update={"asked": asked}), args.ending)


def _rig(order: VerifyStep, folder: Path) -> Rig:
    pages = {name: copy.metrics_url for name, copy in order.copies.items() if copy.metrics_url}
    asked = Asked(order.constraints, order.telemetry.runtime, order.telemetry.queries)
    return Rig(
        loader_within(order.most),
        PageSensor(asked, pages),
        SystemClock(),
        tell_people(),
        order.load,
        limits_of(order.constraints),
        folder,
        own_view=order.telemetry.latency == "prometheus",
    )


def _seen(order: VerifyStep, rig: Rig) -> VerifySeen:
    if not order.copies.keys() >= {CONTROL, CANDIDATE}:
        raise InputError("control or candidate is missing", where="copies", instead="name both")
    copies = {name: CopyElsewhere(name, copy.url.rstrip("/")) for name, copy in order.copies.items()}
    metrics: Mapping[str, Metrics] = {}
    if away := [name for name, copy in copies.items() if not answers_within(copy.url, READY_SECONDS)]:
        return VerifySeen(copies={}, trouble=f"{' and '.join(away)} did not answer within {READY_SECONDS:g} s")
    try:
        pages = {name: MetricsPage(*split(copy.metrics_url)) for name, copy in order.copies.items() if copy.metrics_url}
        seen = side_by_side(rig, copies, pages, commit=order.commit, seed=order.seed)
        metrics = seen.metrics
        missing = seen.missing()
    except NoAnswerError as error:  # whoever brought that about: nothing is known of the candidate
        return VerifySeen(copies=dict(metrics), trouble=str(error))
    return VerifySeen(copies=dict(metrics), missing=missing)
