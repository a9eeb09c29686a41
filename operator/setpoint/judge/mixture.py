"""What is known of one number after everything that was uncertain has been weighed: a mixture of Student's t."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from setpoint.judge.tails import Floats, normal_quantile, normal_tails, rising_root

_LEFT_OUT = 0.05  # of the tail: how much weight may be left out, all taken together, as if it all lay in the tail
_LIGHT = 30.0  # logarithm of how much less than the heaviest weighs nothing at all
_EXACT = 1e-3  # how exact a bound is, in standard deviations


@dataclass(frozen=True, slots=True)
class Mixture:
    """Student distributions around `centres` with `spreads`, each of `freedom` degrees, weighted by `weights`.

    The weights sum to 1 and rise.
    """

    weights: Floats
    centres: Floats
    spreads: Floats
    freedom: Floats

    @property
    def estimate(self) -> float:
        """The weighted centre."""
        return float(self.weights @ self.centres)

    def below(self, value: float) -> float:
        """The weight of everything under `value`."""
        return float(self.weights @ normal_tails(_deviates((self.centres - value) / self.spreads, self.freedom)))

    def bounds(self, tail: float) -> tuple[float, float]:
        """One-sided bounds, each of which leaves `tail` of the weight outside."""
        kept = self.weights[np.searchsorted(np.cumsum(self.weights), tail * _LEFT_OUT) :]
        centres, spreads, freedom = (part[-len(kept) :] for part in (self.centres, self.spreads, self.freedom))
        up, down = (Mixture(kept, sign * centres, spreads, freedom) for sign in (1, -1))
        rest = tail * (1 - _LEFT_OUT)
        return up._quantile(rest), -down._quantile(rest)

    def _quantile(self, level: float) -> float:
        """Where the weight below is `level`.

        On the scale of normal deviates a mixture is nearly a straight line, which makes the search short.
        """
        centre, aim = self.estimate, normal_quantile(level)
        spread = float(np.sqrt(self.weights @ (self.spreads**2 + (self.centres - centre) ** 2)))
        guess = centre - aim * spread
        distance = lambda value: aim - normal_quantile(self.below(value))  # noqa: E731
        near = _secant(distance, guess, spread)
        return (
            near
            if near is not None
            else rising_root(distance, guess - spread, guess + spread, enough=_EXACT * spread, near=_EXACT)
        )


def _secant(distance: Callable[[float], float], guess: float, spread: float) -> float | None:
    """A place where `distance`, which rises by about 1 for each `spread`, is just under 0; None where it bends."""
    place, found, slope = guess, distance(guess), 1 / spread if spread > 0 else 0.0
    for _ in range(6):
        if -_EXACT <= found <= 0:
            return place
        if not (slope > 0 and math.isfinite(found)):
            return None
        further = place - (found + _EXACT / 2) / slope
        after = distance(further)
        slope = (after - found) / (further - place) if further != place else 0.0
        place, found = further, after
    return None


def mixture(logs: Floats, centres: Floats, spreads: Floats, freedom: Floats) -> Mixture:
    """From the logarithms of the weights, in any order and on any scale; all four are of one shape."""
    heavy = np.flatnonzero(logs.ravel() > logs.max() - _LIGHT)
    order = heavy[np.argsort(logs.ravel()[heavy])]
    weights = np.exp(logs.ravel()[order] - logs.max())
    rest = (part.ravel()[order] for part in (centres, spreads, freedom))
    return Mixture(weights / weights.sum(), *rest)


def _deviates(t: Floats, freedom: Floats) -> Floats:
    """Student's t as the normal deviate with the same tail (Wallace's approximation)."""
    stretched = np.sqrt(freedom * np.log1p(t * t / freedom))
    return np.asarray(np.copysign(stretched * ((8 * freedom + 1) / (8 * freedom + 3)), t))
