"""The noise floor: what two unchanged copies differ by, under this load on this host; measured once and kept."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from setpoint.api.remedy import Change


class NoiseStore(Protocol):
    """Where the noise of one image and load is kept."""

    def load(self) -> Mapping[str, float] | None:
        """Row -> difference in the row's unit; None when it was not measured yet."""

    def save(self, noise: Mapping[str, float]) -> None:
        """Keep it for the next verification."""


def noise_of(changes: Iterable[Change]) -> dict[str, float]:
    """The difference of every row that both unchanged copies have a value of."""
    return {
        change.constraint: abs(change.candidate - change.control)
        for change in changes
        if change.candidate is not None and change.control is not None
    }
