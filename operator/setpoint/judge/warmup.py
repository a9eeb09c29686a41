"""Warm-up that nobody configured: how much of the start to leave out."""

import numpy as np

from setpoint.judge.tails import Floats

BATCH = 5
MOST = 1 / 3  # of the series; a start that is longer is no start


def found_warmup(values: Floats) -> int:
    """How many points to leave out: MSER-5, the cut that makes the mean of the rest most certain.

    0 unless the part that is cut differs from the rest by more than the rest varies.
    """
    batches = len(values) // BATCH
    if batches < 6:
        return 0
    means = values[: batches * BATCH].reshape(batches, BATCH).mean(1)
    cuts = range(int(batches * MOST) + 1)
    errors = [float(means[cut:].var()) / (batches - cut) for cut in cuts]
    cut = int(np.argmin(errors)) * BATCH
    rest = values[cut:]
    if cut == 0 or abs(float(values[:cut].mean() - rest.mean())) <= 3 * float(rest.std()):
        return 0
    return cut
