"""The operator's own metrics say how it is, with as many series whatever happens in the cluster."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from setpoint.api.errors import InputError
from setpoint.kube.metrics import Metrics
from setpoint.kube.refusals import Conflict, Unavailable


class Clock:
    """Seconds as the test says."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def metrics(clock):
    return Metrics(clock)


def read(metrics) -> dict[tuple[str, ...], float]:
    """(name, values of labels by their names' order) -> value, as Prometheus reads the page."""
    families = text_string_to_metric_families(metrics.page().decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("setpoint_") and not sample.name.endswith("_created")
    }


def test_runs_are_counted_by_their_result_and_timed_when_they_have_a_verdict(metrics):
    """A run without a verdict took some time too, but not until one."""
    metrics.run_ended("Breached", seconds=75)
    metrics.run_ended(None, seconds=5)
    page = read(metrics)
    assert page["setpoint_runs_total", "Breached"] == 1
    assert page["setpoint_runs_total", "NoVerdict"] == 1
    assert page["setpoint_runs_total", "Within"] == 0
    assert page["setpoint_trigger_to_verdict_seconds_count",] == 1
    assert page["setpoint_trigger_to_verdict_seconds_sum",] == 75


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Unavailable("down"), "Unavailable"),
        (Conflict("another version"), "Conflict"),
        (InputError("no"), "InputError"),
        (KeyError("status"), "Bug"),
    ],
)
def test_failed_visits_are_counted_by_kind(metrics, error, kind):
    """What is none of our own errors is a fault of the operator, and worth an alert."""
    metrics.reconcile_failed(error)
    assert read(metrics)["setpoint_reconcile_errors_total", kind] == 1


@pytest.mark.parametrize(
    ("code", "label"), [(201, "2xx"), (404, "4xx"), (409, "409"), (429, "429"), (503, "5xx"), (None, "none")]
)
def test_requests_are_counted_by_verb_and_class_of_status(metrics, code, label):
    """Conflicts and throttling stand alone: they say how the operator gets on with the server."""
    metrics.api_request("PATCH", code)
    assert read(metrics)["setpoint_api_requests_total", label, "patch"] == 1


def test_the_age_of_the_tick_is_that_at_the_scrape(metrics, clock):
    """Also when nothing ticks any more: that is what it is for."""
    metrics.tick()
    clock.now += 42
    assert read(metrics)["setpoint_scheduler_tick_age_seconds",] == 42


def test_constraints_are_counted_by_what_is_known_of_them(metrics):
    """A count that is not given is none, not the last one."""
    metrics.compliance({"True": 3, "Unknown": 1})
    metrics.compliance({"True": 2})
    page = read(metrics)
    assert [page["setpoint_constraints", truth] for truth in ("True", "False", "Unknown")] == [2, 0, 0]


def test_counters_are_there_before_they_count(metrics):
    """A rate over a series that appears with its first error would not see that error."""
    page = read(metrics)
    assert page["setpoint_runs_total", "Inconclusive"] == 0
    assert page["setpoint_reconcile_errors_total", "Bug"] == 0
    assert page["setpoint_prometheus_queries_total", "Failed"] == 0


def test_nothing_that_happens_adds_series_without_end(metrics):
    """Whatever strings and codes come in."""
    for number in range(2000):
        text = f"x{number}"
        metrics.run_ended(text, seconds=number)
        metrics.api_request(text, number)
        metrics.query(text)
        metrics.compliance({text: number})
        metrics.reconcile_failed(type(text, (Exception,), {})())
    assert len(read(metrics)) < 100
    assert "x1999" not in metrics.page().decode()


def test_remediations_are_counted_by_how_they_ended(metrics):
    """By what people were called for, where they were; a word that nobody knows makes no series of its own."""
    metrics.remediation_ended("Verified")
    metrics.remediation_ended("NoImprovement")
    metrics.remediation_ended("a name that somebody chose")
    page = read(metrics)
    assert page["setpoint_remediations_total", "Verified"] == 1
    assert page["setpoint_remediations_total", "NoImprovement"] == 1
    assert page["setpoint_remediations_total", "Other"] == 1
    assert page["setpoint_remediations_total", "Merged"] == 0
