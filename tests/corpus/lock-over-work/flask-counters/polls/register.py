"""The register of voters is somewhere else; to ask it takes a while."""

import time


def weight(voter):
    """How much the vote of a voter counts."""
    time.sleep(0.03)
    return 2 if voter.endswith("0") else 1
