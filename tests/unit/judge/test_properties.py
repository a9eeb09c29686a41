"""What must hold of every verdict, whatever the data are."""

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setpoint.api.reasons import Result
from setpoint.api.verdict import Verdict
from setpoint.judge import judge

START = 1_767_225_600.0
few = settings(max_examples=60, derandomize=True)
some = settings(max_examples=25, derandomize=True)

CONSTRAINTS: dict[str, Any] = {
    "memory": {"max_mb": 120},
    "heap": {"max_retained_growth_slope": 0},
    "latency": {"p50_max_ms": 40, "p99_max_ms": 120},
    "cardinality": {"max_unique_labels": 100, "growth_rate": "bounded"},
    "cpu": {"max_saturation_percent": 80},
    "throughput": {"min_requests_per_second": 40},
    "errors": {"budget_percent": 1},
    "custom": [{"name": "queue", "query": "queue", "max": 10}],
}


def metrics_from(seed: int) -> dict[str, Any]:
    """A whole run of 10 minutes, healthy or not as the seed has it."""
    random = np.random.default_rng(seed)
    times = START + np.arange(43) * 15.0

    def points(level: float, spread: float, slope: float = 0.0) -> list[list[float]]:
        values = level + spread * random.standard_normal(43).cumsum() * 0.3 + slope * np.arange(43)
        return [[float(t), float(abs(v))] for t, v in zip(times, values, strict=True)]

    samples = random.lognormal(np.log(random.uniform(0.005, 0.06)), 0.5, 3000)
    return {
        "schemaVersion": 1,
        "load": {
            "requestedRate": 50,
            "achievedRate": 50,
            "startedAt": "2026-01-01T00:00:00Z",
            "warmupSeconds": 30,
            "durationSeconds": 630,
        },
        "signals": {
            "memory": {"unit": "MB", "points": points(100, 1, random.choice([0, 0.2, 1]))},
            "heap": {"unit": "MB", "kind": "live", "points": points(80, 0.3, random.choice([0, 0.05, 1]))},
            "latency": {"unit": "seconds", "samples": [float(x) for x in samples]},
            "cardinality": {"unit": "series", "points": points(60, 0, random.choice([0, 2]))},
            "cpu": {"unit": "ratio", "points": points(random.uniform(0.3, 1), 0.02)},
            "throughput": {"unit": "requests_per_second", "points": points(random.uniform(35, 50), 0.2)},
            "errors": {"failed": int(random.integers(0, 600)), "total": 30000},
            "custom": {"queue": {"unit": "", "points": points(random.uniform(5, 12), 0.1)}},
        },
    }


def on_the_way(seed: int) -> dict[str, Any]:
    """The same beside a control, in a run that may stop early and has a third of its time to come."""
    random = np.random.default_rng(seed + 1)
    metrics = metrics_from(seed)
    heap = metrics["signals"]["heap"] | {"kind": "postGc"}
    control = heap | {"points": [[t, float(80 + 0.3 * random.standard_normal())] for t, _ in heap["points"]]}
    metrics["load"]["plannedSeconds"] = 945
    return metrics | {
        "signals": metrics["signals"] | {"heap": heap},
        "control": {"heap": control},
        "stopping": "sequential",
    }


def results(verdict: Verdict) -> list[Result]:
    return [row.result for row in verdict.rows]


seeds = st.integers(0, 10_000)
runs = st.builds(lambda make, seed: make(seed), st.sampled_from([metrics_from, on_the_way]), seeds)


@some
@given(runs, st.integers(-1_000_000, 1_000_000))
def test_a_verdict_does_not_depend_on_when_it_was(metrics, shift):
    """All times moved by whole seconds."""
    moved = copy.deepcopy(metrics)
    moved["load"]["startedAt"] = str(np.datetime64("2026-01-01T00:00:00") + np.timedelta64(shift, "s")) + "Z"
    control = moved.get("control", {}).values()
    for signal in [*moved["signals"].values(), *moved["signals"]["custom"].values(), *control]:
        if "points" in signal:
            signal["points"] = [[t + shift, v] for t, v in signal["points"]]
    assert results(judge(CONSTRAINTS, moved)) == results(judge(CONSTRAINTS, metrics))


