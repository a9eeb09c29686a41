"""Each instance is judged, and the worst decides. One that joined, left or restarted voids its own signals only."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from setpoint.api.metrics import Instance, Points, Signal, Target
from setpoint.api.reasons import Reason, Result
from setpoint.api.verdict import RANK
from setpoint.judge.finding import Finding, Terms, Unfit, unfit
from setpoint.judge.series import COVERED, Series, series_of
from setpoint.judge.units import scale
from setpoint.judge.window import Window, unix_seconds
from setpoint.judge.wording import name, on

Statistic = Callable[[Series, Terms], Finding]


def instances_finding(
    signal: Signal | None, what: str, target: Target | None, window: Window, terms: Terms, statistic: Statistic
) -> Finding:
    """The finding on the worst instance of `signal`; `what`: its name, which says what its units may be.

    `target`: whose instances they are; None where the signal is not theirs, such as the load's own count of requests.
    """
    series = _points(signal, target)
    if signal is None or not series:
        return unfit(Unfit(Reason.NO_DATA, "nothing was measured"))
    factor = scale(what, signal.unit)
    if isinstance(factor, Unfit):
        return unfit(factor)
    void = _void(series, target, window)
    lasting = {key: points for key, points in series.items() if key not in void}
    if not lasting:
        return _none_lasted(void)
    held = terms.share(len(lasting))
    found = [_one(key, points, factor, window, held, statistic) for key, points in lasting.items()]
    found += [unfit(why, key) for key, why in _unseen(signal, target, series, window)]
    return min(found, key=lambda finding: _badness(finding, terms.limit))


def _points(signal: Signal | None, target: Target | None) -> Mapping[str | None, Points]:
    if signal is None:
        return {}
    if signal.instances:
        return dict(signal.instances.items())
    if signal.points is None:
        return {}
    only = target.instances if target else ()
    return {only[0].name if len(only) == 1 else None: signal.points}


def _void(series: Mapping[str | None, Points], target: Target | None, window: Window) -> dict[str | None, Unfit]:
    """Instances whose signals say nothing about the whole window, and why. Points without a name are everybody's."""
    known = target.instances if target else ()
    begin = min((points[0][0] for points in series.values() if points), default=0.0)
    end = max((points[-1][0] for points in series.values() if points), default=0.0)
    seen = {}
    for key, points in series.items():
        told = (_reported(item, begin, window) for item in known if key in (None, item.name))
        why = next((item for item in told if item is not None), None)
        if why is None and len(series) > 1:
            why = _absent(points, begin, end, window)
        if why is not None:
            seen[key] = why
    return seen


def _unseen(
    signal: Signal, target: Target | None, series: Mapping[str | None, Points], window: Window
) -> Iterator[tuple[str, Unfit]]:
    """Instances that were there all the time and that nothing is known of: any of them may be the worst."""
    if target is None or not signal.instances:
        return
    begin = min((points[0][0] for points in series.values() if points), default=0.0)
    for item in target.instances:
        if item.name not in series and _reported(item, begin, window) is None:
            yield item.name, Unfit(Reason.PARTIAL_DATA, f"nothing was measured on {name(item.name)}")


def _reported(known: Instance, begin: float, window: Window) -> Unfit | None:
    if known.restarts != 0:
        return Unfit(Reason.TARGET_RESTARTED, f"{name(known.name)} restarted during the window")
    started = unix_seconds(known.started_at)
    first = begin if window.start is None else window.start
    if started is not None and started > first + max(window.warmup, 1.0):
        return Unfit(Reason.TARGET_CHANGED, f"{name(known.name)} started during the window")
    return None


def _absent(points: Points, begin: float, end: float, window: Window) -> Unfit | None:
    """One of several that was not there at the start, or at the end, when others were."""
    slack = (1 - COVERED) * (end - begin)
    first = begin if window.start is None else max(begin, window.start + window.warmup)
    if not points or points[0][0] > first + slack or points[-1][0] < end - slack:
        return Unfit(Reason.TARGET_CHANGED, "an instance joined or left during the window")
    return None


def _none_lasted(void: Mapping[str | None, Unfit]) -> Finding:
    if len(void) == 1:
        ((key, why),) = void.items()
        return unfit(why, key)
    names = ", ".join(name(key or "the target", 30) for key in list(void)[:3])
    return unfit(Unfit(Reason.TARGET_CHANGED, f"no instance lasted the window ({names}: joined, left or restarted)"))


def _one(key: str | None, points: Points, factor: float, window: Window, terms: Terms, statistic: Statistic) -> Finding:
    series = series_of(points, factor, window)
    found = unfit(series) if isinstance(series, Unfit) else statistic(series, terms)
    return replace(found, instance=key, message=found.message + on(key))


def _badness(finding: Finding, limit: float) -> tuple[int, float]:
    """Order of instances: the worse result first, then the one farther beyond the limit, or nearer to it.

    Whether more or less is bad need not be known: of breaches the farthest is the worst, of the others the nearest.
    """
    distance = math.inf if finding.observed is None else abs(finding.observed - limit)
    return RANK[finding.result], -distance if finding.result is Result.BREACHED else distance


FALLEN = 0.55  # of the value before


def restarted(series: Series) -> Unfit | None:
    """A fall to half at once is a restart that nobody reported; collections that free as much come again and again."""
    falls = np.flatnonzero(series.values[1:] < FALLEN * series.values[:-1])
    if 1 <= len(falls) <= 2:
        return Unfit(Reason.TARGET_RESTARTED, "the value fell to under half at once, as after a restart")
    return None
