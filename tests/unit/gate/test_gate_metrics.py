"""Metric definitions stay as they are."""

import pytest

from setpoint.repair.gate_metrics import metric_faults

PYTHON = """
from prometheus_client import Counter, Histogram as Timer

EDGES = (0.1, 0.5,
         1.0)
SEEN = Counter("seen_total", "Events seen (all of them)", ["kind"])
TOOK = Timer(
    "took_seconds",
    "It's the time",  # don't count )
    ["route"],
    buckets=EDGES,
)


def handle(event):
    SEEN.labels(kind=event.kind).inc()
    with TOOK.labels(route=event.path).time():
        return [event]
"""
OTEL = """
meter = metrics.get_meter("shop")
requests = meter.create_counter(name="requests", unit="1")
duration = meter.create_histogram("duration", unit="s",
    explicit_bucket_boundaries_advisory=[0.1, 1])
def handle(): duration.record(1)
"""
GO = """
import "github.com/prometheus/client_golang/prometheus"
var seen = prometheus.NewCounterVec(prometheus.CounterOpts{
\tName: "seen_total",
}, []string{"kind"})
func init() { prometheus.MustRegister(seen) }
func handle() { seen.WithLabelValues("a").Inc() }
"""
JAVA = """
import io.micrometer.core.instrument.Timer;
Timer took = Timer.builder("took")
    .tag("route", route)
    .register(registry);
int x = 1;
"""
NODE = """
const client = require('prom-client');
const took = new client.Histogram({ name: 'took', help: 'x', buckets: [1, 2] });
function handle() { took.observe(1); }
"""
BY_HAND = """
BUCKETS = (0.1, 0.5)
def page(counts):
    lines = ["# HELP seen_total Seen.", "# TYPE seen_total counter"]
    lines += [f'took_bucket{{le="{edge}"}} {n}' for edge, n in counts]
    return lines
"""


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (PYTHON, '"seen_total"', '"other_total"'),
        (PYTHON, '["kind"]', '["kind", "user"]'),
        (PYTHON, '    ["route"],\n', ""),
        (PYTHON, "buckets=EDGES", "buckets=(10, 20)"),
        (PYTHON, "0.1, 0.5", "10, 50"),
        (PYTHON, "         1.0)", "         9.0)"),
        (PYTHON, "Histogram as Timer", "Summary as Timer"),
        (PYTHON, "from prometheus_client import Counter", "from fakes import Counter"),
        (PYTHON, "\n\ndef handle", '\nNEW = Counter("new_total", "x")\n\ndef handle'),
        (PYTHON, "\n\ndef handle", "\nREGISTRY.unregister(SEEN)\n\ndef handle"),
        (OTEL, 'name="requests"', 'name="calls"'),
        (OTEL, "[0.1, 1]", "[100]"),
        (OTEL, 'unit="s"', 'unit="ms"'),
        (GO, "seen_total", "sn_total"),
        (GO, '"kind"}', '"kind", "user"}'),
        (GO, "prometheus.MustRegister(seen)", ""),
        (JAVA, '.tag("route", route)', '.tag("path", route)'),
        (NODE, "[1, 2]", "[100]"),
        (NODE, "new client.Histogram({ name: 'took'", "new client.Histogram({ name: 'tk'"),
        (BY_HAND, "seen_total Seen.", "seen_total Seen!"),
        (BY_HAND, "seen_total counter", "seen_total gauge"),
        (BY_HAND, "(0.1, 0.5)", "(1, 5)"),
        (BY_HAND, 'le="{edge}"', 'le="{edge * 10}"'),
        (BY_HAND, '"# TYPE seen_total counter"', ""),
    ],
)
def test_a_changed_definition_is_seen(text: str, old: str, new: str) -> None:
    """Names, labels, buckets, kinds, units, registries, in any of the languages; both ways."""
    changed = text.replace(old, new)
    assert changed != text
    assert "definition of a metric" in metric_faults(text, changed)[0]
    assert "definition of a metric" in metric_faults(changed, text)[0]


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (PYTHON, "route=event.path", "route=event.route"),
        (PYTHON, "return [event]", "return [event, event]"),
        (PYTHON, "def handle(event):\n", "def handle(event):\n    event = clean(event)\n"),
        (PYTHON, '"took_seconds",\n    ', '"took_seconds", '),
        (OTEL, "def handle(): ", "def handle():\n    "),
        (GO, "func handle() {", "func handle() { x()\n"),
        (JAVA, "int x = 1;", "int x = 2;"),
        (NODE, "function handle() {", "function handle() { work();"),
        (BY_HAND, "return lines", "return sorted(lines)"),
        ("", "", "from collections import Counter\nseen = Counter(words)\n"),
        ("from collections import Counter\nseen = Counter(words)\n", "Counter(words)", "Counter()"),
        ("log.Info(x)\n", "log.Info(x)", "log.Summary(x)"),
        ("limit = bucket * 2\n", "2", "3"),
    ],
)
def test_other_changes_are_left_alone(text: str, old: str, new: str) -> None:
    """Label values, code around definitions, layout, and namesakes of metric classes."""
    changed = text.replace(old, new) if old else new
    assert changed != text
    assert metric_faults(text, changed) == []


def test_definitions_may_change_places() -> None:
    """They are compared as a whole, not by line."""
    first, second = 'A = Gauge("a", "x")\n', 'B = Gauge("b", "x")\n'
    assert metric_faults(first + second, second + "\n\n" + first) == []


@pytest.mark.parametrize("call", ["SEEN.labels(kind=event.kind).inc()", "TOOK.observe(1)", "seen.Inc()"])
def test_a_removed_recording_is_seen(call: str) -> None:
    """Dropping samples makes any latency good."""
    text = f"def handle(event):\n    {call}\n"
    assert metric_faults(text, text.replace(call, "pass")) == ["removes a call that records a metric"]


@pytest.mark.parametrize("text", ['x = Counter("' * 3000, "Histogram(" * 20_000, "a" * 300_000, "`" * 99_999])
@pytest.mark.timeout(20)
def test_hostile_text_takes_no_time(text: str) -> None:
    """Nothing is quadratic: each of these would take minutes if it were."""
    assert metric_faults(text, text) == []
    assert isinstance(metric_faults("", text), list)
