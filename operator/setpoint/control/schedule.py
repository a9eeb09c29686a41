"""Schedules: five cron fields in a time zone of the IANA data base, as moments in Unix seconds. Pure."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from setpoint.api.errors import InputError

FIELDS = 5


def check_schedule(schedule: str, zone: str) -> None:
    """Raises InputError where `schedule` or `zone` cannot work, or names a day that never comes."""
    next_after(schedule, zone, datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def next_after(schedule: str, zone: str, after: float) -> float:
    """The first moment of `schedule` later than `after` (Unix seconds); what a change to summer time skips comes once.

    Raises InputError.
    """
    if len(schedule.split()) != FIELDS:
        what = f"{schedule!r} does not have the five fields minute, hour, day, month, weekday"
        raise InputError(what, where="spec.schedule", instead='write for example "0 2 * * *"')
    try:
        moment = datetime.fromtimestamp(after, _zone(zone))
        return next(CronSim(schedule, moment)).timestamp()
    except (CronSimError, StopIteration) as error:
        what = f"{schedule!r} is no schedule{f': {error}' if str(error) else ' that ever comes'}"
        raise InputError(what, where="spec.schedule", instead='write for example "0 2 * * *"') from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # OSError: the name of a folder of the data base
        what = f"{name!r} is no time zone"
        raise InputError(what, where="spec.timeZone", instead="write for example Europe/Lisbon") from error
