"""What Prometheus answers, taken apart and checked: a part of an answer never passes for the whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from setpoint.api.metrics import Point, SparseBucket
from setpoint.api.reasons import Reason
from setpoint.sense.series import Missed

_NATIVE = "the answer is of native histograms; ask for numbers of them"


@dataclass(frozen=True, slots=True)
class Answer:
    """One series: its labels, and points of (Unix seconds, value), or the one native histogram of an instant."""

    labels: Mapping[str, str]
    points: tuple[Point, ...]
    histogram: tuple[SparseBucket, ...] | None = None


def check_answer(answer: Any) -> None:
    """Raises Missed where the whole answer (as JSON) is an error, a part of one, or none of Prometheus at all."""
    if not isinstance(answer, dict) or answer.get("status") not in ("success", "error"):
        raise Missed(Reason.QUERY_FAILED, "the answer is JSON, but not Prometheus's")
    if answer["status"] == "error":
        raise Missed(Reason.QUERY_FAILED, f"Prometheus refused the query: {answer.get('error') or 'no reason given'}")
    for kind in ("warnings", "infos"):
        if notes := answer.get(kind):
            raise Missed(Reason.PARTIAL_DATA, f"Prometheus answered with {kind}: {_joined(notes)}")
    if answer.get("isPartial"):
        raise Missed(Reason.PARTIAL_DATA, "Prometheus answered with a part of the data only")
    data = answer.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("result"), list):
        raise Missed(Reason.QUERY_FAILED, "the answer has no result")
    if data.get("resultType") not in ("matrix", "vector"):
        raise Missed(Reason.QUERY_FAILED, f"the answer is a {data.get('resultType')}, not series")


def _joined(notes: Any) -> str:
    return "; ".join(str(note) for note in notes) if isinstance(notes, list) else str(notes)


def answers_of(result: Sequence[Any], histograms: bool = False) -> list[Answer]:
    """The series of `result`, a matrix or a vector. Raises Missed when its shape is another.

    `histograms`: native ones are wanted as well; else they are refused.
    """
    try:
        answers = [_answer(series) for series in result]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Missed(Reason.QUERY_FAILED, f"a series of the answer has another shape than agreed: {error}") from error
    if not histograms and any(answer.histogram is not None for answer in answers):
        raise Missed(Reason.QUERY_FAILED, _NATIVE)
    return answers


def _answer(series: Any) -> Answer:
    if "histograms" in series:
        raise Missed(Reason.QUERY_FAILED, _NATIVE)
    labels = {str(label): str(value) for label, value in series["metric"].items()}
    if "histogram" in series:
        _, histogram = series["histogram"]
        return Answer(labels, (), tuple(_bucket(bucket) for bucket in histogram.get("buckets") or ()))
    points = series["values"] if "values" in series else [series["value"]]
    if not points:
        raise ValueError("it has no point")
    return Answer(labels, tuple((float(at), float(value)) for at, value in points))


def _bucket(bucket: Any) -> SparseBucket:
    """Which of its edges belong to a bucket, its rule says; at the resolution of a float that makes no difference."""
    _, lower, upper, count = bucket
    return float(lower), float(upper), float(count)


def by_label(answers: Iterable[Answer], label: str) -> dict[str, list[Answer]]:
    """`answers` by the value of `label`."""
    groups: dict[str, list[Answer]] = {}
    for answer in answers:
        groups.setdefault(answer.labels.get(label, ""), []).append(answer)
    return groups
