"""Where a window's signals are read: which Prometheus, which target, from when to when."""

from dataclasses import dataclass

from setpoint.api.reasons import Reason
from setpoint.sense.prometheus.answers import Answer
from setpoint.sense.prometheus.endpoint import PrometheusClient
from setpoint.sense.prometheus.promql import Target
from setpoint.sense.series import Missed

YOUNGEST_SCRAPE_SECONDS = 150.0  # two scrapes and a missed one, at the longest interval in use


@dataclass(frozen=True, slots=True)
class Source:
    """From `start` to `end` (Unix seconds), a point every `step` seconds."""

    client: PrometheusClient
    target: Target
    start: float
    end: float
    step: float

    @property
    def seconds(self) -> float:
        """How long the window is."""
        return self.end - self.start

    @property
    def scrape_age_seconds(self) -> float:
        """How old the two scrapes of a rate may be."""
        return max(4 * self.step, YOUNGEST_SCRAPE_SECONDS)

    def range(self, query: str) -> list[Answer]:
        """The series of `query` over the window. Raises Missed, also when there are none."""
        answers = self.client.range(query, self.start, self.end, self.step)
        if not answers:
            raise Missed(Reason.NO_DATA, "Prometheus has no such series of the target in the window")
        return answers

    def instant(self, query: str, at: float) -> list[Answer]:
        """The series of `query` at `at`, there may be none. Raises Missed."""
        return self.client.instant(query, at)
