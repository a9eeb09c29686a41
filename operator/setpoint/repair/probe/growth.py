"""Memory that was allocated between two marks and outlived a collection, by own line of code."""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from operator import itemgetter
from typing import Any

from .part import MOST, Part
from .places import HERE, Place, Places

Held = dict[Place, tuple[int, int]]  # place → (bytes, blocks)


class Growth(Part):
    """Compares two snapshots of tracemalloc."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._before: Any = ()

    def trace(self, frames: int) -> None:
        tracemalloc.start(frames)

    def mark(self) -> None:
        self._before = _blocks()

    def end(self) -> dict[str, Any]:
        blocks = _blocks()
        tracemalloc.stop()  # only now are they counted: traced, the counting would take ten times as long
        before, after = self._held(self._before), self._held(blocks)
        self._before = ()
        grown: Held = {}
        for place, (size, count) in after.items():
            size_before, count_before = before.get(place, (0, 0))
            if size > size_before:
                grown[place] = (size - size_before, count - count_before)
        largest = sorted(grown.items(), key=lambda item: -item[1][0])[:MOST]
        total = sum(size for size, _ in grown.values())
        return {
            "grown_bytes": total,
            "growth": [
                {"file": file, "line": line, "own": bool(self._places.own(file)), "bytes": size, "count": count}
                for (file, line), (size, count) in largest
            ],
        }

    def _held(self, blocks: Any) -> Held:
        # A heap can have a million blocks: they are counted in C, where Snapshot.statistics() would take a minute.
        frames = {id(stack): stack for stack in map(itemgetter(2), blocks)}
        held: Held = {}
        counts = Counter(zip(map(id, map(itemgetter(2), blocks)), map(itemgetter(1), blocks)))
        for (stack, size), count in counts.items():
            place = self._place(frames[stack])
            if place:
                size_before, count_before = held.get(place, (0, 0))
                held[place] = (size_before + size * count, count_before + count)
        return held

    def _place(self, frames: tuple[Place, ...]) -> Place | None:
        """The innermost own line; the innermost line at all when none is own; None for the probe's own memory."""
        own = next((place for place in frames if self._places.own(place[0])), None)
        probe = frames[:1] if own else frames  # under an own line a hook may stand between it and a library
        if any(file.startswith(HERE) for file, _ in probe):
            return None
        return (self._places.own(own[0]), own[1]) if own else frames[0]


def _blocks() -> Any:
    """All traced blocks in their raw form: (domain, bytes, frames, depth); blocks with equal frames share one tuple."""
    # Twice: what the first collection's finalizers let go of is found by the second.
    gc.collect()
    gc.collect()
    return tracemalloc.take_snapshot().traces._traces  # type: ignore[attr-defined]
