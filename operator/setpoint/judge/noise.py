"""The kinds of noise that a series may have, and how each is taken out of sums of squares.

Noise remembers: a point resembles the one before (autoregressive, with a memory of r from point to point), and often
there is noise on top that does not (measurement, rounding). Neither is known, so every kind on a grid is tried and
weighed by what it explains. The grid is fine where it matters, near 1, where slow noise looks like a trend.
"""

from functools import cache, lru_cache

import numpy as np

from setpoint.judge.tails import Floats

_MEMORIES = np.array([-0.3, 0.0, 0.2, 0.4, 0.55, 0.7, 0.8, 0.87, 0.92, 0.955, 0.98, 0.995])
_UNDER_WHITE = np.array([0.8, 0.9, 0.95, 0.98, 0.997])
_WHITES = np.array([0.15, 0.6, 3.0])  # variance of the noise on top, over that of the noise that remembers

# One entry for each kind. The first remembers nothing: determinants are measured against it.
MEMORY = np.concatenate(([0.0], _MEMORIES, np.repeat(_UNDER_WHITE, len(_WHITES))))
WHITE = np.concatenate((np.zeros(1 + len(_MEMORIES)), np.tile(_WHITES, len(_UNDER_WHITE))))
_PLAIN = 1 + len(_MEMORIES)  # kinds without noise on top, which come first


@cache
def log_prior(rise: float = 0.5, on_top: float = 0.2) -> Floats:
    """The prior weight of each kind but the first, as logarithms.

    Even over memories r but for a rise towards 1 as (1 - r^2)^-rise, which makes intervals hold there too. `on_top`:
    that there is noise on top.
    """
    plain = (1 - on_top) * _shares(_MEMORIES, -0.45)
    mixed = on_top * np.repeat(_shares(_UNDER_WHITE, 0.7), len(_WHITES)) / len(_WHITES)
    return np.asarray(np.log(np.concatenate((plain, mixed))) - rise * np.log(1 - MEMORY[1:] ** 2))


def _shares(memories: Floats, least: float) -> Floats:
    """The part of the line from `least` to 1 that each of `memories` stands for."""
    between = (memories[1:] + memories[:-1]) / 2
    widths = np.diff(np.concatenate(([least], between, [1.0])))
    return np.asarray(widths / widths.sum())


def whitened(columns: Floats) -> Floats:
    """`columns` (points, columns) without what each kind of noise remembers: (kinds, columns, points).

    Each point less what the points before it foretell, over the standard deviation of that error: for the right kind
    what is left of the noise is independent, so that plain sums of squares are right.
    """
    gains, scales = _gains(len(columns))
    memory, errors, foretold = MEMORY[:, None], [], np.zeros((len(MEMORY), columns.shape[1]))
    for row, gain in zip(columns, gains, strict=True):
        errors.append(row - foretold)
        foretold = memory * (foretold + gain[:, None] * errors[-1])
    return np.ascontiguousarray(np.stack(errors, axis=2) * scales.T[:, None, :])


def whitened_series(series: Floats) -> Floats:
    """`whitened` of one series, (kinds, points): a difference where nothing lies on top, a matrix elsewhere."""
    memory, scale = MEMORY[:_PLAIN, None], 1 / np.sqrt(1 - MEMORY[:_PLAIN, None] ** 2)
    white = np.empty((len(MEMORY), len(series)))
    white[:, 0] = series[0]
    white[:_PLAIN, 1:] = (series[1:] - memory * series[:-1]) * scale
    np.matmul(_matrices(len(series)), series, out=white[_PLAIN:])
    return white


def precise(white: Floats) -> Floats:
    """The series that `white` was made from, times the inverse of each kind's covariance: whitened once more, back."""
    memory, scale = MEMORY[:_PLAIN, None], 1 / np.sqrt(1 - MEMORY[:_PLAIN, None] ** 2)
    twice = np.empty_like(white)
    plain = white[:_PLAIN, 1:] * scale
    twice[:_PLAIN, 0] = white[:_PLAIN, 0]
    twice[:_PLAIN, 1:] = plain
    twice[:_PLAIN, :-1] -= memory * plain
    np.matmul(white[_PLAIN:, None, :], _matrices(white.shape[1]), out=twice[_PLAIN:, None, :])
    return twice


@lru_cache(maxsize=16)
def whitened_constant(points: int) -> Floats:
    """`whitened_series` of a series of ones."""
    return whitened_series(np.ones(points))


@lru_cache(maxsize=16)
def log_determinants(points: int) -> Floats:
    """Half the logarithm of the determinant of each kind of noise."""
    return np.asarray(-np.log(_gains(points)[1]).sum(0))


@lru_cache(maxsize=4)
def _matrices(points: int) -> Floats:
    """What whitens a series, for each kind with noise on top: (kinds, points, points)."""
    return np.ascontiguousarray(whitened(np.eye(points))[_PLAIN:].transpose(0, 2, 1))


@lru_cache(maxsize=64)
def _gains(points: int) -> tuple[Floats, Floats]:
    """How far each error corrects the forecast, and one over the error's standard deviation: (points, kinds)."""
    unsure, gains, variances = np.ones(len(MEMORY)), [], []
    for _ in range(points):
        variances.append(unsure + WHITE)
        gains.append(unsure / variances[-1])
        unsure = MEMORY**2 * unsure * (1 - gains[-1]) + 1 - MEMORY**2
    return np.stack(gains), 1 / np.sqrt(np.stack(variances))
