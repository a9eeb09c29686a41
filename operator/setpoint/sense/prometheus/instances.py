"""From answers to signals: which instance a series is of, and whether it may be used."""

from collections.abc import Sequence

from setpoint.api.metrics import Points, Signal
from setpoint.api.reasons import Reason
from setpoint.sense.prometheus.answers import Answer, by_label
from setpoint.sense.prometheus.promql import SOURCE
from setpoint.sense.series import Missed, Series, printable


def preferred(answers: Sequence[Answer], sources: Sequence[str]) -> list[Answer]:
    """The answers of the first of `sources` that has any."""
    groups = by_label(answers, SOURCE)
    return next((groups[source] for source in sources if source in groups), [])


def series_by_instance(answers: Sequence[Answer]) -> dict[str, Series]:
    """The points of each instance. Raises Missed when two series would be the same instance."""
    found: dict[str, Series] = {}
    pods = [answer.labels.get("pod") for answer in answers]
    for answer in answers:
        name = _name(answer, twice=pods.count(answer.labels.get("pod")) > 1)
        if name in found:
            why = f"{len(answers)} series are not told apart by pod or instance; add labels or sum them up"
            raise Missed(Reason.QUERY_FAILED, why)
        found[name] = Series()
        for at, value in answer.points:
            found[name].add(at, value)
    return found


def _name(answer: Answer, twice: bool) -> str:
    pod, instance = answer.labels.get("pod", ""), answer.labels.get("instance", "")
    return printable(f"{pod}/{instance}" if pod and instance and twice else pod or instance)


def points_of(series: Series) -> Points:
    """All points of `series`. Raises Missed when too many of them could not be used, or there are none."""
    if fault := series.fault(""):
        raise Missed(fault.reason, fault.message)
    if not series.points:
        raise Missed(Reason.NO_DATA, "a series without a point")
    return tuple(series.points)


def signal_of(unit: str, answers: Sequence[Answer]) -> Signal:
    """`answers` as a signal by instance."""
    return Signal(unit=unit, instances={name: points_of(one) for name, one in series_by_instance(answers).items()})
