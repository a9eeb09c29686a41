"""The mean of a series (cpu, throughput), with an interval that knows that neighbouring points resemble each other."""

import numpy as np

from setpoint.judge.mixture import Mixture, mixture
from setpoint.judge.noise import MEMORY, log_determinants, log_prior, whitened_constant, whitened_series
from setpoint.judge.slope import regular
from setpoint.judge.tails import Floats, square

FEWEST = 8  # points
_RESOLUTION = 1e-7  # of the level: nothing is known more exactly than that
_MOST_MEMORY = 0.96  # noise that remembers more has no mean that a window could show


def mean_of(times: Floats, values: Floats, step: float) -> Mixture:
    """The mean that `values` at `times` (seconds, rising, about `step` apart; at least FEWEST) vary around."""
    _, series = regular(times, values, step)
    n = len(series)
    shift = float(series.mean())
    one, white = whitened_constant(n), whitened_series(series - shift)
    constant, cross, squares = _products(one, one), _products(one, white), _products(white, white)
    blur = n * square(_RESOLUTION * float(np.abs(series).max()) + 1e-12)
    rest = np.maximum(squares - cross**2 / constant, 0) + blur
    logs = log_prior() - log_determinants(n)[1:] - 0.5 * np.log(constant[1:] / n) - (n - 1) / 2 * np.log(rest[1:])
    logs = np.where(MEMORY[1:] > _MOST_MEMORY, -np.inf, logs)
    spreads = np.sqrt(rest / (n - 1) / constant)
    return mixture(logs, shift + (cross / constant)[1:], spreads[1:], np.full(len(logs), n - 1.0))


def _products(one: Floats, other: Floats) -> Floats:
    """Row by row."""
    return np.asarray(np.einsum("kn,kn->k", one, other))
