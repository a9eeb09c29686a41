"""Services that do less than they seem to, beside an honest one: the trial says what is missing."""

import pytest

from local.hostile.behaviour import CASES
from local.hostile.test_cases import stopped


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if not case.slow], ids=lambda case: case.name)
def test_it_is_stopped(case, tmp_path):
    """Though every setpoint would be met."""
    stopped(case, tmp_path)
