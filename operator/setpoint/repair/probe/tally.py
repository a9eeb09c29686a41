"""Counting what hooks see, without making the service wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

MOST_WAITING = 100_000
MOST_KEYS = 5_000

Seen = TypeVar("Seen")
Key = TypeVar("Key", bound=Hashable)


class Tally(Generic[Seen, Key]):
    """Counts what was seen, by a key that is made from it.

    A hook may run in any thread, inside another hook, or in a signal handler: it only appends, which is atomic; the
    probe's own thread does the rest. Beyond MOST_KEYS no new keys are taken.
    """

    def __init__(self, key: Callable[[Seen], Key]) -> None:
        self._key = key
        self._waiting: deque[Seen] = deque(maxlen=MOST_WAITING)
        self._counts: dict[Key, int] = {}

    def add(self, seen: Seen) -> None:
        """Count one more; for hooks."""
        self._waiting.append(seen)

    def clear(self) -> None:
        """Begin anew."""
        self._waiting.clear()
        self._counts.clear()

    def counts(self) -> dict[Key, int]:
        """All counts so far; for the probe's thread alone."""
        while self._waiting:
            key = self._key(self._waiting.popleft())
            if key in self._counts or len(self._counts) < MOST_KEYS:
                self._counts[key] = self._counts.get(key, 0) + 1
        return self._counts


def as_seen(seen: Key) -> Key:
    """The key of what is counted as it comes."""
    return seen
