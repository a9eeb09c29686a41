"""How each shop likes its cards."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    border: str
    width: int


STYLES = {"north": Style("*", 60), "south": Style("~", 48)}
