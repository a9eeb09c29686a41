"""Each instance is judged, and the worst decides. One that joined, left or restarted voids its own signals only."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from setpoint.api.metrics import Instance, Points, Signal, Target
from setpoint.api.reasons import Reason
from setpoint.api.verdict import RANK
from setpoint.judge.finding import Finding, Terms, Unfit, unfit
from setpoint.judge.series import Series, series_of
from setpoint.judge.window import Window, unix_seconds
from setpoint.judge.wording import name, on

Statistic = Callable[[Series, Terms, str | None], Finding]


def instances_finding(
    signal: Signal | None, scale: float, window: Window, target: Target | None, terms: Terms, statistic: Statistic
) -> Finding:
    """The finding on the worst instance of `signal` (values times `scale` are in the row's unit)."""
    series = _points(signal, target)
    if not series:
        return unfit(Unfit(Reason.NO_DATA, "nothing was measured"))
    known = {instance.name: instance for instance in (target.instances if target else ())}
    ends = [points[-1][0] for points in series.values() if points]
    starts = [points[0][0] for points in series.values() if points]
    span = (min(starts, default=0.0), max(ends, default=0.0))
    void = {key: why for key, points in series.items() if (why := _void(known.get(key or ""), points, span, window))}
    lasting = {key: points for key, points in series.items() if key not in void}
    if not lasting:
        return _none_lasted(void)
    held = terms.share(len(lasting))
    found = [_one(key, points, scale, window, held, statistic) for key, points in lasting.items()]
    return min(found, key=lambda finding: _badness(finding, terms))


def _points(signal: Signal | None, target: Target | None) -> Mapping[str | None, Points]:
    if signal is None:
        return {}
    if signal.instances:
        return dict(signal.instances.items())
    if signal.points is None:
        return {}
    only = target.instances if target else ()
    return {only[0].name if len(only) == 1 else None: signal.points}


def _void(known: Instance | None, points: Points, span: tuple[float, float], window: Window) -> Unfit | None:
    """Why an instance's signals say nothing about a whole window; None when it lasted."""
    if known is not None and known.restarts != 0:
        return Unfit(Reason.TARGET_RESTARTED, f"{name(known.name)} restarted during the window")
    begin = window.start if window.start is not None else span[0]
    started = unix_seconds(known.started_at) if known else None
    if started is not None and started > begin + max(window.warmup, 1.0):
        return Unfit(Reason.TARGET_CHANGED, f"{name(known.name if known else '')} started during the window")
    if not points:
        return None
    slack = 0.05 * (span[1] - span[0])
    if points[0][0] > max(span[0], begin + window.warmup) + slack or points[-1][0] < span[1] - slack:
        return Unfit(Reason.TARGET_CHANGED, "an instance joined or left during the window")
    return None


def _none_lasted(void: Mapping[str | None, Unfit]) -> Finding:
    if len(void) == 1:
        ((key, why),) = void.items()
        return unfit(why, key)
    names = ", ".join(name(key or "the target", 30) for key in list(void)[:3])
    return unfit(Unfit(Reason.TARGET_CHANGED, f"no instance lasted the window ({names}: joined, left or restarted)"))


def _one(key: str | None, points: Points, scale: float, window: Window, terms: Terms, statistic: Statistic) -> Finding:
    series = series_of(points, scale, window)
    found = unfit(series) if isinstance(series, Unfit) else statistic(series, terms, key)
    return replace(found, instance=key, message=found.message + on(key))


def _badness(finding: Finding, terms: Terms) -> tuple[int, float]:
    """Order of instances: the worse result first, then the one that is farther over (or nearer to) the limit."""
    if finding.observed is None:
        return RANK[finding.result], -np.inf
    distance = finding.observed - terms.limit
    return RANK[finding.result], distance if terms.row in _FLOORS else -distance


_FLOORS = {"throughput"}  # rows where less is worse; custom floors come with their own terms


def restarted(series: Series) -> Unfit | None:
    """A fall to where the process began, once, is a restart that nobody reported (not a collection: those recur)."""
    values = np.concatenate((series.before[-1:], series.values))
    falls = np.flatnonzero(values[1:] < 0.55 * values[:-1])
    if 1 <= len(falls) <= 2:
        return Unfit(Reason.TARGET_RESTARTED, "the value fell to under half at once, as after a restart")
    return None
