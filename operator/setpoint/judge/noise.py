"""The kinds of noise that a series may have, and how each is taken out of sums of squares.

Noise remembers: a point resembles the one before (autoregressive, with a memory of r from point to point), and often
there is noise on top that does not (measurement, rounding). Neither is known, so every kind on a grid is tried and
weighed by what it explains. The grid is fine where it matters, near 1, where slow noise looks like a trend.
"""

from functools import lru_cache

import numpy as np

from setpoint.judge.tails import Floats

_MEMORIES = np.array([-0.3, 0.0, 0.2, 0.4, 0.55, 0.7, 0.8, 0.87, 0.92, 0.955, 0.98, 0.995])
_UNDER_WHITE = np.array([0.8, 0.9, 0.95, 0.98, 0.997])
_WHITES = np.array([0.15, 0.6, 3.0])  # variance of the noise on top, over that of the noise that remembers
_WHITE_PRIOR = 0.2  # that there is noise on top

# One entry for each kind. The first remembers nothing: determinants are measured against it.
MEMORY = np.concatenate(([0.0], _MEMORIES, np.repeat(_UNDER_WHITE, len(_WHITES))))
WHITE = np.concatenate((np.zeros(1 + len(_MEMORIES)), np.tile(_WHITES, len(_UNDER_WHITE))))


def log_prior() -> Floats:
    """The prior weight of each kind but the first, as logarithms; it grows towards a memory of 1 as (1 - r^2)^-1/4."""
    share = np.where(WHITE > 0, _WHITE_PRIOR / (WHITE > 0).sum(), (1 - _WHITE_PRIOR) / len(_MEMORIES))
    return np.asarray(np.log(share) - 0.25 * np.log(1 - MEMORY**2))[1:]


def whitened(columns: Floats) -> Floats:
    """`columns` (points, columns) without what each kind of noise remembers: (kinds, columns, points).

    Each point less what the points before it foretell, over the standard deviation of that error: for the right kind
    what is left of the noise is independent, so that plain sums of squares are right.
    """
    gains, scales, _ = _filter(len(columns))
    memory, errors, foretold = MEMORY[:, None], [], np.zeros((len(MEMORY), columns.shape[1]))
    for row, gain in zip(columns, gains, strict=True):
        error = row - foretold
        errors.append(error)
        foretold = memory * (foretold + gain * error)
    return np.stack(errors, axis=2) * scales[:, None, :]


def log_determinants(points: int) -> Floats:
    """Half the logarithm of the determinant of each kind of noise."""
    return _filter(points)[2]


@lru_cache(maxsize=64)
def _filter(points: int) -> tuple[list[Floats], Floats, Floats]:
    """For each point how far an error corrects the forecast, (kinds, 1); one over its standard deviation; their sum."""
    unsure = np.ones(len(MEMORY))
    gains, variances = [], []
    for _ in range(points):
        variances.append(unsure + WHITE)
        gain = unsure / variances[-1]
        gains.append(gain[:, None])
        unsure = MEMORY**2 * unsure * (1 - gain) + 1 - MEMORY**2
    spread = np.sqrt(np.stack(variances, axis=1))
    return gains, 1 / spread, np.asarray(np.log(spread).sum(1))
