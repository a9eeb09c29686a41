"""A hostile program and a hostile model, each in a step with its toolbox: what they try comes to nothing."""

import pytest

from local.hostile.agents import CASES
from local.hostile.test_cases import stopped


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_stopped(case, tmp_path):
    """And no secret is anywhere in what they could write or say."""
    stopped(case, tmp_path)
