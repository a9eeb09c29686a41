"""The mean of a series (cpu, throughput), with an interval that knows that neighbouring points resemble each other."""

import numpy as np

from setpoint.judge.mixture import MEMORY, Mixture, mixture
from setpoint.judge.slope import regular
from setpoint.judge.tails import Floats

FEWEST = 8  # points
_RESOLUTION = 1e-7
_MOST_MEMORY = 0.98  # beyond that a series has no mean that a window could show


def mean_of(times: Floats, values: Floats, step: float) -> Mixture:
    """The mean that `values` at `times` (seconds, rising, about `step` apart; at least FEWEST) vary around."""
    _, series = regular(times, values, step)
    n = len(series)
    shift = float(series.mean())
    y = series - shift
    r = MEMORY
    constant = (1 - r * r) + (n - 1) * (1 - r) ** 2
    cross = (1 - r) * (y.sum() - r * y[1:-1].sum())
    squares = (y @ y) - 2 * r * (y[1:] @ y[:-1]) + r * r * (y[1:-1] @ y[1:-1])
    centre = cross / constant
    noise = n * (_RESOLUTION * float(np.abs(series).max()) + 1e-12) ** 2
    rest = np.maximum(squares - centre * cross, 0) + noise
    logs = 0.25 * np.log(1 - r * r) - 0.5 * np.log(constant / n) - (n - 1) / 2 * np.log(rest)
    logs = np.where(r > _MOST_MEMORY, -np.inf, logs)
    return mixture(logs, shift + centre, np.sqrt(rest / (n - 1) / constant), n - 1.0)
