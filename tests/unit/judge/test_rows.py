"""What each row says about plain cases."""

import pytest

HEAP = {"heap": {"max_retained_growth_slope": 0, "observation_window_minutes": 20}}


def test_a_leak_is_a_breach_and_the_sentence_has_its_size(make, row):
    """60 MB/h in the sentence, the interval around it."""
    found = row(HEAP, make.metrics(heap=make.heap(60)))
    assert (found.result, found.reason) == ("Breached", "SetpointBreached")
    assert found.interval[0] < 60 < found.interval[1]
    assert "MB/h" in found.message and "limit 0 MB/h" in found.message


def test_a_flat_heap_is_within(make, row):
    """Noise alone is no growth."""
    assert row(HEAP, make.metrics(heap=make.heap(0))).result == "Within"


@pytest.mark.parametrize(("failed", "result"), [(0, "Within"), (150, "Inconclusive"), (300, "Breached")])
def test_errors_are_held_against_their_budget(make, row, failed, result):
    """Of 15,000 requests, at a budget of 1 %."""
    metrics = make.metrics(errors={"unit": "ratio", "failed": failed, "total": 15000})
    assert row({"errors": {"budget_percent": 1}}, metrics).result == result
