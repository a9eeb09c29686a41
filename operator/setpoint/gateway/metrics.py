"""The gateway's metrics. Every label has a closed set of values: nothing that callers send can add a series."""

from collections.abc import Mapping
from decimal import Decimal
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from setpoint.api.prices import USAGE

# How a call ended: answered in full; broken off; refused by us (who are you, what is this, no money); by the service;
# it could not be reached; we ourselves could not (no ledger, no key, no API server).
OUTCOMES = (
    "Answered",
    "BrokenOff",
    "Unauthenticated",
    "NotGranted",
    "Busy",
    "BadRequest",
    "OverBudget",
    "Refused",
    "Unreachable",
    "NotReady",
    "NotFound",
)
SECONDS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)


class Metrics:
    """One set of them."""

    def __init__(self) -> None:
        own = self._registry = CollectorRegistry()
        self._calls = Counter("setpoint_gateway_calls", "Calls, by how they ended", ["outcome"], registry=own)
        self._tokens = Counter("setpoint_gateway_tokens", "Tokens that the service counted", ["kind"], registry=own)
        self._usd = Counter("setpoint_gateway_usd", "US dollars that were charged to budgets", registry=own)
        self._seconds = Histogram(
            "setpoint_gateway_call_seconds", "Of calls that reached the service", registry=own, buckets=SECONDS
        )
        self.under_way = Gauge("setpoint_gateway_calls_under_way", "Calls that reached the service", registry=own)
        self.late = Counter(
            "setpoint_gateway_settled_late", "Settlements that could not be written down at once", registry=own
        )
        self.today = Gauge("setpoint_gateway_usd_today", "US dollars of the day, reservations included", registry=own)
        build = Gauge("setpoint_gateway_build_info", "The version that runs", ["version"], registry=own)
        build.labels(version("setpoint")).set(1)
        ProcessCollector(registry=own)
        PlatformCollector(registry=own)
        for outcome in OUTCOMES:
            self._calls.labels(outcome)
        for kind in USAGE:
            self._tokens.labels(kind)

    def ended(self, outcome: str) -> None:
        """A call ended so."""
        self._calls.labels(outcome).inc()

    def charged(self, usage: Mapping[str, int], usd: Decimal, seconds: float) -> None:
        """A call that reached the service used these tokens, as far as it said so, and was charged so much."""
        for kind in USAGE:
            self._tokens.labels(kind).inc(usage.get(kind, 0))
        self._usd.inc(float(usd))
        self._seconds.observe(seconds)

    def page(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
