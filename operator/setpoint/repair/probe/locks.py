"""Waiting for locks: where, how long, and what was going on meanwhile. One of those has the lock."""

from __future__ import annotations

import linecache
from collections.abc import Iterable
from typing import Any

from .part import MOST
from .places import Place
from .stacks import Stack

MOST_KEPT = 2_000


class Locks:
    """Fed by the sampler with what was seen at one moment."""

    def __init__(self) -> None:
        self._waits: dict[Place, tuple[int, float]] = {}  # how often seen, seconds
        self._meanwhile: dict[tuple[Place, Stack], float] = {}

    def note(self, waiting: Iterable[Stack], working: Iterable[Stack], past: float) -> None:
        """`past` seconds went by since the last moment."""
        everything = [*waiting, *working]
        for stack in filter(_takes_lock, waiting):
            place = stack.own[-1]
            count, seconds = self._waits.get(place, (0, 0.0))
            self._waits[place] = count + 1, seconds + past
            for other in everything:
                if other.own[-1] != place and len(self._meanwhile) < MOST_KEPT:
                    self._meanwhile[place, other] = self._meanwhile.get((place, other), 0.0) + past

    def findings(self) -> dict[str, Any]:
        """What waited for a lock, and what else was seen at the same time."""
        waits = sorted(self._waits.items(), key=lambda item: -item[1][1])[:MOST]
        meanwhile = sorted(self._meanwhile.items(), key=lambda item: -item[1])[:MOST]
        return {
            "locks": [
                {"file": file, "line": line, "count": count, "seconds": seconds}
                for (file, line), (count, seconds) in waits
            ],
            "meanwhile": [
                {"waiting": list(place), "seconds": seconds, **stack.entry()} for (place, stack), seconds in meanwhile
            ],
        }


def _takes_lock(stack: Stack) -> bool:
    """A with statement or acquire() that waits in C, or in the lock's own code."""
    if stack.inside and not stack.inside.startswith(("threading.", "asyncio.locks.")):
        return False
    text = linecache.getline(*stack.own[-1]).strip()
    return text.startswith(("with ", "async with ")) or ".acquire(" in text
