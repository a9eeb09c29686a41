"""Whether a load may begin now, or when: the windows and freezes of the operator's configuration. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from setpoint.api.opening import DAYS, Freeze, LoadWindow


@dataclass(frozen=True, slots=True)
class Shut:
    """Why no load may begin, and until when, in Unix seconds."""

    why: str
    until: float


def shut(
    windows: Sequence[LoadWindow], freezes: Sequence[Freeze], namespace: str, now: float, *, outside: bool = False
) -> Shut | None:
    """What keeps a load in `namespace` from beginning at `now` (Unix seconds); None: nothing does.

    `outside`: windows do not count, since somebody has asked for that; freezes do. A namespace that no window is about
    is always open.
    """
    ours = [one for one in windows if not outside and _about(one.namespaces, namespace)]
    frozen = [one for one in freezes if _about(one.namespaces, namespace)]
    why, at = "", now
    while True:  # each step passes a freeze or goes to the next window, and freezes come to an end
        freeze = next((one for one in frozen if _moment(one, one.start) <= at < _moment(one, one.end)), None)
        if freeze is not None:
            why, at = why or f"frozen: {freeze.reason}", _moment(freeze, freeze.end)
        elif not ours or any(start <= at < end for start, end in _around(ours, at)):
            return Shut(why, at) if why else None
        else:
            why = why or "outside of the windows for loads"
            at = min(start for start, _ in _around(ours, at) if start > at)


def _about(patterns: Iterable[str], namespace: str) -> bool:
    return any(fnmatchcase(namespace, pattern) for pattern in patterns)


def _moment(freeze: Freeze, text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(freeze.time_zone)).timestamp()


def _around(windows: Iterable[LoadWindow], at: float) -> Iterator[tuple[float, float]]:
    """Start and end of each opening from the day before `at` to the same day of the next week."""
    for window in windows:
        zone = ZoneInfo(window.time_zone)
        today = datetime.fromtimestamp(at, UTC).astimezone(zone).date()
        start, end = time.fromisoformat(window.start), time.fromisoformat(window.end)
        for days in range(-1, 9):
            day = today + timedelta(days)
            if DAYS[day.weekday()] in window.days:
                last = day if end > start else day + timedelta(1)
                opens, closes = (datetime.combine(*one, tzinfo=zone).timestamp() for one in ((day, start), (last, end)))
                yield opens, closes
