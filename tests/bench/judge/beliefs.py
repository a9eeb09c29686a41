"""What other beliefs on the way would buy in time, and cost in false alarms: python tests/bench/judge/beliefs.py

Looks beside a control are made again with another prior of long memory (`--rise`, of noise.log_prior) and another share
of the error (`--share`: at the end of the window, before it in proportion): on the benchmark's leaks of noise alone,
for the time, and on pairs that do not grow, for the alarms. What heap.py holds besides (a control that shrinks, a saw)
is left out: only noise is tried here.
"""

import argparse
import math
import statistics
from collections.abc import Iterable

import known
import numpy as np
import scoring
from limits import STEP, Floats

from setpoint.judge.anytime import FEWEST, RISING
from setpoint.judge.heap import SOON_BESIDE
from setpoint.judge.judging import ALPHA
from setpoint.judge.shapes import Beliefs
from setpoint.judge.slope import slope_of

MEMORIES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98)
SHARED = (0.0, 0.5, 0.8)
WINDOW = 1200.0  # seconds that are planned
POINTS = 76  # before their end
LOOKS = (*range(FEWEST, 17), *range(19, POINTS, 3))  # of a pair that does not grow: neighbours see nearly the same


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rise", type=float, default=SOON_BESIDE.rise)
    parser.add_argument("--share", type=float, default=RISING)
    parser.add_argument("--runs", type=int, default=120, help="pairs for each memory")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    beliefs, tail = Beliefs(asked.rise, SOON_BESIDE.on_top, SOON_BESIDE.ended), ALPHA * asked.share * STEP / WINDOW
    for memory in MEMORIES:
        random = np.random.default_rng([asked.seed, int(100 * memory)])
        alarms = [_first(*_pair(random, memory, run), LOOKS, 0.0, beliefs, tail) for run in range(asked.runs)]
        print(f"memory {memory:g}: {scoring.Share(sum(alarm is not None for alarm in alarms), len(alarms))} alarm")
    print(f"leaks beside a control: {_median(beliefs, tail):.2f} times the bound (median)")


def _median(beliefs: Beliefs, tail: float) -> float:
    ratios = []
    for case in filter(known.has_noise_alone, scoring.read_cases()):
        if "control" in case["metrics"]:
            pair, least = known.pair_of(case), case["truth"]["tags"]["smallestEffect"]
            seconds = _first(*pair, range(FEWEST, POINTS), least, beliefs, tail)
            ratios.append(math.inf if seconds is None else seconds / case["truth"]["boundSeconds"])
    return statistics.median(ratios)


def _first(
    copy: Floats, control: Floats, looks: Iterable[int], least: float, beliefs: Beliefs, tail: float
) -> float | None:
    """Seconds until the difference is first called growth; None when it never is. `tail`: for each point so far."""
    for points in looks:
        times, one, other = STEP * np.arange(points), copy[:points], control[:points]
        since = times - times.mean()
        if since @ one <= 0 or since @ (one - other) <= 0:
            continue
        growth = slope_of(times, one - other, STEP, beliefs, one + other)
        if growth.estimate >= least and growth.bounds(tail * points)[0] > 0:
            return STEP * (points - 1)
    return None


def _pair(random: np.random.Generator, memory: float, run: int) -> tuple[Floats, Floats]:
    """Two copies that do not grow; of their noise a part is the same."""
    shared = SHARED[run % len(SHARED)]
    common, one, other = (_noise(random, memory) for _ in range(3))
    copies = (100 + math.sqrt(shared) * common + math.sqrt(1 - shared) * own for own in (one, other))
    return next(copies), next(copies)


def _noise(random: np.random.Generator, memory: float) -> Floats:
    noise = random.standard_normal(POINTS)
    for place in range(1, POINTS):
        noise[place] = memory * noise[place - 1] + noise[place] * math.sqrt(1 - memory**2)
    return noise


if __name__ == "__main__":
    main()
