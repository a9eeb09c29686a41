"""The labelled cases that come with the repository: the figures that the judge must reach on them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "judge" / "bench.py"


@pytest.fixture(scope="module")
def scores():
    """The judge's figures on all cases, as the benchmark prints them for scripts: {family: {figure: [k, n]}}."""
    run = subprocess.run([sys.executable, BENCH, "--json"], capture_output=True, text=True, timeout=240, check=True)
    return json.loads(run.stdout)


def share(scores, figure, family="all"):
    k, n = scores["figures"][family][figure]
    assert n > 0
    return k / n


def test_clean_runs_are_hardly_ever_called_breached(scores):
    """Under 1 % in all, and at most two heaps."""
    assert share(scores, "false breach") < 0.01
    assert scores["figures"]["heap-slope"]["false breach"][0] <= 2


def test_unfit_data_never_pass(scores):
    """Not one of 212, and no exception anywhere."""
    assert scores["figures"]["all"]["unfit passed"] == [0, 212]
    assert scores["errors"] == []


def test_breaches_are_found_and_not_passed(scores):
    """Of those that can be told, at least 95 %; of all, at most 0.5 % are called Within."""
    assert share(scores, "recall") >= 0.95
    assert share(scores, "false pass") <= 0.005
    assert share(scores, "precision") >= 0.98


def test_clean_runs_that_can_be_told_are_cleared(scores):
    """A judge that never commits would have no false alarms either."""
    assert share(scores, "clear within") >= 0.80
