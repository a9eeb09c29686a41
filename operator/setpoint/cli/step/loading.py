"""Load generators of steps: a script may have been changed since the run that was measured with it."""

from setpoint.api.steps import MostLoad
from setpoint.load.ceilings import Ceilings
from setpoint.load.k6 import K6Loader


def loader_within(most: MostLoad) -> K6Loader:
    """k6, held to what the operator allows."""
    return K6Loader(ceilings=Ceilings(most.rate, most.seconds))
