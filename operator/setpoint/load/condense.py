"""Less of a frame, so that it fits one short line whatever the load did. Pure.

What is judged exactly stays exact: the counts in the latency buckets and of the errors. Which names of statuses and
checks are kept depends on the names alone, or on the counts alone, so that two loads that did the same keep the same.
"""

import json
import statistics
from collections.abc import Iterable, Mapping
from hashlib import sha256

from setpoint.api.metrics import Point
from setpoint.load.fold import OTHERS

MOST_POINTS = 100
MOST_STATUSES = 20
LONGEST_NAME = 100  # bytes of JSON
CHECKS_BYTES, ENTRY_BYTES = 1500, 26  # of all names with what stands around one: quotes, two counts, punctuation
MESSAGE_BYTES = 300

Checks = Mapping[str, tuple[int, int]]
Evenly = tuple[float, float, tuple[float, ...]]  # when the first value was, seconds between two, the values


def evenly(points: Iterable[Point]) -> Evenly:
    """Points one second apart as at most MOST_POINTS means over 1, 2, 4, ... whole seconds; every second is in one.

    The last mean is of up to twice as many seconds as the others, where the seconds do not come out even.
    """
    known = list(points)
    if not known:
        return 0.0, 1.0, ()
    spacing = known[1][0] - known[0][0] if len(known) > 1 else 1.0
    size = 1
    while len(known) // size > MOST_POINTS:
        size *= 2
    edges = [*range(0, len(known) - size + 1, size)]
    groups = [known[edge : edge + size] for edge in edges[:-1]] + [known[edges[-1] :]]
    values = tuple(round(statistics.fmean(value for _, value in group), 3) for group in groups)
    return round(known[0][0] + spacing * (size - 1) / 2, 3), round(spacing * size, 3), values


def statuses(counts: Mapping[str, int]) -> dict[str, int]:
    """The most frequent ones; the rest together."""
    order = sorted(counts, key=lambda status: (status == OTHERS, -counts[status], status))
    kept = {fitting(status, 20): counts[status] for status in sorted(order[:MOST_STATUSES])}
    if rest := sum(counts[status] for status in order[MOST_STATUSES:]):
        kept[OTHERS] = kept.get(OTHERS, 0) + rest
    return dict(sorted(kept.items()))


def checks(counts: Checks) -> dict[str, tuple[int, int]]:
    """As many as there is room for, by name; the rest together."""
    kept: dict[str, tuple[int, int]] = {}
    room = CHECKS_BYTES - len(OTHERS) - ENTRY_BYTES
    for name in sorted(counts, key=lambda name: (name == OTHERS, name)):
        short = fitting(name, LONGEST_NAME)
        room -= len(json.dumps(short)) + ENTRY_BYTES
        place = short if room >= 0 and name != OTHERS else OTHERS
        before = kept.get(place, (0, 0))
        kept[place] = before[0] + counts[name][0], before[1] + counts[name][1]
    return dict(sorted(kept.items()))


def fitting(name: str, most: int) -> str:
    """`name` fit to be shown, in at most `most` bytes of JSON; two long names that differ stay two."""
    if name.isprintable() and len(json.dumps(name)) <= most:
        return name
    mark = sha256(name.encode(errors="replace")).hexdigest()[:8]
    return f"{short(name, most - len(mark) - 1)}~{mark}"


def short(text: str, most: int) -> str:
    """`text` fit to be shown, cut to at most `most` bytes of JSON."""
    shown = "".join(character if character.isprintable() else " " for character in text[:most])
    while shown and len(json.dumps(shown)) > most:
        shown = shown[: len(shown) * 9 // 10]
    return shown
