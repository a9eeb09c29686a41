"""Growth that ends, in the shapes it has: what may explain a series beside a line, and what that costs.

All of it depends on the number of points alone, so it is worked out once and kept.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from setpoint.judge.noise import log_determinants, log_prior, whitened
from setpoint.judge.tails import Floats

_ALONE = 0.3  # prior weight, of each family of growth that ended, without a line beside it


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What is held likely before anything was seen.

    `rise`: how much more likely noise is the longer it remembers, `on_top`: that there is noise on top of it (both of
    noise.log_prior). `ended`: prior weight of each of the three families of growth that ended.
    """

    rise: float
    on_top: float
    ended: float


WHOLE = Beliefs(rise=0.5, on_top=0.2, ended=0.03)  # of a verdict on a whole window


@dataclass(frozen=True, slots=True)
class Design:
    """All that does not depend on the series. First axis: kinds of noise; last axis, where there is one: shapes.

    `columns`: constant, time in points, shapes, of which the first `steps` are steps; `white`: the first two whitened.
    Sums of products are of whitened columns less their mean; t is time, f a shape, `left` what a shape leaves of t,
    `share` how much of each step is in t. `logs`: prior and determinants of the line alone, a shape alone, and both,
    each measured against noise that remembers nothing (the first kind).
    """

    columns: Floats
    white: Floats
    one: Floats
    tt: Floats
    tf: Floats
    ff: Floats
    left: Floats
    share: Floats
    logs: tuple[Floats, Floats, Floats]
    steps: int


@lru_cache(maxsize=4)
def design(n: int, beliefs: Beliefs) -> Design:
    """That of a series of `n` points."""
    shapes, share, steps = _shapes(n)
    columns = np.column_stack((np.ones(n), np.arange(n) - (n - 1) / 2, shapes))
    white = whitened(columns)
    one, line = np.einsum("kin,kcn->ick", white[:, :2], white).transpose(0, 2, 1)
    own = (white**2).sum(2) - one**2 / one[:, :1]
    line = line - one[:, 1:2] * one / one[:, :1]
    tt, tf, ff = line[:, 1:2], line[:, 2:], own[:, 2:]
    left = np.maximum(tt - tf**2 / ff, 1e-9 * tt)
    noise = (log_prior(beliefs.rise, beliefs.on_top) - log_determinants(n)[1:])[:, None]
    ended = beliefs.ended * share
    chances = np.full(1, 1 - 3 * beliefs.ended), ended * _ALONE, ended * (1 - _ALONE) / math.sqrt(n)
    sizes = (0.5 * np.log(one[:, :1] * part) for part in (tt, ff, ff * left))
    line_, alone, both = (
        np.log(chance) + noise - (size[1:] - size[:1]) for chance, size in zip(chances, sizes, strict=True)
    )
    return Design(
        columns, white[:, :2].copy(), one, tt, tf, ff, left, (tf / ff)[:, :steps], (line_, alone, both), steps
    )


def _shapes(n: int) -> tuple[Floats, Floats, int]:
    """Growth that ended, one shape a column; each one's share of its family; how many (the first ones) are steps."""
    place = np.arange(n)[:, None]
    steps = (place >= np.arange(2, n - 1)).astype(np.float64)
    fills = 1 - np.exp(-place / (n * np.geomspace(0.03, 0.27, 24)))
    ramps = np.minimum(place / np.arange(max(2, n // 20), int(0.72 * n)), 1.0)
    shares = [np.full(family.shape[1], 1 / family.shape[1]) for family in (steps, fills, ramps)]
    return np.hstack((steps, fills, ramps)), np.concatenate(shares), steps.shape[1]
