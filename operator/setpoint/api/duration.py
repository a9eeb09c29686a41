"""Durations as people write them (`90s`, `20m`, `1h30m`), in seconds inside."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from setpoint.api.wording import shorten

_PARTS = re.compile(r"(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+(?:\.[0-9]{1,9})?)s)?(?:([0-9]+)ms)?")
# The same with no more digits than 7 days need: what an API server may go on to compute with.
_PATTERN = r"^([0-9]{1,3}h)?([0-9]{1,5}m)?([0-9]{1,6}(\.[0-9]{1,9})?s)?([0-9]{1,9}ms)?$"
LONGEST, LONGEST_TEXT = 7 * 86400.0, 32


def parse_duration(value: object) -> float:
    """Seconds of `value` (text such as `1h30m`, or seconds already parsed by us)."""
    if isinstance(value, float):
        return value
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT or not (match := _PARTS.fullmatch(value)):
        raise ValueError(f"{shorten(value)!r} is not a duration; write for example 90s, 20m or 1h30m")
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


def _schema(holds: str, message: str) -> WithJsonSchema:
    is_one = f"self.matches(r'{_PATTERN}') && self != ''"
    rule = {"rule": f"{is_one} && {holds}", "message": message}
    text = {"type": "string", "maxLength": LONGEST_TEXT, "pattern": _PATTERN}
    return WithJsonSchema({**text, "x-kubernetes-validations": [rule]})


_SHORT_ENOUGH = "duration(self) <= duration('168h')"
_ANY = _schema(_SHORT_ENOUGH, "is not a duration of at most 7 days; write for example 90s, 20m or 1h30m")
_LONG = _schema(
    f"duration(self) > duration('0s') && {_SHORT_ENOUGH}",
    "is not a duration of more than 0s and at most 7 days; write for example 90s, 20m or 1h30m",
)

# "0s" is a duration, but not one to run a load for.
Duration = Annotated[float, BeforeValidator(parse_duration), _WRITTEN, _ANY]
LongDuration = Annotated[float, BeforeValidator(parse_duration), Field(gt=0), _WRITTEN, _LONG]
