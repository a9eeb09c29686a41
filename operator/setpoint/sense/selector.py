"""A plain series selector as in PromQL: a metric name and label matchers, nothing else."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.samples import Sample

from setpoint.api.errors import InputError

_SELECTOR = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{(.*)\}\s*)?", re.DOTALL)
_MATCHER = re.compile(r'\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\n]|\\.)*")\s*(?:,|$)', re.ASCII)


@dataclass(frozen=True, slots=True)
class Matcher:
    """`label` compared with `value` by one of PromQL's four operators."""

    label: str
    operator: str
    value: str

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether a series with `labels` passes; an absent label is an empty one, as in PromQL."""
        value = labels.get(self.label, "")
        same = re.fullmatch(self.value, value) is not None if "~" in self.operator else value == self.value
        return same != self.operator.startswith("!")


@dataclass(frozen=True, slots=True)
class Selector:
    """The series of one metric whose labels pass all matchers."""

    metric: str
    matchers: tuple[Matcher, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether a series of the metric with `labels` is selected."""
        return all(matcher.holds(labels) for matcher in self.matchers)

    def values(self, samples: Iterable[Sample]) -> list[float]:
        """The values of those of `samples` (all of the metric) that are selected."""
        return [sample.value for sample in samples if self.holds(sample.labels)]


def parse_selector(text: str, where: str) -> Selector:
    """`text` as a selector. Raises InputError when it is anything more, or no PromQL at all."""
    match = _SELECTOR.fullmatch(text)
    matchers = _matchers(match[2] or "") if match else None
    if match is None or matchers is None:
        what = f"{text!r} is more than a metric name with label matchers"
        raise InputError(
            what, where=where, instead='PromQL needs Prometheus; on this machine write name{label="value"}'
        )
    try:
        for matcher in matchers:
            re.compile(matcher.value if "~" in matcher.operator else "")
    except re.error as error:
        raise InputError(f"{text!r} has a broken regular expression: {error}", where=where) from error
    return Selector(match[1], matchers)


def _matchers(text: str) -> tuple[Matcher, ...] | None:
    """The matchers between the braces; None when something else stands there."""
    found, position = [], 0
    while text[position:].strip():
        match = _MATCHER.match(text, position)
        if match is None:
            return None
        try:
            found.append(Matcher(match[1], match[2], json.loads(match[3])))
        except ValueError:  # an escape that is none
            return None
        position = match.end()
    return tuple(found)
