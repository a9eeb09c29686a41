"""What is known of one number after everything that was uncertain has been weighed: a mixture of Student's t."""

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from setpoint.judge.tails import Floats, normal_quantile, normal_tails, rising_root

_LEFT_OUT = 0.05  # of the tail: how much weight may be left out, all taken together, as if it all lay in the tail
_LIGHT = 30.0  # logarithm of how much less than the heaviest weighs nothing at all
_FEW = 40  # components that are faster looked at one by one
_EXACT = 1e-3  # how exact a bound is, in standard deviations

Search = Generator[float, float, float | None]


@dataclass(frozen=True, slots=True)
class Mixture:
    """Student distributions around `centres` with `spreads`, each of `freedom` degrees, weighted by `weights`.

    The weights sum to 1.
    """

    weights: Floats
    centres: Floats
    spreads: Floats
    freedom: Floats

    @property
    def estimate(self) -> float:
        """The weighted centre."""
        return float(self.weights @ self.centres)

    def bounds(self, tail: float) -> tuple[float, float]:
        """One-sided bounds, each of which leaves `tail` of the weight outside."""
        light = np.sort(self.weights)
        first = np.searchsorted(np.cumsum(light), tail * _LEFT_OUT)
        heavy = self.weights >= light[first : first + 1]
        kept = _Mirrored(*(part[heavy] for part in (self.weights, self.centres, self.spreads, self.freedom)))
        low, high = kept.quantiles(tail * (1 - _LEFT_OUT))
        return low, -high


class _Mirrored:
    """A mixture and its mirror image: the upper bound of the one is the lower bound of the other, negated."""

    def __init__(self, weights: Floats, centres: Floats, spreads: Floats, freedom: Floats) -> None:
        self.weights, self.spreads = weights, spreads
        self.centres = np.stack((centres, -centres))
        # Student's t becomes the normal deviate with the same tail (Wallace's approximation), of which the tail wants
        # half the square: this much times the logarithm of 1 + t^2 / freedom.
        self._stretch = freedom * ((8 * freedom + 1) / (8 * freedom + 3)) ** 2 / 2
        self._scale = 1 / (spreads * np.sqrt(freedom))
        few = len(weights) <= _FEW
        rest = [part.tolist() for part in (weights, self._scale, self._stretch)] if few else []
        self._rows = [tuple(zip(side, *rest, strict=True)) for side in self.centres.tolist()] if few else []

    def quantiles(self, level: float) -> tuple[float, float]:
        """Where the weight below is `level`, in each of the two.

        On the scale of normal deviates a mixture is nearly a straight line, which makes the search short.
        """
        aim, centre = normal_quantile(level), float(self.weights @ self.centres[0])
        spread = float(np.sqrt(self.weights @ (self.spreads**2 + (self.centres[0] - centre) ** 2)))
        guesses = centre - aim * spread, -centre - aim * spread
        found = self._together(aim, [_secant(guess, spread) for guess in guesses])
        low, high = (
            self._slowly(aim, side, guess, spread) if near is None else near
            for side, (near, guess) in enumerate(zip(found, guesses, strict=True))
        )
        return low, high

    def _together(self, aim: float, searches: list[Search]) -> list[float | None]:
        """What each side's search ends with."""
        going, places = [0, 1], [next(search) for search in searches]
        found: list[float | None] = [None, None]
        while going:
            distances = self._distances(aim, going, [places[side] for side in going])
            for side, distance in zip(tuple(going), distances, strict=True):
                try:
                    places[side] = searches[side].send(distance)
                except StopIteration as end:
                    found[side] = end.value
                    going.remove(side)
        return found

    def _slowly(self, aim: float, side: int, guess: float, spread: float) -> float:
        return rising_root(
            lambda value: self._distances(aim, [side], [value])[0],
            guess - spread,
            guess + spread,
            enough=_EXACT * spread,
            near=_EXACT,
        )

    def _distances(self, aim: float, sides: list[int], values: list[float]) -> list[float]:
        """How far beyond `aim` the deviate of the weight under each value lies, that of its side of the two."""
        weights = map(self._few_below, sides, values) if self._rows else self._all_below(sides, values)
        return [aim - normal_quantile(weight) for weight in weights]

    def _few_below(self, side: int, value: float) -> float:
        """The weight below `value`, component by component: much faster where there are few."""
        total = 0.0
        for centre, weight, scale, stretch in self._rows[side]:
            t = (centre - value) * scale
            tail = math.erfc(math.sqrt(math.log1p(t * t) * stretch)) / 2
            total += weight * (tail if t >= 0 else 1 - tail)
        return total

    def _all_below(self, sides: list[int], values: list[float]) -> list[float]:
        """The weights below `values`, of each of `sides`; for many components."""
        centres = self.centres if len(sides) == 2 else self.centres[sides]
        t = centres - np.array(values)[:, None]
        t *= self._scale
        over = t >= 0
        t *= t
        t += 1  # log1p would be exact where a tail is a half anyway, and takes longer
        halves = np.log(t, out=t)
        halves *= self._stretch
        below: list[float] = (normal_tails(halves, over) @ self.weights).tolist()
        return below


def _secant(place: float, spread: float) -> Search:
    """Asks for the distances of places, which rise by about 1 for each `spread`; ends with a place just under 0.

    It ends with None where they bend too much.
    """
    found, slope = (yield place), 1 / spread if spread > 0 else 0.0
    for _ in range(6):
        if -_EXACT <= found <= 0:
            return place
        if not (slope > 0 and math.isfinite(found)):
            return None
        further = place - (found + _EXACT / 2) / slope
        after = yield further
        slope = (after - found) / (further - place) if further != place else 0.0
        place, found = further, after
    return None


def mixture(logs: Floats, centres: Floats, spreads: Floats, freedom: Floats) -> Mixture:
    """From the logarithms of the weights, in any order and on any scale; all four are of one shape."""
    flat, most = logs.ravel(), logs.max()
    heavy = np.flatnonzero(flat > most - _LIGHT)
    weights = np.exp(flat[heavy] - most)
    return Mixture(weights / weights.sum(), *(part.ravel()[heavy] for part in (centres, spreads, freedom)))
