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
    return np.ascontiguousarray((_filter(len(columns))[0] @ columns).transpose(0, 2, 1))


def log_determinants(points: int) -> Floats:
    """Half the logarithm of the determinant of each kind of noise."""
    return _filter(points)[1]


@lru_cache(maxsize=4)
def _filter(points: int) -> tuple[Floats, Floats]:
    """The whitening of each kind as a matrix (kinds, points, points), and half the logarithm of its determinant."""
    memory, unsure = MEMORY[:, None], np.ones(len(MEMORY))
    matrix, foretold = np.empty((len(MEMORY), points, points)), np.zeros((len(MEMORY), points))
    determinant = np.zeros(len(MEMORY))
    for i, point in enumerate(np.eye(points)):
        variance = unsure + WHITE
        gain = unsure / variance
        error = point - foretold
        matrix[:, i] = error / np.sqrt(variance)[:, None]
        foretold = memory * (foretold + gain[:, None] * error)
        unsure = MEMORY**2 * unsure * (1 - gain) + 1 - MEMORY**2
        determinant += 0.5 * np.log(variance)
    return matrix, determinant
