"""How fast a series grows, with an interval that holds whatever the noise remembers and whatever else happened.

Least squares takes the memory of a series for a trend: at an autocorrelation of 0.9 it alarms on a third of clean
windows. Here the noise is autoregressive of unknown strength, and the growth may be mixed with growth that ends: a
step, a fill that flattens, a ramp that stops. Every combination of a strength and a shape is fitted exactly by
generalised least squares (no iteration: all need the same few sums), weighted by how well it explains the series
(restricted likelihood, less what its extra freedom is worth), and the interval is that of the weighted mixture of
their Student distributions. Where the data cannot tell a leak from a fill that ended, the interval says so.
"""

import math
from dataclasses import dataclass

import numpy as np

from setpoint.judge.mixture import MEMORY, Mixture, mixture
from setpoint.judge.tails import Floats

FEWEST = 12  # points
MOST = 120  # points; longer series are averaged in blocks
_ENDED = 0.10  # prior weight of each of the three families of growth that ended
_RESOLUTION = 1e-7  # of the level: nothing is known more exactly than that


def slope_of(times: Floats, values: Floats, step: float) -> Mixture:
    """The growth for each hour of `values` at `times` (seconds, rising, about `step` apart; at least FEWEST)."""
    grid, series = regular(times, values, step)
    shapes, weights = _shapes(len(series))
    hours = (grid - grid.mean()) / 3600
    return _weigh(_sums(hours, series - series[0], shapes), len(series), float(np.abs(values).max()), weights)


def regular(times: Floats, values: Floats, step: float) -> tuple[Floats, Floats]:
    """Equal distances: what was missed is interpolated; more than MOST points become means of blocks."""
    count = round(float(times[-1] - times[0]) / step) + 1
    grid = np.linspace(times[0], times[-1], count)
    series = np.interp(grid, times, values)
    block = -(-count // MOST)
    whole = count // block * block
    return grid[-whole:].reshape(-1, block).mean(1), series[-whole:].reshape(-1, block).mean(1)


def _shapes(n: int) -> tuple[Floats, Floats]:
    """Growth that ended, one shape a column, and the prior weight of each."""
    place = np.arange(n)[:, None]
    steps = (place >= np.arange(2, n - 1)).astype(np.float64)
    fills = 1 - np.exp(-place / (n * np.geomspace(0.03, 0.25, 7)))
    ramps = np.minimum(place / (n * np.linspace(0.1, 0.7, 9)), 1.0)
    weights = [np.full(family.shape[1], _ENDED / family.shape[1]) for family in (steps, fills, ramps)]
    return np.hstack((steps, fills, ramps)), np.concatenate(weights)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums of products of the whitened, centred columns; one row for each memory, one column for each shape.

    t: time, y: the series, f: a shape; `base` is the log determinant of the constant alone.
    """

    tt: Floats
    ty: Floats
    yy: Floats
    tf: Floats
    fy: Floats
    ff: Floats
    base: Floats


def _sums(hours: Floats, series: Floats, shapes: Floats) -> _Sums:
    """Whitening by r is x[i] - r x[i-1], so each sum is a polynomial in r whose three coefficients are taken once.

    One more row than MEMORY has, the first, is for r = 0: it gives determinants something to be measured against.
    """
    columns = np.column_stack((np.ones(len(series)), hours, series, shapes))
    three = columns[:, :3]
    everything, inner = three.T @ columns, three[1:-1].T @ columns[1:-1]
    near = three[1:].T @ columns[:-1] + three[:-1].T @ columns[1:]
    r = np.concatenate(([0.0], MEMORY))[:, None]
    one, line, y = (everything[i] - r * near[i] + r * r * inner[i] for i in range(3))
    own = (columns**2).sum(0) - 2 * r * (columns[1:] * columns[:-1]).sum(0) + r * r * (columns[1:-1] ** 2).sum(0)
    constant = one[:, :1]
    line, y, own = line - one[:, 1:2] * one / constant, y - one[:, 2:3] * one / constant, own - one * one / constant
    least = 1e-12 * own[:1, 3:] + 1e-300
    return _Sums(
        line[:, 1:2], line[:, 2:3], y[:, 2:3], line[:, 3:], y[:, 3:], np.maximum(own[:, 3:], least), np.log(constant)
    )


def _weigh(s: _Sums, n: int, largest: float, weights: Floats) -> Mixture:
    """The mixture over the line alone, each shape alone (its slope is 0), and each shape with the line."""
    noise = n * (_RESOLUTION * largest + 1e-12) ** 2
    alone = s.ty / s.tt
    left = np.maximum(s.tt - s.tf**2 / s.ff, 1e-9 * s.tt)
    both = (s.ty - s.tf * s.fy / s.ff) / left
    ended = s.yy - s.fy**2 / s.ff
    freedom = n - 3.0
    rest = [np.maximum(part, 0) + noise for part in (s.yy - s.ty * alone, ended, ended - both**2 * left)]
    size = [s.base + np.log(part) for part in (s.tt, s.ff, s.ff * left)]
    prior = [np.full(1, 1 - 3 * _ENDED), weights / 2, weights / 2 / math.sqrt(n)]
    # |R|^-1/2 of the noise, with a prior of its memory that grows towards 1 as (1 - r^2)^-1/4.
    memory = 0.25 * np.log(1 - MEMORY**2)[:, None]
    logs = [
        memory - 0.5 * (det[1:] - det[:1]) - (n - 2) / 2 * np.log(sums[1:]) + np.log(p)
        for det, sums, p in zip(size, rest, prior, strict=True)
    ]
    exact = np.sqrt(noise / freedom / s.tt) + np.zeros_like(ended)
    spreads = [np.sqrt(rest[0] / freedom / s.tt), exact, np.sqrt(rest[2] / freedom / left)]
    centres = [alone, np.zeros_like(ended), both]
    return mixture(np.hstack(logs), np.hstack(centres)[1:], np.hstack(spreads)[1:], freedom)
