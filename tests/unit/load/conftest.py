"""k6's CSV in its real shape, made up."""

from collections.abc import Iterator, Sequence

import pytest

from setpoint.load.fold import Fold
from setpoint.load.frame import Plan
from setpoint.load.schedule import constant

HEADER = [
    "metric_name", "timestamp", "metric_value", "check", "error_code", "expected_response", "scenario", "status",
    "extra_tags", "metadata",
]  # fmt: skip
START = 1_700_000_000.0


class Rows:
    """Rows as k6 writes them; times are seconds since START."""

    header = HEADER

    def row(self, name: str, at: float, value: float, **columns: str) -> list[str]:
        """One row of a metric."""
        tags = {"scenario": "main", **columns}
        return [name, f"{round((START + at) * 1e6)}", f"{value:.6f}", *(tags.get(column, "") for column in HEADER[3:])]

    def request(self, start: float, latency: float, status: int = 200, **columns: str) -> list[str]:
        """A request's duration; k6 dates it by the request's end."""
        failed = {"expected_response": "false", "error_code": f"1{status}" if status else "1050"}
        outcome = {"expected_response": "true"} if 200 <= status < 400 else failed
        tags = {**outcome, "status": str(status), **columns}
        return self.row("http_req_duration", start + latency, latency * 1000, **tags)

    def iteration(self, start: float, duration: float) -> list[str]:
        """An iteration that has ended; k6 dates it by its end."""
        return self.row("iteration_duration", start + duration, duration * 1000)

    def beat(self, at: float, under_way: int = 0) -> list[str]:
        """What k6 writes every second: iterations that are under way."""
        return self.row("vus", at, under_way, scenario="")

    def steady(self, rate: int, seconds: int, latency: float = 0.01) -> Iterator[list[str]]:
        """A load without any incident."""
        for second in range(seconds):
            for number in range(rate):
                start = second + number / rate
                yield self.request(start, latency)
                yield self.iteration(start, latency)
            yield self.beat(second + 0.999)


@pytest.fixture
def rows() -> Rows:
    """Makes rows."""
    return Rows()


@pytest.fixture
def start() -> float:
    """Unix time of the first request that `rows` make."""
    return START


@pytest.fixture
def folded():
    """A fold of the header and the rows given."""

    def fold(
        lines: Iterator[Sequence[str]], *, warmup: float = 0.0, seconds: float = 60.0, limits: Sequence[float] = (0.1,)
    ) -> Fold:
        result = Fold(limits, warmup=warmup, seconds=seconds)
        result.add(HEADER)
        for line in lines:
            result.add(line)
        return result

    return fold


@pytest.fixture
def plan():
    """A plan of a constant rate."""

    def make(rate: float = 50, *, warmup: float = 0.0, seconds: float = 60.0) -> Plan:
        return Plan(warmup, seconds, constant(rate, seconds))

    return make
