"""How fast a series grows, with an interval that holds whatever the noise remembers and whatever else happened.

Least squares takes the memory of a series for a trend: at an autocorrelation of 0.9 it alarms on a third of clean
windows. Here the noise is of an unknown kind (noise.py), and the growth may be mixed with growth that ends: a step, a
fill that flattens, a ramp that stops (shapes.py). Every combination of a kind and a shape is fitted exactly by
generalised least squares, weighed by how well it explains the series (restricted likelihood, less what its extra
freedom is worth), and the interval is that of the weighted mixture of their Student distributions. Where the data
cannot tell a leak from a fill that ended, the interval says so. Beside a control there is a second series under the
same noise, which tells more about it (companion.py).
"""

import math
from dataclasses import dataclass

import numpy as np

from setpoint.judge.companion import Companion, companion_of, weighed
from setpoint.judge.mixture import Mixture, mixture
from setpoint.judge.noise import precise, whitened_series
from setpoint.judge.shapes import WHOLE, Beliefs, Design, design
from setpoint.judge.tails import Floats, log_sum, square

FEWEST = 12  # points
MOST = 120  # points; longer series are averaged in blocks
_FALLS_BACK = 0.4  # a fall that takes back this much of the growth may be a collection, and the growth a cycle
_RESOLUTION = 1e-7  # of the level: nothing is known more exactly than that


def slope_of(
    times: Floats,
    values: Floats,
    step: float,
    beliefs: Beliefs = WHOLE,
    companion: Floats | None = None,
    grain: float = 0.0,
) -> Mixture:
    """The growth for each hour of `values` at `times` (seconds, rising, about `step` apart; five at the least).

    `companion`: values at the same times of a series whose noise is of the same kind, and which may grow as it likes.
    `grain`: what the values were rounded to, where that is known to be coarse.
    """
    grid, series = regular(times, values, step)
    hours = float(grid[1] - grid[0]) / 3600
    known = design(len(series), beliefs)
    blur = _RESOLUTION * float(np.abs(values).max()) + grain / math.sqrt(12)
    fits = _fit(known, series - series[0], blur)
    beside = None
    if companion is not None:
        beside = companion_of(known, regular(times, companion, step)[1], beliefs)
    logs, centres, spreads, freedom = _weighed(known, fits, beside)
    return mixture(logs, centres / hours, spreads / hours, freedom)


def regular(times: Floats, values: Floats, step: float) -> tuple[Floats, Floats]:
    """Equal distances: what was missed is interpolated; more than MOST points become means of blocks."""
    first, last = float(times[0]), float(times[-1])
    count = max(1, round((last - first) / step)) + 1
    grid = np.asarray(np.arange(count) * ((last - first) / (count - 1)) + first)
    grid[-1] = last
    series = np.interp(grid, times, values)
    block = -(-count // MOST)
    if block == 1:
        return grid, series
    whole = count // block * block
    return grid[-whole:].reshape(-1, block).mean(1), series[-whole:].reshape(-1, block).mean(1)


def grain_of(values: Floats) -> float:
    """What `values` were rounded to, told by values that are there more than once; 0 where none is."""
    distinct = np.unique(values)
    return float(np.diff(distinct).min()) if 1 < len(distinct) < len(values) else 0.0


@dataclass(frozen=True, slots=True)
class _Fits:
    """Growth for each point: of the line alone, and of the line beside each shape; `size`: that of each step there.

    `rest`: sums of squares that are left by the line, by each shape, and by both; `blur`: that of the resolution.
    """

    line: Floats
    both: Floats
    size: Floats
    rest: tuple[Floats, Floats, Floats]
    blur: float
    points: int


def _fit(d: Design, series: Floats, resolution: float) -> _Fits:
    n = len(series)
    white = whitened_series(series)
    cross = _products(d, precise(white))
    yy = (white**2).sum(1, keepdims=True) - cross[:, :1] ** 2 / d.one[:, :1]
    cross = cross - cross[:, :1] * d.one / d.one[:, :1]
    ty, fy = cross[:, 1:2], cross[:, 2:]
    line, alone = ty / d.tt, fy / d.ff
    both = (ty - d.tf * alone) / d.left
    size = alone[:, : d.steps] - d.share * both[:, : d.steps]
    blur = n * square(resolution + 1e-12)
    ended = np.maximum(yy - fy * alone, 0)
    rest = np.maximum(yy - ty * line, 0) + blur, ended + blur, np.maximum(ended - both**2 * d.left, 0) + blur
    return _Fits(line, both, size, rest, blur, n)


def _products(d: Design, twice: Floats) -> Floats:
    """Of each whitened column with the whitened series, for each kind; `twice`: the series whitened there and back.

    A step is the sum of all points from its place on.
    """
    first, shapes = d.columns[:, :2], d.columns[:, 2 + d.steps :]
    so_far = np.cumsum(twice[:, ::-1], axis=1)[:, ::-1]
    return np.hstack((twice @ first, so_far[:, 2 : 2 + d.steps], twice @ shapes))


def _weighed(d: Design, fits: _Fits, beside: Companion | None) -> tuple[Floats, Floats, Floats, Floats]:
    """Logarithms of the weights, growth for each point, its standard error and degrees of freedom.

    Last axis: the line alone, growth that ended (all shapes together, its slope is 0), line and shape.
    Half the weight of growth that fell back goes to a slope of 0: one tooth of a saw does not make a leak.
    """
    n = fits.points
    (line, line_rest), (ended, _), (both, both_rest) = (
        weighed(logs, rest[1:], n, beside) for logs, rest in zip(d.logs, fits.rest, strict=True)
    )
    growth, size = fits.both[1:, : d.steps], fits.size[1:]
    fell = (growth > 0) & (size < -_FALLS_BACK * (n - 1) * growth)
    both[..., : d.steps] -= np.where(fell, math.log(2), 0.0)
    undone = np.where(fell, both[..., : d.steps], -np.inf)
    zero = log_sum(np.concatenate((ended, undone), axis=-1))
    logs = np.concatenate((line, zero, both), axis=-1)
    freedom = _like(logs, n - 3.0 if beside is None else n - 3.0 + beside.freedom[:, None, None])
    nothing = np.sqrt(fits.blur / (n - 3.0) / d.tt[1:])
    spreads = np.concatenate((line_rest / d.tt[1:], _like(zero, 0.0), both_rest / d.left[1:]), axis=-1)
    spreads = np.sqrt(spreads / freedom)
    spreads[..., 1:2] = nothing
    centres = np.hstack((fits.line[1:], -9 * nothing, fits.both[1:]))  # a bound that falls on a slope of 0 is not above
    return logs, _like(logs, centres), spreads, freedom


def _like(shaped: Floats, values: Floats | float) -> Floats:
    return np.asarray(np.broadcast_to(values, shaped.shape))
