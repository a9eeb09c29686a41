"""Parcels that wait for the courier, who comes for a full trolley."""

import threading
from collections import deque
from dataclasses import dataclass

TROLLEY = 20


@dataclass(frozen=True)
class Parcel:
    number: int
    receiver: str
    contents: tuple[str, ...]


class Outbox:
    def __init__(self, courier):
        self._courier = courier
        self._shelf: deque[Parcel] = deque()
        self._on_trolley = 0
        self._handed_in = 0
        self._door = threading.Lock()

    def hand_in(self, receiver, contents):
        """Put a parcel on the shelf; a full trolley goes to the courier."""
        with self._door:
            self._handed_in += 1
            self._shelf.append(Parcel(self._handed_in, receiver, contents))
            self._on_trolley += 1
            if self._on_trolley == TROLLEY:
                self._call_courier()
            return self._handed_in

    def settle(self):
        """Hand over whatever waits, and say how many parcels the courier has taken in all."""
        with self._door:
            if self._on_trolley:
                self._call_courier()
            return self._courier.shipped

    def _call_courier(self):
        self._courier.collect(list(self._shelf))
        self._on_trolley = 0
