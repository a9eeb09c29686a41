"""The operator's own metrics. Every label has a closed set of values: nothing that people name can add a series."""

import time
from collections.abc import Callable, Collection, Mapping
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from setpoint.api.reasons import Ending, Escalation, Step

CONTENT_TYPE = CONTENT_TYPE_LATEST
OTHER = "Other"
# How a remediation ended, or for what people were called.
ENDINGS = (*(str(one) for one in (*Ending, *Escalation) if one is not Ending.ESCALATED), str(Step.AWAITING_MERGE))
RESULTS = ("Within", "Breached", "Inconclusive", "NoVerdict")
COMPLIANCE = ("True", "False", "Unknown")
ERRORS = ("NotFound", "AlreadyThere", "Conflict", "Forbidden", "Refused", "Unavailable", "InputError", "Bug")
VERBS = ("get", "post", "put", "patch", "delete")
CODES = ("2xx", "3xx", "4xx", "409", "410", "429", "5xx", "none")
OUTCOMES = ("Answered", "Empty", "Partial", "Failed", "Refused")
# From a load of some seconds to the longest that the default ceilings allow, and what comes before and after it.
VERDICT_SECONDS = (15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800)


class Metrics:
    """One set of the operator's metrics; `clock` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._ticked, own = clock, clock(), CollectorRegistry()
        self.registry = own
        self._runs = Counter("setpoint_runs", "Runs that ended, by result", ["result"], registry=own)
        self._remediations = Counter(
            "setpoint_remediations",
            "Remediations that ended, by how or for what people were called",
            ["reason"],
            registry=own,
        )
        self._verdicts = Histogram(
            "setpoint_trigger_to_verdict_seconds",
            "From the trigger of a run to its verdict",
            registry=own,
            buckets=VERDICT_SECONDS,
        )
        self._errors = Counter("setpoint_reconcile_errors", "Visits that failed, by kind", ["kind"], registry=own)
        self._requests = Counter(
            "setpoint_api_requests", "Requests to the API server, by verb and status", ["verb", "code"], registry=own
        )
        self._queries = Counter(
            "setpoint_prometheus_queries", "Queries to Prometheus, by outcome", ["outcome"], registry=own
        )
        self._constraints = Gauge(
            "setpoint_constraints", "Constraints, by the condition Compliant", ["compliant"], registry=own
        )
        self.queue_depth = Gauge("setpoint_queue_depth", "Constraints that wait for a visit", registry=own)
        self.working = Gauge("setpoint_work_in_progress", "Constraints that are being visited", registry=own)
        self.loads = Gauge("setpoint_loads_running", "Loads that run", registry=own)
        self.suspended = Gauge("setpoint_suspended", "1 while the kill switch is on", registry=own)
        tick = Gauge("setpoint_scheduler_tick_age_seconds", "Age of the scheduler's last tick", registry=own)
        tick.set_function(self.tick_age)
        build = Gauge("setpoint_build_info", "The version that runs", ["version"], registry=own)
        build.labels(version("setpoint")).set(1)
        ProcessCollector(registry=own)
        PlatformCollector(registry=own)
        self._begin()

    def run_ended(self, result: str | None, seconds: float | None = None) -> None:
        """A run ended with that result (None: without a verdict), so long after its trigger."""
        self._runs.labels(_one_of(RESULTS, result or "NoVerdict")).inc()
        if result is not None and seconds is not None:
            self._verdicts.observe(seconds)

    def remediation_ended(self, reason: str) -> None:
        """A remediation ended so, or people were called for it."""
        self._remediations.labels(_one_of(ENDINGS, reason)).inc()

    def reconcile_failed(self, error: BaseException) -> None:
        """A visit failed; what is none of our own errors is a bug."""
        kinds = [kind.__name__ for kind in type(error).__mro__]
        self._errors.labels(next((kind for kind in kinds if kind in ERRORS), "Bug")).inc()

    def api_request(self, verb: str, code: int | None) -> None:
        """A request to the API server was answered with `code` (None: not at all)."""
        self._requests.labels(_one_of(VERBS, verb.lower()), _code(code)).inc()

    def query(self, outcome: str) -> None:
        """A query to Prometheus ended so."""
        self._queries.labels(_one_of(OUTCOMES, outcome)).inc()

    def compliance(self, counts: Mapping[str, int]) -> None:
        """How many constraints stand where; what is not named is 0."""
        for truth in COMPLIANCE:
            self._constraints.labels(truth).set(counts.get(truth, 0))

    def tick(self) -> None:
        """The scheduler is alive."""
        self._ticked = self._clock()

    def tick_age(self) -> float:
        """Seconds since the scheduler's last tick."""
        return self._clock() - self._ticked

    def page(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)

    def _begin(self) -> None:
        """Series that exist from the start: a rate over a counter that appears with its first error sees none."""
        for result in RESULTS:
            self._runs.labels(result)
        for reason in ENDINGS:
            self._remediations.labels(reason)
        for kind in ERRORS:
            self._errors.labels(kind)
        for outcome in OUTCOMES:
            self._queries.labels(outcome)
        self.compliance({})


def _one_of(known: Collection[str], value: str) -> str:
    return value if value in known else OTHER


def _code(code: int | None) -> str:
    """The class of a status; those that say how the operator gets on with the server stand alone."""
    if code is None:
        return "none"
    return _one_of(CODES, str(code) if code in (409, 410, 429) else f"{code // 100}xx")
