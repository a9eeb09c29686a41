"""Several instances: each is judged, the worst decides, and what happened to one is its own affair."""

import pytest

from setpoint.api.reasons import Reason, Result

MEMORY = {"memory": {"max_mb": 300}}
CPU = {"cpu": {"max_saturation_percent": 80}}


def memory(make, **levels: float) -> dict:
    times = make.times()
    noise = make.random.standard_normal
    return {name: make.points(times, level * 1e6 + 1e5 * noise(len(times))) for name, level in levels.items()}


def metrics(make, instances: dict, *target: dict) -> dict:
    found = make.metrics(memory={"unit": "bytes", "instances": instances})
    return found | {"target": {"instances": list(target)}} if target else found


def test_the_worst_instance_decides_and_is_named(make, row):
    """One of three is over."""
    found = row(MEMORY, metrics(make, memory(make, a=100, b=400, c=200)))
    assert (found.result, found.instance) == (Result.BREACHED, "b")
    assert "on b" in found.message


def test_within_names_the_instance_nearest_to_the_limit(make, row):
    """So that the row shows where the room is least."""
    assert row(MEMORY, metrics(make, memory(make, a=100, b=290, c=200))).instance == "b"


def test_all_instances_of_a_throughput_or_cpu_are_judged_too(make, row):
    """cpu of two pods."""
    times = make.times()
    points = {
        name: make.points(times, level + 0.01 * make.random.standard_normal(len(times)))
        for name, level in (("a", 0.4), ("b", 0.95))
    }
    found = row(CPU, make.metrics(cpu={"unit": "ratio", "instances": points}))
    assert (found.result, found.instance) == (Result.BREACHED, "b")


@pytest.mark.parametrize("part", [slice(0, 50), slice(40, None), slice(0, 0)])
def test_an_instance_that_joins_or_leaves_voids_its_own_signals_only(make, row, part):
    """Even if it was over the limit: it was not there for the whole window."""
    instances = memory(make, a=100, b=400)
    instances["b"] = instances["b"][part]
    assert row(MEMORY, metrics(make, instances)).result == "Within"


def test_an_instance_that_restarts_voids_its_own_signals_only(make, row):
    """The other one is judged."""
    restarted = {"name": "b", "restarts": 1}
    assert row(MEMORY, metrics(make, memory(make, a=100, b=400), {"name": "a"}, restarted)).result == "Within"


def test_when_none_lasts_the_window_the_target_changed(make, row):
    """A rolling restart in the middle of a run."""
    both = [{"name": name, "restarts": 1} for name in "ab"]
    assert row(MEMORY, metrics(make, memory(make, a=100, b=400), *both)).reason is Reason.TARGET_CHANGED


def test_the_only_instance_that_restarts_is_said_to_have_restarted(make, row):
    """Points without a name are those of the only instance."""
    found = make.metrics(memory={"unit": "bytes", "points": memory(make, a=100)["a"]})
    found |= {"target": {"instances": [{"name": "a", "restarts": 2}]}}
    assert (row(MEMORY, found).reason, row(MEMORY, found).instance) == (Reason.TARGET_RESTARTED, "a")


def test_a_start_in_the_middle_of_the_window_is_a_change(make, row):
    """The target says so, whatever the points look like."""
    started = {"name": "a", "startedAt": "2026-01-01T00:10:00Z"}
    assert row(MEMORY, metrics(make, memory(make, a=100), started)).reason is Reason.TARGET_CHANGED


def test_one_that_was_ended_for_its_memory_is_a_breach_not_a_gap(make, row):
    """A leak must not hide behind its own restarts."""
    instances = memory(make, a=100)
    instances["a"] = instances["a"][:30]
    killed = {"name": "a", "restarts": 1, "killedForMemory": True}
    faults = [{"signal": "memory", "reason": "QueryFailed", "message": "gone"}]
    found = row(MEMORY, metrics(make, instances, killed) | {"faults": faults})
    assert (found.result, found.instance) == (Result.BREACHED, "a")
    assert "memory limit" in found.message


def test_the_loads_own_count_does_not_restart_with_the_target(make, row):
    """Throughput is counted where the requests are sent."""
    times = make.times()
    found = make.metrics(throughput={"unit": "requests_per_second", "points": [[t, 49.9] for t in times]})
    found |= {"target": {"instances": [{"name": "a", "restarts": 1}]}}
    assert row({"throughput": {"min_requests_per_second": 40}}, found).result == "Within"
