"""A second series under the same noise: what the sum of two copies tells about the noise of their difference.

A leak shows in the difference of two copies; how much they vary shows in their sum as well, after the line through it
is taken out, so that the noise is known from twice the points. The sum varies at least as much as the difference,
by a factor that what the copies have in common decides, and remembers alike. Where that is not so (one copy fills a
cache, the other does not) the sum says nothing: both are weighed, by what they explain.
"""

import math
from dataclasses import dataclass

import numpy as np

from setpoint.judge.noise import log_determinants, log_prior, whitened_series
from setpoint.judge.shapes import Beliefs, Design
from setpoint.judge.tails import Floats, square

_RATIOS = np.array([1.0, 0.55, 0.3, 0.15, 0.06])  # variance of the difference over that of the sum
_UNLIKE = 0.3  # prior weight of a sum whose noise has nothing to do with that of the difference ...
_RANGE = math.log(1e6)  # ... so that the ratio of their variances may lie anywhere in such a range
_RESOLUTION = 1e-7  # of the level


@dataclass(frozen=True, slots=True)
class Companion:
    """What is left of the sum by a line, for each kind of noise; `freedom`: the degrees it lends to each hypothesis.

    Hypotheses: it is unlike the difference, then each of _RATIOS. `noise`: logarithms of each kind's determinants.
    `unlike`: the logarithm of what the sum weighs by itself.
    """

    rest: Floats
    noise: Floats
    freedom: Floats
    unlike: float


def companion_of(d: Design, series: Floats, beliefs: Beliefs) -> Companion:
    """The companion that `series`, as long as the design's own, makes."""
    n = len(series)
    white = whitened_series(series - series[0])
    cross = (d.white @ white[:, :, None])[:, :, 0]
    squares = (white**2).sum(1) - cross[:, 0] ** 2 / d.one[:, 0]
    along = cross[:, 1] - cross[:, 0] * d.one[:, 1] / d.one[:, 0]
    blur = n * square(_RESOLUTION * float(np.abs(series).max()) + 1e-12)
    rest = np.maximum(squares - along**2 / d.tt[:, 0], 0) + blur
    size = 0.5 * np.log(d.one[:, 0] * d.tt[:, 0])
    noise = (-log_determinants(n) - (size - size[0]))[1:]
    prior, freedom = log_prior(beliefs.rise, beliefs.on_top), n - 2.0
    own = np.logaddexp.reduce(prior + noise - freedom / 2 * np.log(rest[1:])) - np.logaddexp.reduce(prior)
    unlike = math.log(_UNLIKE / _RANGE) + math.lgamma(freedom / 2) + float(own)
    return Companion(rest[1:], noise, np.concatenate(([0.0], np.full(len(_RATIOS), freedom))), unlike)


def weighed(logs: Floats, rest: Floats, n: int, beside: Companion | None) -> tuple[Floats, Floats]:
    """(logarithms of the weights, sums of squares that are left) of fits to `n` points that left `rest`.

    With a companion both have a first axis more: one entry for each hypothesis on what the two have in common.
    """
    half = (n - 2) / 2
    own = logs - half * np.log(rest)
    if beside is None:
        return own, rest
    own = own + math.lgamma(half) + beside.unlike
    ratios, more = _RATIOS[:, None, None], (n - 2) / 2  # the companion has as many degrees of freedom
    together = rest + ratios * beside.rest[:, None]
    scale = math.lgamma(half + more) + math.log((1 - _UNLIKE) / len(_RATIOS))
    shared = logs + beside.noise[:, None] + more * np.log(ratios) - (half + more) * np.log(together) + scale
    return np.concatenate((own[None], shared)), np.concatenate((rest[None], together))
