"""How fast a series grows, with an interval that holds whatever the noise remembers and whatever else happened.

Least squares takes the memory of a series for a trend: at an autocorrelation of 0.9 it alarms on a third of clean
windows. Here the noise is of an unknown kind (noise.py), and the growth may be mixed with growth that ends: a step, a
fill that flattens, a ramp that stops. Every combination of a kind and a shape is fitted exactly by generalised least
squares, weighed by how well it explains the series (restricted likelihood, less what its extra freedom is worth), and
the interval is that of the weighted mixture of their Student distributions. Where the data cannot tell a leak from a
fill that ended, the interval says so.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from setpoint.judge.mixture import Mixture, mixture
from setpoint.judge.noise import log_determinants, log_prior, whitened, whitened_series
from setpoint.judge.tails import Floats

FEWEST = 12  # points
MOST = 120  # points; longer series are averaged in blocks
_ENDED = 0.03  # prior weight of each of the three families of growth that ended ...
_ALONE = 0.3  # ... of which without a line beside it
_FALLS_BACK = 0.4  # a fall that takes back this much of the growth may be a collection, and the growth a cycle
_RESOLUTION = 1e-7  # of the level: nothing is known more exactly than that


def slope_of(times: Floats, values: Floats, step: float) -> Mixture:
    """The growth for each hour of `values` at `times` (seconds, rising, about `step` apart; at least FEWEST)."""
    grid, series = regular(times, values, step)
    hours = float(grid[1] - grid[0]) / 3600
    design = _design(len(series))
    fits = _fit(design, series - series[0], float(np.abs(values).max()))
    logs = _weights(design, fits)
    none = -9 * fits.spreads[1]  # growth that ended: 0, and a bound that falls on it is not above 0
    centres = np.hstack((fits.line, none, fits.both)) / hours
    spreads = np.hstack(fits.spreads) / hours
    return mixture(logs, centres[1:], spreads[1:], fits.freedom)


def regular(times: Floats, values: Floats, step: float) -> tuple[Floats, Floats]:
    """Equal distances: what was missed is interpolated; more than MOST points become means of blocks."""
    count = round(float(times[-1] - times[0]) / step) + 1
    grid = np.linspace(times[0], times[-1], count)
    series = np.interp(grid, times, values)
    block = -(-count // MOST)
    whole = count // block * block
    return grid[-whole:].reshape(-1, block).mean(1), series[-whole:].reshape(-1, block).mean(1)


@dataclass(frozen=True, slots=True)
class _Design:
    """All that does not depend on the series. First axis: kinds of noise; last axis, where there is one: shapes.

    `white`: the whitened columns (constant, time in points, shapes). Sums of products are of columns less their
    whitened mean; t is time, f a shape, `left` what a shape leaves of t. `logs`: prior and determinants of the line
    alone, a shape alone, and both, each measured against noise that remembers nothing (the first kind).
    """

    white: Floats
    one: Floats
    tt: Floats
    tf: Floats
    ff: Floats
    left: Floats
    logs: tuple[Floats, Floats, Floats]
    steps: int


@lru_cache(maxsize=4)
def _design(n: int) -> _Design:
    shapes, prior, steps = _shapes(n)
    white = whitened(np.column_stack((np.ones(n), np.arange(n) - (n - 1) / 2, shapes)))
    one, line = np.einsum("kin,kcn->ick", white[:, :2], white).transpose(0, 2, 1)
    own = (white**2).sum(2) - one**2 / one[:, :1]
    line = line - one[:, 1:2] * one / one[:, :1]
    tt, tf, ff = line[:, 1:2], line[:, 2:], own[:, 2:]
    left = np.maximum(tt - tf**2 / ff, 1e-9 * tt)
    noise = (log_prior() - log_determinants(n)[1:])[:, None]
    chances = np.full(1, 1 - 3 * _ENDED), prior * _ALONE, prior * (1 - _ALONE) / math.sqrt(n)
    sizes = (0.5 * np.log(one[:, :1] * part) for part in (tt, ff, ff * left))
    line_, ended, both = (
        np.log(chance) + noise - (size[1:] - size[:1]) for chance, size in zip(chances, sizes, strict=True)
    )
    return _Design(white, one, tt, tf, ff, left, (line_, ended, both), steps)


def _shapes(n: int) -> tuple[Floats, Floats, int]:
    """Growth that ended, one shape a column; the prior weight of each; how many (the first ones) are steps."""
    place = np.arange(n)[:, None]
    steps = (place >= np.arange(2, n - 1)).astype(np.float64)
    fills = 1 - np.exp(-place / (n * np.geomspace(0.03, 0.27, 24)))
    ramps = np.minimum(place / np.arange(max(2, n // 20), int(0.72 * n)), 1.0)
    weights = [np.full(family.shape[1], _ENDED / family.shape[1]) for family in (steps, fills, ramps)]
    return np.hstack((steps, fills, ramps)), np.concatenate(weights), steps.shape[1]


@dataclass(frozen=True, slots=True)
class _Fits:
    """Growth for each point: of the line alone, and of the line beside each shape, whose size is `size`.

    `rest`: sums of squares that are left by the line, by each shape, and by both; `spreads`: standard errors, for
    shapes alone (whose growth is 0) that of the resolution.
    """

    line: Floats
    both: Floats
    size: Floats
    rest: tuple[Floats, Floats, Floats]
    spreads: tuple[Floats, Floats, Floats]
    freedom: float


def _fit(d: _Design, series: Floats, largest: float) -> _Fits:
    n = len(series)
    white = whitened_series(series)
    cross = np.einsum("kcn,kn->kc", d.white, white)
    yy = (white**2).sum(1, keepdims=True) - cross[:, :1] ** 2 / d.one[:, :1]
    cross = cross - cross[:, :1] * d.one / d.one[:, :1]
    ty, fy = cross[:, 1:2], cross[:, 2:]
    line, both = ty / d.tt, (ty - d.tf * fy / d.ff) / d.left
    blur = n * (_RESOLUTION * largest + 1e-12) ** 2
    ended = yy - fy**2 / d.ff
    rest = np.maximum(yy - ty * line, 0) + blur, ended + blur, np.maximum(ended - both**2 * d.left, 0) + blur
    freedom = n - 3.0
    spreads = (
        np.sqrt(rest[0] / freedom / d.tt),
        np.sqrt(blur / freedom / d.tt),
        np.sqrt(rest[2] / freedom / d.left),
    )
    return _Fits(line, both, (fy - d.tf * both) / d.ff, rest, spreads, freedom)


def _weights(d: _Design, fits: _Fits) -> Floats:
    """Logarithms of the weights: line alone, growth that ended (all shapes together, its slope is 0), line and shape.

    Half the weight of growth that fell back goes to a slope of 0: one tooth of a saw does not make a leak.
    """
    n = fits.freedom + 3
    line, ended, both = (
        logs - (n - 2) / 2 * np.log(np.maximum(rest[1:], 1e-300)) for logs, rest in zip(d.logs, fits.rest, strict=True)
    )
    growth, size = fits.both[1:, : d.steps], fits.size[1:, : d.steps]
    fell = (growth > 0) & (size < -_FALLS_BACK * (n - 1) * growth)
    both[:, : d.steps] -= np.where(fell, math.log(2), 0.0)
    undone = np.where(fell, both[:, : d.steps], -np.inf)
    zero = np.logaddexp.reduce(np.hstack((ended, undone)), axis=1, keepdims=True)
    return np.hstack((line, zero, both))
