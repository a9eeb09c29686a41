"""What the parts of the probe have in common: they are told the steps of a profile, and say what they found."""

from __future__ import annotations

from typing import Any

from .places import Places

STEPS = ("begin", "middle", "settle", "trace", "mark", "end")
MOST = 200  # entries of one kind in an answer


class Part:
    """One kind of finding.

    The service is watched under its full load from begin over middle to settle; from trace to end its allocations are
    traced, those between mark and end count. Findings are asked for at settle and at end.
    """

    busy = False  # poll() takes its own time, and is to be called again at once

    def __init__(self, places: Places) -> None:
        """Begin to watch; may fail, then the probe goes on without this part."""

    def poll(self) -> None:
        """Called many times a second, from the probe's thread."""

    def begin(self) -> None: ...
    def middle(self) -> None: ...
    def settle(self) -> dict[str, Any]:
        """What was found up to here, as JSON types; at most MOST entries of a kind."""
        return {}

    def trace(self, frames: int) -> None:
        """Keep so many frames of each allocation."""

    def mark(self) -> None: ...
    def end(self) -> dict[str, Any]:
        """What was found since trace."""
        return {}
