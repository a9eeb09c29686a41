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
    means = means - means.mean()
    kept = np.arange(batches, batches - int(batches * MOST) - 1, -1)
    sums, squares = (np.cumsum(part[::-1])[kept - 1] for part in (means, means**2))
    cut = int(np.argmin((squares / kept - (sums / kept) ** 2) / kept)) * BATCH
    rest = values[cut:]
    if cut == 0 or abs(float(values[:cut].mean() - rest.mean())) <= 3 * float(rest.std()):
        return 0
    return cut
