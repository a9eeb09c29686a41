"""A window's signals, from a server that speaks Prometheus's API."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from setpoint.api.constraints import Constraints
from setpoint.api.errors import InputError
from setpoint.api.ports import Asked
from setpoint.api.reasons import Reason
from setpoint.sense.prometheus import as_judged, connect, read, read_target


def constraints(**some):
    return Constraints.model_validate(some)


MEMORY = constraints(memory={"max_mb": 100})
HEAP = constraints(heap={"max_retained_growth_slope": 0})
CPU = constraints(cpu={"max_saturation_percent": 90})
CARDINALITY = constraints(cardinality={"growth_rate": "bounded"})
CUSTOM = constraints(custom=[{"name": "depth", "query": "max(queue_depth)", "max": 10}])
OWN = constraints(latency={"p99_max_ms": 100}, errors={"budget_percent": 1}, throughput={"min_requests_per_second": 1})


def points(*values, start=1000, step=15):
    return [(start + step * number, str(value)) for number, value in enumerate(values)]


def ask(prometheus, asked, **more):
    asked = asked if isinstance(asked, Asked) else Asked(asked, **more)
    return read(connect(prometheus.url), {"app": "checkout"}, asked, 1000, 1060, 15)


def test_each_pod_is_an_instance(prometheus):
    """By pod where there is one."""
    labels = [{"source": "container", "pod": "a"}, {"source": "container", "pod": "b"}]
    prometheus.series["container_memory"] = [(labels[0], points(1, 2)), (labels[1], points(3, 4))]
    signals, own, faults = ask(prometheus, MEMORY)
    assert signals.memory.unit == "bytes"
    assert signals.memory.instances == {"a": ((1000, 1), (1015, 2)), "b": ((1000, 3), (1015, 4))}
    assert (own, faults) == (None, ())


def test_the_containers_figure_is_preferred_to_the_processs(prometheus):
    """It is what the limit counts."""
    prometheus.series["process_resident"] = [({"source": "process", "instance": "a:1"}, points(1))]
    signals, _, _ = ask(prometheus, MEMORY)
    assert list(signals.memory.instances) == ["a:1"]
    prometheus.series["container_memory"] = [({"source": "container", "pod": "p"}, points(9))]
    signals, _, _ = ask(prometheus, MEMORY)
    assert signals.memory.instances == {"p": ((1000, 9),)}


def test_two_targets_in_one_pod_keep_their_names(prometheus):
    """Two containers that are scraped apart."""
    labels = [{"source": "process", "pod": "p", "instance": f"p:{port}"} for port in (1, 2)]
    prometheus.series["process_resident"] = [(each, points(1)) for each in labels]
    signals, _, _ = ask(prometheus, MEMORY)
    assert list(signals.memory.instances) == ["p/p:1", "p/p:2"]


def test_series_that_cannot_be_told_apart_are_a_fault(prometheus):
    """An own query without pod or instance in its result."""
    prometheus.series["my_memory"] = [({"zone": "a"}, points(1)), ({"zone": "b"}, points(2))]
    _, _, [fault] = ask(prometheus, MEMORY, queries={"memory": "my_memory"})
    assert (fault.signal, fault.reason) == ("memory", Reason.QUERY_FAILED)
    assert "not told apart" in fault.message


@pytest.mark.parametrize("asked", [MEMORY, HEAP, CPU, CARDINALITY, CUSTOM])
def test_no_series_are_no_data(prometheus, asked):
    """An empty answer never passes for a good one."""
    signals, _, [fault] = ask(prometheus, asked)
    assert fault.reason is Reason.NO_DATA
    assert signals.to_json() == {"custom": {}}


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
def test_values_that_are_not_finite_are_a_fault(prometheus, value):
    """One in twenty would be a gap, more are no measurement."""
    prometheus.series["process_cpu"] = [({"source": "process", "instance": "a"}, points(0.1, value, value))]
    _, _, [fault] = ask(prometheus, CPU)
    assert (fault.signal, fault.reason) == ("cpu", Reason.NON_FINITE)


def test_a_warning_voids_the_signal(prometheus):
    """A part of the data is no data."""
    prometheus.series["process_cpu"] = [({"source": "process", "instance": "a"}, points(0.1))]
    prometheus.extra = {"warnings": ["a store did not answer"]}
    signals, _, [fault] = ask(prometheus, CPU)
    assert signals.cpu is None
    assert (fault.reason, "a store did not answer" in fault.message) == (Reason.PARTIAL_DATA, True)


def test_the_best_heap_of_the_runtime_is_taken(prometheus):
    """After collections, where they were seen in all instances; the heap with its garbage does not stand in for it."""
    used = [({"source": "3", "pod": pod}, points(5, 6, 7, 8)) for pod in ("a", "b")]
    fresh, stale = points(1, 2, 3, 4), points(1, 1, 1, 1)
    prometheus.series["jvm"] = [*used, *[({"source": "1", "pod": pod}, fresh) for pod in ("a", "b")]]
    signals, _, _ = ask(prometheus, HEAP)
    assert (signals.heap.kind, signals.heap.instances["a"][0]) == ("postGc", (1000, 1))
    prometheus.series["jvm"] = [*used, ({"source": "1", "pod": "a"}, fresh), ({"source": "1", "pod": "b"}, stale)]
    signals, _, [fault] = ask(prometheus, HEAP)
    assert (signals.heap, fault.reason) == (None, Reason.TOO_FEW_SAMPLES)


def test_a_used_heap_is_taken_where_it_fell(prometheus):
    """Prometheus's points make the same floors as a page's."""
    prometheus.series["jvm"] = [({"source": "3", "pod": "a"}, points(9, 5, 9, 6, 9, 7, 9))]
    signals, _, faults = ask(prometheus, HEAP)
    assert faults == ()
    assert [value for _, value in signals.heap.instances["a"]] == [5, 5, 6, 6, 7, 7]


def test_a_custom_query_gives_exactly_one_series(prometheus):
    """More than one is a fault that says what to do."""
    prometheus.series["queue_depth"] = [({}, points(3, 4))]
    signals, _, faults = ask(prometheus, CUSTOM)
    assert signals.custom["depth"].points == ((1000, 3), (1015, 4))
    assert faults == ()
    prometheus.series["queue_depth"] = [({"q": "a"}, points(3)), ({"q": "b"}, points(4))]
    _, _, [fault] = ask(prometheus, CUSTOM)
    assert fault.signal == "custom.depth"
    assert "gives 2 series and one is wanted" in fault.message


def test_a_written_query_is_sent_as_it_stands(prometheus):
    """The user knows their own metrics."""
    prometheus.series["my_heap"] = [({"pod": "a"}, points(1, 2))]
    signals, _, _ = ask(prometheus, HEAP, queries={"heap": "sum by (pod) (my_heap)"})
    assert [form["query"] for form in prometheus.asked] == ["sum by (pod) (my_heap)"]
    assert (signals.heap.kind, signals.heap.instances) == ("live", {"a": ((1000, 1), (1015, 2))})


def test_labels_are_looked_at_only_where_series_are_added(prometheus):
    """A level that stands still costs one query."""
    prometheus.series["scrape_samples"] = [({"instance": "a"}, points(5, 5))]
    signals, _, _ = ask(prometheus, CARDINALITY)
    assert signals.cardinality.by_label == ()
    assert len(prometheus.asked) == 1


def test_the_growing_label_is_named(prometheus):
    """By metric and label, with its number of values over time."""
    paths = [({"source": "path"}, points(5, 9)), ({"source": "method"}, points(1, 1))]
    one = {"__name__": "lookups_total", "instance": "a", "path": "/1", "method": "GET"}

    def grow(form):
        lookups = points(5 if form.get("time") == "1000" else 9)
        prometheus.series["by (__name__)"] = [({"__name__": "lookups_total"}, lookups), ({"__name__": "up"}, points(1))]

    prometheus.before = grow
    prometheus.series["scrape_samples"] = [({"instance": "a"}, points(7, 11))]
    prometheus.series["topk"] = [(one, points(1))]
    prometheus.series["count by (path)"] = paths
    signals, _, faults = ask(prometheus, CARDINALITY)
    [label] = signals.cardinality.by_label
    assert (label.metric, label.label, label.points) == ("lookups_total", "path", ((1000, 5), (1015, 9)))
    assert faults == ()


def test_the_own_view_has_latency_errors_and_throughput(prometheus):
    """From increases over the window; failed requests are over every limit."""
    bucket = "http_request_duration_seconds_bucket"
    good = [({"source": bucket, "le": le, "code": "200"}, points(n)) for le, n in (("0.1", 90), ("+Inf", 96))]
    bad = [({"source": bucket, "le": le, "code": "500"}, points(4)) for le in ("0.1", "+Inf")]
    total = [({"source": "http_requests_total", "code": code}, points(n)) for code, n in (("200", 96), ("500", 4))]
    rates = [
        ({"source": "http_requests_total", "code": code}, points(n, n)) for code, n in (("200", 9.6), ("500", 0.4))
    ]
    prometheus.series = {"increase": [*good, *bad, *total], "irate(": rates}
    signals, own, faults = ask(prometheus, OWN)
    assert own.latency.buckets == ((0.1, 90), (math.inf, 100))
    assert (own.errors.failed, own.errors.total) == (4, 100)
    assert own.throughput.points == ((1000, 9.6), (1015, 9.6))
    assert faults == ()
    assert signals.latency is None


def test_faults_of_the_own_view_do_not_void_the_loads(prometheus):
    """They have names of their own, until there is no other view."""
    _, own, faults = ask(prometheus, OWN)
    assert own is None
    assert [fault.signal for fault in faults] == ["own.latency", "own.errors", "own.throughput"]
    assert [fault.signal for fault in as_judged(faults)] == ["latency", "errors", "throughput"]


def test_restarts_are_seen_by_start_times(prometheus):
    """A process that starts anew has a later one."""
    prometheus.series["process_start_time"] = [
        ({"pod": "a"}, points(500, 500, 500)),
        ({"pod": "b"}, points(500, 1010, 1010)),
    ]
    target, faults = read_target(connect(prometheus.url), {"app": "checkout"}, 1000, 1060, 15)
    assert [(each.name, each.restarts) for each in target.instances] == [("a", 0), ("b", 1)]
    assert target.instances[0].started_at == "1970-01-01T00:08:20+00:00"
    assert faults == ()


def test_what_cannot_be_asked_for_is_an_input_error(prometheus):
    """Before anything is sent."""
    with pytest.raises(InputError, match=r"telemetry\.queries"):
        ask(prometheus, MEMORY, queries={"latency": "x"})
    with pytest.raises(InputError, match=r"telemetry\.runtime"):
        ask(prometheus, HEAP, runtime="perl")
    assert prometheus.asked == []


def test_an_unreachable_prometheus_is_a_fault_of_each_signal():
    """And no exception."""
    both = constraints(memory={"max_mb": 1}, cpu={"max_saturation_percent": 1}, errors={"budget_percent": 1})
    _, _, faults = read(connect("http://127.0.0.1:1"), {"a": "b"}, Asked(both), 1000, 1060, 15)
    assert [(fault.signal, fault.reason) for fault in faults] == [
        ("memory", Reason.QUERY_FAILED),
        ("cpu", Reason.QUERY_FAILED),
        ("own.errors", Reason.QUERY_FAILED),
    ]


def test_a_level_stands_without_the_words_for_its_growth(prometheus):
    """Labels that cannot be found out have a fault of their own, which voids no row."""

    def refuse(form):
        if "by (__name__)" in form["query"]:
            prometheus.extra = {"warnings": ["too much"]}

    prometheus.before = refuse
    prometheus.series["scrape_samples"] = [({"instance": "a"}, points(7, 11))]
    signals, _, [fault] = ask(prometheus, CARDINALITY)
    assert signals.cardinality.instances == {"a": ((1000, 7), (1015, 11))}
    assert (fault.signal, fault.reason) == ("cardinality.labels", Reason.PARTIAL_DATA)


LABELS = st.dictionaries(
    st.sampled_from(["source", "pod", "instance", "le", "code", "path", "__name__", "a.b"]),
    st.sampled_from(["", "0", "12", "99", "-1", "a", "container", "process", "+Inf", "200", "5xx", "\x1b[2J"])
    | st.sampled_from(["http_requests_total", "http_request_duration_seconds_bucket"]),
)
VALUES = st.lists(
    st.tuples(st.floats(0, 2e9), st.sampled_from(["0", "1", "5", "-3", "NaN", "+Inf", "1e308"])), min_size=1, max_size=6
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(LABELS, VALUES), min_size=1, max_size=6))
def test_no_series_make_it_raise(prometheus, series):
    """Whatever a lying Prometheus answers: signals and faults, and an asked-for signal is one or the other."""
    prometheus.series = {"": series}
    everything = constraints(
        memory={"max_mb": 1},
        heap={"max_retained_growth_slope": 0},
        cpu={"max_saturation_percent": 1},
        cardinality={"growth_rate": "bounded"},
        custom=[{"name": "depth", "query": "depth", "max": 1}],
        errors={"budget_percent": 1},
    )
    signals, own, faults = ask(prometheus, everything)
    told = {fault.signal for fault in faults}
    for name in ("memory", "heap", "cpu", "cardinality"):
        assert (getattr(signals, name) is None) == (name in told)
    assert ("depth" not in signals.custom) == ("custom.depth" in told)
    assert (own is None or own.errors is None) == ("own.errors" in told)
    assert all(fault.message.isprintable() for fault in faults)
    assert isinstance(read_target(connect(prometheus.url), {"a": "b"}, 1000, 1060, 15), tuple)
