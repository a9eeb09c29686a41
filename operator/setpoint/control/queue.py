"""The work queue: keys that want to be looked at, each at most once at a time, now or later. Safe for threads.

A key that is put while it is worked on is given out again after that: what was put is never lost, and never doubled.
"""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class WorkQueue(Generic[Key]):
    """Keys in the order in which they became due."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._ready: deque[Key] = deque()
        self._waiting: set[Key] = set()  # in _ready
        self._working: set[Key] = set()
        self._again: set[Key] = set()  # put while they were worked on
        self._due: dict[Key, float] = {}  # the earliest moment only
        self._later: list[tuple[float, int, Key]] = []
        self._count = 0
        self._closed = False

    def put(self, key: Key, delay: float = 0.0) -> None:
        """Look at `key` in `delay` seconds; the earliest of several wishes counts, and a look now answers them all."""
        with self._changed:
            if delay <= 0:
                self._make_ready(key)
            elif (at := self._clock() + delay) < self._due.get(key, float("inf")):
                self._due[key] = at
                self._count += 1
                heapq.heappush(self._later, (at, self._count, key))
                self._thin_out()

    def release(self) -> None:
        """Make ready what has become due. Called by the scheduler, about once a second."""
        with self._changed:
            now = self._clock()
            while self._later and self._later[0][0] <= now:
                at, _, key = heapq.heappop(self._later)
                if self._due.get(key) == at:
                    self._make_ready(key)

    def take(self) -> Key | None:
        """The next key to work on, waited for; None when the queue was closed. Say `done` afterwards."""
        with self._changed:
            while not self._ready and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            key = self._ready.popleft()
            self._waiting.discard(key)
            self._working.add(key)
            return key

    def done(self, key: Key) -> None:
        """The work on `key` has ended."""
        with self._changed:
            self._working.discard(key)
            if key in self._again:
                self._again.discard(key)
                self._make_ready(key)

    def close(self) -> None:
        """No key is given out any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        """Keys that are ready, not those that are due later."""
        with self._changed:
            return len(self._ready) + len(self._again)

    @property
    def working(self) -> int:
        """Keys that are worked on."""
        with self._changed:
            return len(self._working)

    def _thin_out(self) -> None:
        """Wishes that an earlier look has answered would else stay until their time, for instance that of next week."""
        if len(self._later) > 2 * len(self._due) + 16:
            self._later = [one for one in self._later if self._due.get(one[2]) == one[0]]
            heapq.heapify(self._later)

    def _make_ready(self, key: Key) -> None:
        self._due.pop(key, None)
        if key in self._working:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting.add(key)
            self._ready.append(key)
            self._changed.notify()
