"""A /metrics page: its series counted by line, and only the metrics that are asked for parsed."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cached_property

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from setpoint.api.reasons import Reason
from setpoint.sense.series import Missed

# What is parsed is bounded, because the parser's time grows with it and a page may be made to be slow.
LONGEST_LINE = 2**14
MOST_PARSED = 2**20

_SERIES = re.compile(rb"^[ \t]*([a-zA-Z_:][\w:]*(?:\{[^\n]*\})?)[ \t]+[-+.\dIiNn][^\n]*$", re.MULTILINE)
_LINES = re.compile(rb"^[ \t]*[^#\s]", re.MULTILINE)


class Page:
    """A page in Prometheus text or OpenMetrics, taken at `at` (Unix seconds). `metrics`: what may be asked for."""

    def __init__(self, at: float, body: bytes, metrics: Collection[str] = ()) -> None:
        self.at = at
        self._body = body
        self._lines: dict[str, list[bytes]] = {}
        for match in _of_metrics(metrics, body):
            self._lines.setdefault(match[1].decode(), []).append(match[0])

    @cached_property
    def series(self) -> Counter[str]:
        """How many series each metric has. Raises Missed when there are lines that are no series."""
        found = _SERIES.findall(self._body)
        lines = len(_LINES.findall(self._body))
        if lines != len(found):
            raise Missed(Reason.PARTIAL_DATA, f"{lines - len(found)} of {lines} lines of the metrics page are broken")
        return Counter(series.partition(b"{")[0].decode() for series in set(found))

    def lines(self, metric: str) -> Iterator[bytes]:
        """The lines of any metric, unparsed."""
        return (match[0] for match in _of_metrics([metric], self._body))

    def samples(self, metric: str) -> list[Sample]:
        """The samples of one of `metrics`; none when it is not there. Raises Missed when they cannot be read."""
        lines = self._lines.get(metric, [])
        if sum(map(len, lines)) > MOST_PARSED or any(len(line) > LONGEST_LINE for line in lines):
            raise Missed(Reason.PARTIAL_DATA, f"{metric}: {len(lines)} series are more text than is read")
        samples = [_parse(line) for line in lines]
        if len({tuple(sorted(sample.labels.items())) for sample in samples}) != len(samples):
            raise Missed(Reason.PARTIAL_DATA, f"a series of {metric} stands twice on the metrics page")
        return samples


def _of_metrics(metrics: Collection[str], body: bytes) -> Iterator[re.Match[bytes]]:
    if not metrics:
        return iter(())
    names = b"|".join(re.escape(metric.encode()) for metric in sorted(metrics))
    return re.finditer(rb"^[ \t]*(" + names + rb")(?=[{ \t])[^\n]*", body, re.MULTILINE)


def _parse(line: bytes) -> Sample:
    """One line; without its TYPE line, so that the parser leaves names as they are."""
    try:
        [family] = text_string_to_metric_families(line.decode())
        sample: Sample = family.samples[0]
        return sample._replace(value=float(sample.value))
    except (ValueError, IndexError, OverflowError) as error:
        raise Missed(Reason.PARTIAL_DATA, f"a line cannot be read: {line[:100].decode(errors='replace')}") from error
