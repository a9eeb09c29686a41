"""When loads may begin: windows and freezes, as the operator's configuration has them."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from setpoint.api.base import Model

Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
DAYS: tuple[Day, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _time(text: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError(f'{text!r} is no time of day; write for example "22:00"')
    return text


def _moment(text: str) -> str:
    try:
        known = re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}", text) and datetime.fromisoformat(text)
    except ValueError:  # a 31st of February
        known = None
    if not known:
        raise ValueError(f'{text!r} is no moment; write for example "2026-12-20T18:00"')
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; write for example Europe/Lisbon") from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]
Namespaces = Annotated[tuple[str, ...], Field(min_length=1, description="patterns; default: all")]


class LoadWindow(Model):
    """A time of the day in which loads may begin. One that ends before it starts goes on into the next day."""

    days: Annotated[tuple[Day, ...], Field(min_length=1, description="on which it starts")] = DAYS
    start: Annotated[str, AfterValidator(_time)]
    end: Annotated[str, AfterValidator(_time)]
    time_zone: Zone = "UTC"
    namespaces: Namespaces = ("*",)


class Freeze(Model):
    """From one moment to another no load begins, whoever asks for it."""

    start: Annotated[str, AfterValidator(_moment)]
    end: Annotated[str, AfterValidator(_moment)]
    time_zone: Zone = "UTC"
    namespaces: Namespaces = ("*",)
    reason: Annotated[str, Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"the freeze ends at {self.end}, which is not after {self.start}")
        return self
