"""The published series of real processes (tests/bench/live): whole, true to themselves, and judged."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Reason, Result
from setpoint.judge import judge
from setpoint.judge.window import load_trouble

SERIES = Path(__file__).parents[2] / "bench" / "live" / "series.jsonl.gz"


@pytest.fixture(scope="module")
def cases():
    """Every case of the published set."""
    with gzip.open(SERIES, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_the_set_is_small_and_has_leaks_and_look_alikes_of_every_runtime(cases):
    """At most a megabyte in the repository; each runtime with and without a leak, at two loads."""
    assert SERIES.stat().st_size < 1_000_000
    assert len({case["id"] for case in cases}) == len(cases)
    seen = Counter((case["truth"]["tags"]["runtime"], case["truth"]["breached"]) for case in cases)
    assert set(seen) == {(runtime, leaks) for runtime in ("go", "node", "python") for leaks in (True, False)}
    assert min(seen.values()) >= 4
    assert {case["truth"]["tags"]["rate"] for case in cases} == {20, 60}


def test_every_case_is_whole_and_was_driven_by_the_load_that_was_asked_for(cases):
    """The product's own models read it; k6 reached its rate, nothing failed, no sensor complained."""
    for case in cases:
        Constraints.model_validate(case["constraints"])
        metrics = Metrics.model_validate(case["metrics"])
        assert load_trouble(metrics.load) is None, case["id"]
        assert {fault.reason for fault in metrics.faults} <= {Reason.TOO_FEW_SAMPLES}, case["id"]
        assert metrics.signals.errors.failed == 0 < metrics.signals.errors.total, case["id"]
        assert len(metrics.signals.memory.instances[case["id"]]) >= 140, case["id"]


def test_the_truth_is_the_bytes_that_were_kept_times_the_requests(cases):
    """Nothing about it was estimated."""
    for case in cases:
        truth, load = case["truth"], case["metrics"]["load"]
        megabytes_per_hour = truth["leakBytesPerRequest"] * load["achievedRate"] * 3600 / 1e6
        assert truth["effect"] == pytest.approx(megabytes_per_hour, abs=0.001)
        assert truth["breached"] == (truth["effect"] >= truth["tags"]["smallestEffect"])


def test_no_verdict_is_wrong(cases):
    """Whatever the runtime and the load: no cache, step or saw is called a leak, and no leak Within."""
    results = {case["id"]: judge(case["constraints"], case["metrics"]).result for case in cases}
    assert [case["id"] for case in cases if results[case["id"]] not in case["truth"]["acceptable"]] == []


def test_a_heap_that_was_seldom_collected_is_no_heap(cases):
    """Runtimes with a garbage collector are judged after collections or not at all, CPython by its resident memory."""
    for case in cases:
        heap, faults = case["metrics"]["signals"].get("heap"), case["metrics"].get("faults", [])
        kind = "rss" if case["truth"]["tags"]["runtime"] == "python" else "postGc"
        assert (heap is None) == bool(faults), case["id"]
        assert heap is None or heap["kind"] == kind, case["id"]


def test_what_is_not_decided_is_said_to_be(cases):
    """Real data are fit to be judged: more time is needed, or more collections."""
    rows = [judge(case["constraints"], case["metrics"]).rows[0] for case in cases]
    unsure = {row.reason for row in rows if row.result is Result.INCONCLUSIVE}
    assert unsure <= {Reason.NOT_DECIDED, Reason.TOO_FEW_SAMPLES, Reason.STALE_DATA, Reason.PARTIAL_DATA}
