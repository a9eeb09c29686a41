"""Memory that was allocated between two marks and outlived a collection, by own line of code."""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from operator import itemgetter
from typing import Any

from .part import MOST, Part
from .places import Place, Places

FRAMES = 12  # deep enough to find the own line behind json, http or a framework's serializer

Held = dict[Place, tuple[int, int]]  # place → (bytes, blocks)


class Growth(Part):
    """Compares two snapshots of tracemalloc. Tracing stops at the second, so that time is measured without it."""

    def __init__(self, places: Places, probe_folder: str) -> None:
        self._places, self._probe_folder = places, probe_folder
        self._before: Held = {}
        self._grown: Held = {}
        tracemalloc.start(FRAMES)

    def begin(self) -> None:
        self._before = self._held()

    def settle(self) -> None:
        after = self._held()
        tracemalloc.stop()
        for place, (size, count) in after.items():
            size_before, count_before = self._before.get(place, (0, 0))
            if size > size_before:
                self._grown[place] = (size - size_before, count - count_before)

    def _held(self) -> Held:
        # Twice: what the first collection's finalizers let go of is found by the second.
        gc.collect()
        gc.collect()
        # A heap can have a million blocks: they are counted in C, by their raw form (domain, bytes, frames, depth),
        # in which blocks with equal frames share one tuple. Snapshot.statistics() would stop the service for long.
        blocks = tracemalloc.take_snapshot().traces._traces  # type: ignore[attr-defined]
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
        if frames[0][0].startswith(self._probe_folder):
            return None
        own = ((self._places.own(file), line) for file, line in frames)
        return next((place for place in own if place[0]), frames[0])

    def findings(self) -> dict[str, Any]:
        largest = sorted(self._grown.items(), key=lambda item: -item[1][0])[:MOST]
        total = sum(size for size, _ in self._grown.values())
        return {
            "grown_bytes": total,
            "growth": [
                {"file": file, "line": line, "own": bool(self._places.own(file)), "bytes": size, "count": count}
                for (file, line), (size, count) in largest
            ],
        }
