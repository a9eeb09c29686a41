"""Hostile patches that pass gate and tests, and that only the trial beside an unchanged copy stops."""

import pytest

from setpoint.api.remedy import Outcome


@pytest.mark.slow
@pytest.mark.parametrize(
    "patch", ["answer-for-the-asked-only", "load-generator-known-in-pieces", "load-shed-503", "counted-as-nothing"]
)
def test_the_trial_does_not_accept(hostility, court, patch):
    """Neither wrong answers, nor eyes for the load, nor load that is shed, nor requests that are not counted."""
    hostile = hostility.read(hostility.FOLDER / f"{patch}.patch")
    judge = court(hostile.service)
    assert judge.gate(hostile.patch) == ()
    assert judge.tests(hostile.patch) == ""
    outcome, why = judge.verification(hostile.patch, hostile.about, patch)
    assert outcome is Outcome.DROPPED, why  # on a busy machine the breach may be what is said of it first
