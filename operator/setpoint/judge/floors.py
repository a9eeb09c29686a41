"""What a collection leaves: the lower envelope of a live heap, where the scrapes are dense enough to see it."""

import numpy as np

from setpoint.judge.series import Series
from setpoint.judge.slope import FEWEST

FALL = 0.5  # of the usual range: a fall at once by this much is a collection
RISING = 0.8  # of the steps between collections must rise, else it is noise and no saw
DENSE = 8  # points from one collection to the next; with fewer the point after one says little about its floor


def floors(series: Series) -> Series:
    """The points right after each collection; the series itself where no saw can be made out."""
    steps = np.diff(series.values)
    usual = float(np.quantile(series.values, 0.95) - np.quantile(series.values, 0.05))
    collected = steps < -FALL * usual
    places = np.flatnonzero(collected) + 1
    if len(places) < FEWEST or float((steps[~collected] > 0).mean()) < RISING:
        return series
    between = np.diff(places)
    if float(np.median(between)) < DENSE:
        return series
    times = series.times[places]
    return Series(times, series.values[places], float(np.median(np.diff(times))))
