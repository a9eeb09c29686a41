"""Pictures come from a camera that takes its time."""

import time


def fetch(name):
    """The picture's bytes."""
    time.sleep(0.03)
    return name.encode() * 100
