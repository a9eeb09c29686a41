"""Durations as people write them (`90s`, `20m`, `1h30m`), in seconds inside."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

_PARTS = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")
LONGEST = 7 * 86400.0


def parse_duration(value: object) -> float:
    """Seconds of `value` (text such as `1h30m`, or seconds already parsed by us)."""
    if isinstance(value, float):
        return value
    if not isinstance(value, str) or not value or not (match := _PARTS.fullmatch(value)):
        raise ValueError(f"{value!r} is not a duration; write for example 90s, 20m or 1h30m")
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
    total = hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    if total > LONGEST:
        raise ValueError(f"{value!r} is longer than 7 days; write a shorter duration")
    return total


def format_duration(seconds: float) -> str:
    """`seconds` in the shortest form that parse_duration reads back."""
    hours, rest = divmod(round(seconds * 1000), 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole = f"{rest / 1000:g}s" if rest else ""
    return f"{f'{hours}h' if hours else ''}{f'{minutes}m' if minutes else ''}{whole}" or "0s"


_WRITTEN = PlainSerializer(format_duration, return_type=str)


def _schema(name: str) -> WithJsonSchema:
    # What the format means to an API server stands in api/crd_rules.py.
    return WithJsonSchema({"type": "string", "format": f"setpoint-{name}"})


# "0s" is a duration, but not one to run a load for.
Duration = Annotated[float, BeforeValidator(parse_duration), _WRITTEN, _schema("duration")]
LongDuration = Annotated[float, BeforeValidator(parse_duration), Field(gt=0), _WRITTEN, _schema("long-duration")]
