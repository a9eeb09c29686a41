"""From points to a series that can be judged: in order, finite, complete, and only what came after the warm-up."""

from dataclasses import dataclass

import numpy as np

from setpoint.api.metrics import Points
from setpoint.api.reasons import Reason
from setpoint.judge.finding import Unfit
from setpoint.judge.tails import Floats
from setpoint.judge.window import Window
from setpoint.judge.wording import span

COVERED = 0.95  # of the window must lie within reach of a point
GAP = 2.5  # scrape intervals: one missing scrape is not a gap
FEWEST = 3
LATEST = 1e11  # Unix seconds, the year 5138


@dataclass(frozen=True, slots=True)
class Series:
    """One instance's signal after warm-up: times in Unix seconds (rising), values in the row's unit.

    `step`: the usual time between two points.
    """

    times: Floats
    values: Floats
    step: float

    @property
    def seconds(self) -> float:
        """From the first to the last point."""
        return float(self.times[-1] - self.times[0])


def series_of(points: Points, scale: float, window: Window) -> Series | Unfit:
    """The series that `points` make in `window`; their values are multiplied by `scale`."""
    if not points:
        return Unfit(Reason.NO_DATA, "there are no points")
    array = np.array(points, dtype=np.float64)
    times, values = array[:, 0], array[:, 1] * scale
    if not (np.abs(times) <= LATEST).all():
        if not np.isfinite(times).all():
            return Unfit(Reason.NON_FINITE, "a point has no time")
        return Unfit(Reason.NO_DATA, "the times are not Unix seconds; milliseconds, perhaps?")
    steps = times[1:] - times[:-1]
    if (steps <= 0).any():
        return Unfit(Reason.UNORDERED, "the points are not in order of time, or one time is there twice")
    begin = float(times[0]) if window.start is None else window.start
    kept = slice(int(times.searchsorted(begin + window.warmup)), _end(times, steps, window, begin))
    return _checked(times[kept], values[kept], window, begin)


def _end(times: Floats, steps: Floats, window: Window, begin: float) -> int:
    """How many points to keep, counted from the first.

    The scrape that follows the end of the load still tells of it; those after it tell of an idle target.
    """
    if window.length is None or times[-1] <= begin + window.length:
        return len(times)
    after = GAP * _usual(steps)[0] if len(times) > 1 else 0.0
    return int(times.searchsorted(begin + window.length + after, side="right"))


def _checked(times: Floats, values: Floats, window: Window, begin: float) -> Series | Unfit:
    if not len(times):
        return Unfit(Reason.NO_DATA, "there are no points after the warm-up")
    if not np.isfinite(values).all():
        count = int((~np.isfinite(values)).sum())
        return Unfit(Reason.NON_FINITE, f"{count} of {len(values)} points are not numbers")
    if len(times) < FEWEST:
        return too_few(len(times), FEWEST)
    steps = times[1:] - times[:-1]
    step, longest = _usual(steps)
    inside = float((steps[steps > GAP * step] - step).sum()) if longest > GAP * step else 0.0
    return _gaps(times, inside, window, begin, step) or Series(times, values, step)


def too_few(count: int, fewest: int) -> Unfit:
    """A series of `count` points where `fewest` are needed."""
    return Unfit(Reason.TOO_FEW_SAMPLES, f"at least {fewest} points are needed after the warm-up; there are {count}")


def _gaps(times: Floats, inside: float, window: Window, begin: float, step: float) -> Unfit | None:
    """What is missing in front, `inside` and at the end, against 5 % of the window."""
    first = begin + window.warmup
    last = _expected_end(window, begin, float(times[-1]))
    front = _beyond(float(times[0]) - first, step)
    tail = _beyond(last - float(times[-1]), step)
    lost, whole = front + inside + tail, max(last - first, step)
    if lost <= (1 - COVERED) * whole:
        return None
    if tail > (1 - COVERED) * whole:
        return Unfit(
            Reason.STALE_DATA, f"the last point is {span(last - float(times[-1]))} older than the window's end"
        )
    return Unfit(Reason.PARTIAL_DATA, f"{span(lost)} of {span(whole)} have no points; 5 % are allowed")


def _expected_end(window: Window, begin: float, last: float) -> float:
    """A run that may stop early is complete up to the newest point of any of its signals."""
    planned = None if window.length is None else begin + window.length
    if window.sequential:
        return max(last, min((end for end in (planned, window.latest) if end is not None), default=last))
    return max(last, last if planned is None else planned)


def _usual(steps: Floats) -> tuple[float, float]:
    """The median, or the larger of the two in the middle, much faster than numpy's for few values; and the longest."""
    ordered = np.sort(steps)
    return float(ordered[len(ordered) // 2]), float(ordered[-1])


def _beyond(distance: float, step: float) -> float:
    return distance - step if distance > GAP * step else 0.0
