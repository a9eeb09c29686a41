"""How soon growth would be called by a judge that is told the noise: its size and how much it remembers.

The same looks and the same share of the error at each as the judge's own (setpoint.judge.anytime), and the same
smallest effect, but a plain test by generalised least squares with the true covariance. What is between this and the
judge is what it costs to learn the noise from the few points that the growth shows in as well.
"""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from limits import STEP, Floats, precision

from setpoint.judge.anytime import EACH, FEWEST, RISING
from setpoint.judge.judging import ALPHA
from setpoint.judge.series import COVERED
from setpoint.judge.slope import regular


def has_noise_alone(case: dict[str, Any]) -> bool:
    """Whether the case is a leak under noise of a known size."""
    truth = case["truth"]
    return case["family"] == "heap-slope" and bool(truth["breached"] and truth["boundSeconds"] and truth["tags"]["sd"])


def first_breaches(cases: list[dict[str, Any]]) -> list[float | None]:
    """Of each such case, seconds after the warm-up until growth is called; None when it is not."""
    return [_first(case) for case in cases]


def _first(case: dict[str, Any]) -> float | None:
    tags, heap = case["truth"]["tags"], case["constraints"]["heap"]
    copy, control = pair_of(case)
    series = copy - control
    apart = math.sqrt(2 * (1 - tags["correlation"])) if tags["control"] else 1.0
    limit = heap["max_retained_growth_slope"] * STEP / 3600
    least = limit + tags["smallestEffect"] * STEP / 3600
    planned = 60 * heap["observation_window_minutes"]
    for points in range(FEWEST, int(COVERED * planned / STEP)):
        growth, error = _growth(series[:points], tags["rho"])
        needed = -NormalDist().inv_cdf(ALPHA * (RISING * points * STEP / planned if tags["control"] else EACH))
        if growth >= least and growth - needed * error * apart * tags["sd"] > limit:
            return (points - 1) * STEP
    return None


def _growth(series: Floats, memory: float) -> tuple[float, float]:
    """For each point, with its standard error where the noise's standard deviation is 1."""
    time = np.arange(len(series)) - (len(series) - 1) / 2
    weight = precision(len(series), memory) @ time  # odd around the middle: a constant has no part in it
    information = float(weight @ time)
    return float(weight @ series) / information, 1 / math.sqrt(information)


def pair_of(case: dict[str, Any]) -> tuple[Floats, Floats]:
    """MB after the warm-up, of the copy and of its control (0 where there is none), at equal distances."""
    metrics = case["metrics"]
    times, values = np.array(metrics["signals"]["heap"]["points"]).T
    control = np.zeros(len(times))
    if "control" in metrics:
        control = np.interp(times, *np.array(metrics["control"]["heap"]["points"]).T)
    kept = times >= times[0] + metrics.get("load", {}).get("warmupSeconds", 0)
    one, other = (regular(times[kept], series[kept] / 1e6, STEP)[1] for series in (values, control))
    return one, other
