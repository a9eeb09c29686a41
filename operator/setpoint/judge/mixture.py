"""What is known of one number after everything that was uncertain has been weighed: a mixture of Student's t."""

import math
from dataclasses import dataclass

import numpy as np

from setpoint.judge.tails import Floats

# What the noise may remember from one point to the next, and what that is worth before the data speak: evenly spread,
# and more densely towards 1, where it matters most.
MEMORY = np.concatenate((np.linspace(-0.3, 0.8, 12), [0.85, 0.89, 0.92, 0.945, 0.96, 0.975, 0.985, 0.993, 0.998]))
_NEGLIGIBLE = 1e-7
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Mixture:
    """Student distributions around `centres` with `spreads`, of `freedom` degrees, weighted by `weights` (sum 1)."""

    weights: Floats
    centres: Floats
    spreads: Floats
    freedom: float
    memory: float

    @property
    def estimate(self) -> float:
        """The weighted centre."""
        return float((self.weights * self.centres).sum())

    def below(self, value: float) -> float:
        """The weight of everything under `value`."""
        z = _deviates((value - self.centres) / self.spreads, self.freedom)
        return 0.5 * math.fsum(
            w * math.erfc(-x / math.sqrt(2)) for w, x in zip(self.weights.tolist(), z.tolist(), strict=True)
        )

    def bounds(self, tail: float) -> tuple[float, float]:
        """One-sided bounds, each of which leaves `tail` of the weight outside."""
        return self._quantile(tail), self._quantile(1 - tail)

    def _quantile(self, level: float) -> float:
        reach = 60 * self.spreads
        low, high = float((self.centres - reach).min()), float((self.centres + reach).max())
        enough = 1e-4 * float(self.spreads.max())
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.below(middle) < level else (low, middle)
            if high - low < enough:
                break
        return (low + high) / 2


def mixture(logs: Floats, centres: Floats, spreads: Floats, freedom: float) -> Mixture:
    """From log weights (first axis: MEMORY), without what weighs next to nothing."""
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    memory = float((weights.reshape(len(MEMORY), -1).sum(1) * MEMORY).sum())
    kept = weights > _NEGLIGIBLE
    weights = weights[kept]
    return Mixture(weights / weights.sum(), centres[kept], spreads[kept], freedom, memory)


def _deviates(t: Floats, freedom: float) -> Floats:
    """Student's t as the normal deviate with the same tail (Wallace's approximation)."""
    stretched = np.sqrt(freedom * np.log1p(t * t / freedom))
    return np.asarray(np.sign(t) * ((8 * freedom + 1) / (8 * freedom + 3)) * stretched)