@some
@given(runs, st.sampled_from([0.5, 3.0, 20.0]))
def test_a_verdict_does_not_depend_on_the_scale(metrics, factor):
    """Memory and heap, limits and smallest effect all times a factor."""
    larger = copy.deepcopy(metrics)
    for part, name in (("signals", "memory"), ("signals", "heap"), ("control", "heap")):
        if part in metrics:
            larger[part][name]["points"] = [[t, v * factor] for t, v in metrics[part][name]["points"]]

    def held(times: float) -> dict[str, Any]:
        heap = {"max_retained_growth_slope": 3 * times, "smallest_effect_mb_per_hour": 2 * times}
        return {"memory": {"max_mb": 105 * times}, "heap": heap}

    assert results(judge(held(factor), larger)) == results(judge(held(1), metrics))


@some
@given(seeds, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(seed, random):
    """Of constraints and signals; the rows keep the order of the contract."""
    metrics = metrics_from(seed)
    keys, names = list(CONSTRAINTS), list(metrics["signals"])
    random.shuffle(keys)
    random.shuffle(names)
    shuffled = metrics | {"signals": {name: metrics["signals"][name] for name in names}}
    assert judge({key: CONSTRAINTS[key] for key in keys}, shuffled) == judge(CONSTRAINTS, metrics)


RANK = {Result.BREACHED: 0, Result.INCONCLUSIVE: 1, Result.WITHIN: 2}
LIMITS = [
    ("memory", "max_mb", 1),
    ("heap", "max_retained_growth_slope", 1),
    ("latency", "p99_max_ms", 1),
    ("cardinality", "max_unique_labels", 1),
    ("cpu", "max_saturation_percent", 1),
    ("throughput", "min_requests_per_second", -1),
    ("errors", "budget_percent", 1),
]


@few
@given(runs, st.sampled_from(LIMITS), st.floats(0.2, 90), st.floats(0.2, 90))
def test_a_wider_limit_never_makes_a_verdict_worse(metrics, limit, one, other):
    """Monotony in the limit, row by row."""
    signal, key, sense = limit
    narrow, wide = sorted((one, other), reverse=sense < 0)
    verdicts = [judge({signal: {key: value}}, metrics) for value in (narrow, wide)]
    assert RANK[verdicts[0].result] <= RANK[verdicts[1].result]


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["NaN", "+Inf", 10**400, -1]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PLACES = [
    ("schemaVersion",), ("load",), ("load", "achievedRate"), ("load", "startedAt"), ("load", "durationSeconds"),
    ("load", "warmupSeconds"), ("target",), ("control",), ("own",), ("noise",), ("noise", "memory"), ("faults",),
    ("stopping",), ("signals",), ("signals", "memory"), ("signals", "memory", "points"), ("signals", "memory", "unit"),
    ("signals", "heap", "points", 5), ("signals", "heap", "points", 5, 1), ("signals", "latency", "samples"),
    ("signals", "latency", "buckets"), ("signals", "latency", "quantiles"), ("signals", "latency", "count"),
    ("signals", "cardinality", "byLabel"), ("signals", "cpu", "points", 7, 0), ("signals", "cpu", "instances"),
    ("signals", "throughput", "points"), ("signals", "errors", "failed"), ("signals", "errors"), ("signals", "custom"),
    ("signals", "custom", "queue"),
]  # fmt: skip


@settings(max_examples=300, derandomize=True)
@given(st.sampled_from(PLACES), anything, st.booleans())
def test_nothing_in_the_metrics_makes_it_raise(place, junk, sequential):
    """Junk in any one place still gives every row a verdict."""
    metrics: dict[str, Any] = metrics_from(1)
    metrics |= {
        "target": {},
        "control": {},
        "own": {},
        "noise": {},
        "stopping": "sequential" if sequential else "fixed",
    }
    holder: Any = metrics
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = junk
    verdict = judge(CONSTRAINTS, metrics)
    assert len(verdict.rows) == 10
    assert verdict.to_json()["result"] in ("Within", "Breached", "Inconclusive")


@settings(max_examples=100, derandomize=True)
@given(anything, anything)
def test_nothing_at_all_makes_it_raise(constraints, metrics):
    """Junk for both is Inconclusive, never a pass."""
    assert judge(constraints, metrics).result is Result.INCONCLUSIVE


huge = st.floats(allow_nan=False, allow_infinity=False)


@few
@given(
    st.lists(huge, min_size=12, max_size=20), st.sampled_from(["memory", "heap", "cpu", "throughput", "cardinality"])
)
def test_values_of_any_size_make_no_warning_and_no_error(values, signal):
    """Up to the largest that there are: warnings are errors here."""
    points = [[START + 15 * i, value] for i, value in enumerate(values)]
    unit = {"memory": "MB", "heap": "MB", "cpu": "%", "throughput": "rps", "cardinality": "series"}[signal]
    verdict = judge(CONSTRAINTS, {"schemaVersion": 1, "signals": {signal: {"unit": unit, "points": points}}})
    assert len(verdict.rows) == 10


SPOILED = {
    "no points": lambda points: [],
    "no number": lambda points: [*points[:20], [points[20][0], "NaN"], *points[21:]],
    "a gap": lambda points: points[:15] + points[25:],
    "an old end": lambda points: points[:25],
    "out of order": lambda points: points[::-1],
    "twice": lambda points: points[:20] + points[19:],
    "two points": lambda points: points[3:5],
}


@few
@given(seeds, st.sampled_from(sorted(SPOILED)), st.sampled_from(["memory", "heap", "cardinality", "cpu", "throughput"]))
def test_unfit_data_are_never_within_and_never_breached(seed, how, signal):
    """Whatever they would have shown."""
    metrics = metrics_from(seed)
    metrics["signals"][signal]["points"] = SPOILED[how](metrics["signals"][signal]["points"])
    rows = [row for row in judge(CONSTRAINTS, metrics).rows if row.constraint.startswith(signal)]
    assert rows and all(row.result is Result.INCONCLUSIVE and row.reason != "NotDecided" for row in rows)


@some
@given(seeds)
def test_the_same_data_give_the_same_verdict(seed):
    """To the last letter."""
    assert (
        judge(CONSTRAINTS, metrics_from(seed)).model_dump_json()
        == judge(CONSTRAINTS, metrics_from(seed)).model_dump_json()
    )


@some
@given(seeds)
def test_intervals_hold_what_was_seen_and_agree_with_the_result(seed):
    """A breach lies wholly beyond its limit."""
    for row in judge(CONSTRAINTS, metrics_from(seed)).rows:
        if row.interval is None or row.observed is None or row.constraint == "cardinality.growth":
            continue
        low, high = row.interval
        assert (low is None or low <= row.observed + 1e-6) and (high is None or row.observed <= high + 1e-6)
        if row.result is Result.BREACHED:
            bound = high if row.constraint == "throughput" else low
            assert bound is not None and (bound < row.limit if row.constraint == "throughput" else bound >= row.limit)


@pytest.mark.parametrize("factor", [1e-300, 1e-12, 1e12, 1e155, 1e300])
@pytest.mark.parametrize("name", ["memory", "heap", "cardinality", "cpu", "throughput"])
@pytest.mark.parametrize("made", [metrics_from, on_the_way])
def test_whole_series_of_any_size_make_no_error(made, name, factor):
    """Also the control's: its squares may be more than numbers can say, and its counts more than could be summed."""
    metrics = made(7)
    for part in ("signals", "control"):
        signal = metrics.get(part, {}).get(name, {})
        if "points" in signal:
            signal["points"] = [[t, v * factor] for t, v in signal["points"]]
    found = [row.result for row in judge(CONSTRAINTS, metrics).rows if row.constraint.startswith(name)]
    assert found and (factor < 1 or name in ("cpu", "throughput") or set(found) == {Result.INCONCLUSIVE})
