"""Counting what hooks see, without making the service wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

MOST_WAITING = 100_000
MOST_KEYS = 5_000

Key = TypeVar("Key", bound=Hashable)


class Tally(Generic[Key]):
    """Counts by key.

    A hook may run in any thread, inside another hook, or in a signal handler: it only appends, which is atomic; the
    probe's own thread does the counting. Beyond MOST_KEYS no new keys are taken.
    """

    def __init__(self) -> None:
        self._waiting: deque[Key] = deque(maxlen=MOST_WAITING)
        self._counts: dict[Key, int] = {}

    def add(self, key: Key) -> None:
        """Count one more of `key`; for hooks."""
        self._waiting.append(key)

    def clear(self) -> None:
        """Begin anew."""
        self._waiting.clear()
        self._counts.clear()

    def counts(self) -> dict[Key, int]:
        """All counts so far; for the probe's thread alone."""
        while self._waiting:
            key = self._waiting.popleft()
            if key in self._counts or len(self._counts) < MOST_KEYS:
                self._counts[key] = self._counts.get(key, 0) + 1
        return self._counts
